"""Passwords: checked with a brake on guessing, and changed."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts import queries
from apps.accounts.logic import WINDOW, seconds_to_wait
from apps.accounts.models import ApiKey, FailedLogin, User
from apps.common.errors import FieldError, Invalid, Throttled, Unauthenticated

log = logging.getLogger("lapidary.audit")


def check_password(*, email: str, password: str, address: str, now: datetime, allow_inactive: bool = False) -> User:
    """The person with this e-mail and password.

    Raises Unauthenticated, with one answer (and the work of one password check) whether the account exists or not, and
    Throttled after too many failures of the account or from the address. Only failures are counted; they are written
    outside any transaction, so that the refusal does not undo them.
    """
    email = email.strip().lower()
    account = hashlib.sha256(email.encode()).hexdigest()
    _refuse_guessing(account, address, now)
    user = User.objects.filter(email=email).first()
    if user is None:
        User().set_password(password)  # as long as a real check takes
    elif user.check_password(password) and (user.is_active or allow_inactive):
        FailedLogin.objects.filter(account=account, address=address).delete()
        return user
    FailedLogin.objects.create(account=account, address=address, at=now)
    FailedLogin.objects.filter(at__lt=now - WINDOW).delete()
    log.warning("log-in failed", extra={"account": account[:12], "address": address})
    raise Unauthenticated("The e-mail address or the password is wrong.", code="bad_credentials")


@transaction.atomic
def change_password(*, user: User, new: str, now: datetime) -> int:
    """Sets a new password. Ends the person's sessions and revokes their keys; answers how many keys. Raises Invalid."""
    check_strength(new, user, "/new")
    user.set_password(new)
    user.save(update_fields=["password"])
    log.info("password changed", extra={"person": str(user.pk)})
    return ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


def check_strength(password: str, user: User, pointer: str) -> None:
    """Raises Invalid at ``pointer`` for a password that is easily guessed."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        found = [FieldError(pointer, "weak_password", message) for message in error.messages]
        raise Invalid("The password is too weak.", errors=found) from None


def _refuse_guessing(account: str, address: str, now: datetime) -> None:
    wait = seconds_to_wait(queries.failed_tries(account, address, now), now)
    if wait:
        raise Throttled("Too many failed log-ins; wait a while.", retry_after=wait)
