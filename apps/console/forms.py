"""Signing in to the console: the same check, with the same brake on guessing, as everywhere."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from apps.accounts.authentication import client_address
from apps.accounts.operations import check_password
from apps.common.clock import database_now
from apps.common.errors import DomainError


class SignIn(AuthenticationForm):  # type: ignore[misc] # unfold ships no types
    """E-mail and password, through the operation that counts failures."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        try:
            self.user_cache = check_password(
                email=data.get("username", ""),
                password=data.get("password", ""),
                address=client_address(self.request),
                now=database_now(),
            )
        except DomainError as refusal:
            raise ValidationError(refusal.detail, code=refusal.code) from None
        self.confirm_login_allowed(self.user_cache)
        return data
