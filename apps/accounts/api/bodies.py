"""What is sent to the accounts routes."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from apps.accounts.models import OrganizationRole
from apps.accounts.principal import SCOPES
from apps.common.serializers import StrictSerializer, Text

PREFERENCES_BYTES = 16_384


class Password(Text):
    """A password as typed: spaces count, and an overlong one is refused before it is hashed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 1024, "trim_whitespace": False, **options})


class LogInBody(StrictSerializer):
    email = Text(max_length=254)
    password = Password()


class KeyBody(StrictSerializer):
    """``email`` and ``password`` may be left out by somebody signed in."""

    email = Text(max_length=254, required=False)
    password = Password(required=False)
    name = Text()
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), required=False, allow_empty=False, max_length=len(SCOPES)
    )
    project = serializers.UUIDField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        signed_in = self.context.get("signed_in", False) and not {"email", "password"} & set(attrs)
        missing = [] if signed_in else [name for name in ("email", "password") if name not in attrs]
        if missing:
            raise serializers.ValidationError(
                {name: [serializers.ErrorDetail("This field is required.", code="required")] for name in missing}
            )
        return attrs


class PasswordBody(StrictSerializer):
    current = Password()
    new = Password()


class ProfileBody(StrictSerializer):
    name = Text(required=False, allow_blank=True)
    preferences = serializers.DictField(required=False)

    def validate_preferences(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(value)) > PREFERENCES_BYTES:
            raise serializers.ValidationError(f"At most {PREFERENCES_BYTES} bytes.", code="too_large")
        return value


class OrganizationBody(StrictSerializer):
    name = Text()


class MemberBody(StrictSerializer):
    role = serializers.ChoiceField(choices=OrganizationRole.values)


class InvitationBody(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=OrganizationRole.values, default=OrganizationRole.MEMBER.value)
    project = serializers.UUIDField(required=False, allow_null=True)
    roles = serializers.ListField(child=Text(max_length=20), required=False, max_length=10)
    skills = serializers.ListField(child=Text(max_length=100), required=False, max_length=50)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class AcceptBody(StrictSerializer):
    token = Text()
    name = Text(required=False)
    password = Password(required=False)
