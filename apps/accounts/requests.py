"""The request as views see it, after authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request as AnyRequest

from apps.accounts.models import User
from apps.accounts.principal import Principal

__all__ = ["Request"]

if TYPE_CHECKING:

    class Request(AnyRequest):
        """A request whose sender is known. On a public route ``auth`` may be None; such a view asks first."""

        auth: Principal
        user: User

else:
    Request = AnyRequest
