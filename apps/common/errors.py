"""The one tree of domain errors, mapped once to ``application/problem+json``; a class's docstring is the title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong in one place: an RFC 6901 ``pointer`` into the body, a stable ``code``, a sentence."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class DomainError(Exception):
    """The request cannot be carried out."""

    status = 400
    code = "error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.extra = extra

    @property
    def title(self) -> str:
        return (type(self).__doc__ or "").strip().splitlines()[0].rstrip(".")


class Invalid(DomainError):
    """The input is not valid."""

    code = "invalid"

    @classmethod
    def at(cls, pointer: str, detail: str, *, code: str = "invalid") -> Invalid:
        """The input is wrong in one place."""
        return cls(detail, errors=[FieldError(pointer, code, detail)])


class Unauthenticated(DomainError):
    """Sign in or send an API key."""

    status = 401
    code = "unauthenticated"


class Forbidden(DomainError):
    """You may not do this."""

    status = 403
    code = "forbidden"


class NotFound(DomainError):
    """There is no such thing, or none that you may see."""

    status = 404
    code = "not_found"

    def __init__(self) -> None:
        # One body for the missing and the invisible, so that nothing can be learned from the difference.
        super().__init__("There is no such thing here.")


class WrongMethod(DomainError):
    """This address does not take that method."""

    status = 405
    code = "method_not_allowed"


class Conflict(DomainError):
    """The present state does not allow this."""

    status = 409
    code = "conflict"


class StaleVersion(DomainError):
    """Somebody changed it since you read it."""

    status = 412
    code = "stale_version"


class TooLarge(DomainError):
    """That is more than fits in one request."""

    status = 413
    code = "too_large"


class UnsupportedMedia(DomainError):
    """The body is of a kind that is not read here."""

    status = 415
    code = "unsupported_media_type"


class PreconditionRequired(DomainError):
    """Say which version you are changing, with If-Match."""

    status = 428
    code = "precondition_required"


class Throttled(DomainError):
    """Too many tries; wait a while."""

    status = 429
    code = "throttled"


class Unavailable(DomainError):
    """A part of the service is not there at the moment."""

    status = 503
    code = "unavailable"
