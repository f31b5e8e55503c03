"""People, keys, organizations and invitations as the outside sees them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import ApiKey, Invitation, Membership, Organization, OrganizationRole, User

Answer = serializers.Serializer[Any]


class PersonAnswer(Answer):
    """A person."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()


class OrganizationAnswer(Answer):
    """An organization; ``role`` is the caller's."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=OrganizationRole.values)


class MyProjectAnswer(Answer):
    """A project and the caller's roles in it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())


class MeAnswer(PersonAnswer):
    """The caller. ``scopes`` is null in a session, where nothing narrows the person's rights."""

    is_admin = serializers.BooleanField()
    preferences = serializers.DictField()
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)
    organizations = OrganizationAnswer(many=True)
    projects = MyProjectAnswer(many=True)


class KeyAnswer(Answer):
    """An API key, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    project = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewKeyAnswer(KeyAnswer):
    """A new API key: the only time that ``key`` is shown."""

    key = serializers.CharField()


class PasswordAnswer(Answer):
    """What a change of password ended."""

    keys_revoked = serializers.IntegerField()


class MemberAnswer(Answer):
    """A member of an organization."""

    person = PersonAnswer()
    role = serializers.ChoiceField(choices=OrganizationRole.values)
    created_at = serializers.DateTimeField()


class InvitationAnswer(Answer):
    """An invitation, without its token."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=OrganizationRole.values)
    project = serializers.UUIDField(allow_null=True)
    roles = serializers.ListField(child=serializers.CharField())
    skills = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)


class NewInvitationAnswer(InvitationAnswer):
    """A new invitation: the only time that its ``url``, with the token in it, is shown."""

    url = serializers.URLField()


class AcceptedAnswer(Answer):
    """Where an accepted invitation led."""

    person = PersonAnswer()
    organization = serializers.UUIDField()
    project = serializers.UUIDField(allow_null=True)


def person_json(user: User) -> dict[str, Any]:
    return {"id": user.pk, "name": user.name, "email": user.email}


def organization_json(organization: Organization, role: str) -> dict[str, Any]:
    return {"id": organization.pk, "name": organization.name, "role": role}


def member_json(membership: Membership) -> dict[str, Any]:
    person = person_json(membership.user)
    return {"person": person, "role": membership.role, "created_at": membership.created_at}


def key_json(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.pk,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "project": key.project_id,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }


def invitation_json(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.pk,
        "email": invitation.email,
        "role": invitation.role,
        "project": invitation.project_id,
        "roles": invitation.project_roles,
        "skills": invitation.project_skills,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
        "accepted_at": invitation.accepted_at,
    }
