"""What a person may do in an organization. Invisible is missing: NotFound, with the same body."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.models import ApiKey, Invitation, Membership, Organization, OrganizationRole
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, Invalid, NotFound

ADMINS = (OrganizationRole.OWNER.value, OrganizationRole.ADMIN.value)
# Who creates and changes ontologies, datasets, workflows and projects.
MANAGERS = (*ADMINS, OrganizationRole.MANAGER.value)


def organization_role(principal: Principal, organization_id: UUID, *, project_id: UUID | None = None) -> str | None:
    """The caller's role in the organization, or None.

    A key limited to a project has no part in the organization at large: it gets None, unless the question is asked
    for that very project (``project_id``), as the policies of projects do. Being the instance's admin gives no role.
    """
    if principal.project_id is not None and principal.project_id != project_id:
        return None
    found = Membership.objects.filter(organization_id=organization_id, user_id=principal.user.pk)
    return found.values_list("role", flat=True).first()


def require_organization_role(principal: Principal, organization_id: UUID, *roles: str) -> str:
    """The caller's role. Raises NotFound for somebody outside, Forbidden unless it is one of ``roles`` (if any)."""
    role = organization_role(principal, organization_id)
    if role is None:
        raise NotFound
    if roles and role not in roles:
        raise Forbidden("Your role in the organization does not allow this.")
    return role


def get_organization_for(principal: Principal, organization_id: UUID, *, role: str | None = None) -> Organization:
    """The organization, if the caller is in it. ``role`` names the least one: member, manager, admin, owner.

    Raises NotFound, Forbidden.
    """
    required = () if role is None else tuple(OrganizationRole.values[: OrganizationRole.values.index(role) + 1])
    require_organization_role(principal, organization_id, *required)
    return Organization.objects.get(pk=organization_id)


def default_organization_for(principal: Principal) -> Organization:
    """The organization meant when a body names none: the caller's first. Raises Invalid for somebody in none."""
    if principal.project_id is None:
        found = Organization.objects.filter(memberships__user=principal.user).order_by("memberships__id").first()
        if found is not None:
            return found
    raise Invalid.at("/organization", "You are in no organization; name one.", code="no_organization")


def get_api_key_for(principal: Principal, key_id: UUID) -> ApiKey:
    """One of the caller's own live keys; a key limited to a project reaches those of that project. Raises NotFound."""
    keys = ApiKey.objects.filter(pk=key_id, user_id=principal.user.pk, revoked_at=None)
    found = (keys if principal.project_id is None else keys.filter(project_id=principal.project_id)).first()
    if found is None:
        raise NotFound
    return found


def may_hear_of_organization(principal: Principal, organization_id: UUID, manages: bool) -> None:
    """Whether a stored answer about the organization may be given again. Raises NotFound, Forbidden."""
    require_organization_role(principal, organization_id, *(MANAGERS if manages else ()))


def may_hear_again(principal: Principal, _: None, manages: bool) -> None:
    """The same for routes that name no object, such as those that make one. Raises Forbidden."""
    if not manages or principal.user.is_superuser:
        return
    if not Membership.objects.filter(user_id=principal.user.pk, role__in=MANAGERS).exists():
        raise Forbidden("Your role in the organization does not allow this.")


def require_whole_instance(principal: Principal) -> None:
    """Raises Forbidden for a key that is limited to a project."""
    if principal.project_id is not None:
        raise Forbidden("This key is limited to a project.", code="limited_key")


def get_invitation_for(principal: Principal, organization_id: UUID, invitation_id: UUID) -> Invitation:
    """An invitation of an organization that the caller administers. Raises NotFound, Forbidden."""
    require_organization_role(principal, organization_id, *MANAGERS)
    found = Invitation.objects.filter(pk=invitation_id, organization_id=organization_id).first()
    if found is None:
        raise NotFound
    return found


def get_membership_for(principal: Principal, organization_id: UUID, user_id: UUID) -> Membership:
    """A member of an organization that the caller is in. Raises NotFound."""
    require_organization_role(principal, organization_id)
    found = Membership.objects.select_related("user").filter(organization_id=organization_id, user_id=user_id).first()
    if found is None:
        raise NotFound
    return found
