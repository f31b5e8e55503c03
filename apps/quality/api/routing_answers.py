"""A routing as the API answers it, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RoutedTask(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    value = serializers.FloatField()
    priority = serializers.IntegerField()
    reason = serializers.CharField()


class RefusedTask(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    code = serializers.CharField()
    detail = serializers.CharField()


class RecallPoint(serializers.Serializer[Any]):
    threshold = serializers.FloatField()
    estimate = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class RecallAnswer(serializers.Serializer[Any]):
    """The share of the errors that the threshold finds, where random reviews found enough of them to tell."""

    known = serializers.BooleanField()
    audit_errors = serializers.IntegerField()
    needed = serializers.IntegerField()
    target = serializers.FloatField(required=False)
    threshold = serializers.FloatField(required=False)
    estimate = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    curve = RecallPoint(many=True, required=False)


class BudgetAnswer(serializers.Serializer[Any]):
    """Of the ``seconds`` asked for, what audits need first, what the day has spent, and what was ``left`` to spend."""

    seconds = serializers.FloatField()
    audits = serializers.FloatField()
    spent_today = serializers.FloatField()
    left = serializers.FloatField()


class RouteAnswer(serializers.Serializer[Any]):
    """``selected`` of a frame ``of`` so many; ``tasks`` are the first 200, ``refused`` the first 1,000."""

    id = serializers.UUIDField(allow_null=True)
    selected = serializers.IntegerField()
    of = serializers.IntegerField()
    threshold = serializers.FloatField(allow_null=True)
    expected_errors = serializers.FloatField()
    seconds = serializers.FloatField()
    recall = RecallAnswer()
    budget = BudgetAnswer(required=False)
    tasks = RoutedTask(many=True)
    refused = RefusedTask(many=True)
    refused_count = serializers.IntegerField()
    dry_run = serializers.BooleanField()
