"""Readers of request bodies that refuse what they do not know, and types that are not guessed at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown and read-only members by name, together with whatever else is wrong."""

    def to_internal_value(self, data: Any) -> Any:
        refused: dict[str, list[Any]] = {}
        for name in data if isinstance(data, Mapping) else ():
            if name not in self.fields:
                refused[name] = [serializers.ErrorDetail("There is no such member.", code="unknown_field")]
            elif self.fields[name].read_only:
                refused[name] = [serializers.ErrorDetail("This member cannot be written.", code="read_only")]
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not refused or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **refused}) from None
        if refused:
            raise serializers.ValidationError(refused)
        return value


class Nothing(StrictSerializer):
    """An empty body."""


class Text(serializers.CharField):
    """A JSON string; numbers are not turned into one. At most 200 characters unless told."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 200, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Whole(serializers.IntegerField):
    """A JSON integer within 64 bits; strings are not turned into one."""

    def to_internal_value(self, data: Any) -> int:
        whole = isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        if isinstance(data, bool) or not whole or not -(2**63) <= data < 2**63:
            self.fail("invalid")
        return super().to_internal_value(int(data))


class Number(Whole):
    """A token, a revision or a version: a whole number from 0 that fits the column it is kept in (31 bits)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 2**31 - 1, **options})


class Flag(serializers.BooleanField):
    """``true`` or ``false``, no words for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@cache
def page_of(item: type[serializers.BaseSerializer[Any]], name: str = "") -> serializers.Serializer[Any]:
    """The envelope of a keyset page, for the OpenAPI document."""
    fields = {"results": item(many=True), "next": serializers.URLField(allow_null=True)}
    return inline_serializer(name=f"{name or component_name(item)}Page", fields=fields)


def component_name(kind: type[serializers.BaseSerializer[Any]]) -> str:
    """The class's name after its app's, so that two apps may use one word: ``DatasetsUnitAnswer``."""
    parts = kind.__module__.split(".")
    own = parts[0] == "apps" and parts[1] not in ("api", "common")
    return (parts[1].capitalize() if own else "") + kind.__name__
