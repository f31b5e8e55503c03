"""The fence: who may still write under a claim, and what happens to the work of who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.accounts.models import User
from apps.common.errors import Conflict, Forbidden
from apps.tasks.models import Draft, Visit
from workflows.machine import allowed_actions

if TYPE_CHECKING:
    from apps.tasks.operations.engine import Locked

MAX_DRAFTS = 20


class StaleClaim(Conflict):
    """The claim is not yours any more."""

    code = "stale_claim"


def require_holder(locked: Locked, user: User, claim_token: int | None) -> Visit:
    """The visit, if the user holds it under this token (or sent none).

    Raises StaleClaim for a lost or other claim, Conflict when the task is not claimed at all, Forbidden when somebody
    else holds it and no token says that the caller once did.
    """
    visit = locked.visit
    if visit is not None and locked.held_by(user.id):
        if claim_token is not None and claim_token != visit.token:
            raise StaleClaim("This claim token is not the present one.", allowed=allowed_for(locked, user))
        return visit
    allowed = allowed_for(locked, user)
    if claim_token is not None:
        raise StaleClaim("Your claim of this task has ended.", allowed=allowed)
    if locked.is_live:
        raise Forbidden("Somebody else is working on this task.", code="not_holder", allowed=allowed)
    raise Conflict("Claim the task first.", code="not_claimed", allowed=allowed)


def allowed_for(locked: Locked, user: User) -> list[str]:
    return list(allowed_actions(locked.graph, locked.state, str(user.id)))


def keep_draft(
    locked: Locked, user: User, *, claim_token: int | None, base_revision: int | None, labels: dict[str, Any]
) -> Draft:
    """Keeps labels that came too late, outside the revision numbers; the newest ``MAX_DRAFTS`` per person and task."""
    draft = Draft.objects.create(
        task=locked.task,
        author=user,
        claim_token=claim_token,
        base_revision=base_revision,
        labels=labels,
        created_at=locked.now,
    )
    own = Draft.objects.filter(task=locked.task, author=user).order_by("-id")
    Draft.objects.filter(id__in=list(own.values_list("id", flat=True)[MAX_DRAFTS:])).delete()
    return draft
