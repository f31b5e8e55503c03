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


class RuleAnswer(serializers.Serializer[Any]):
    """``name``: threshold, top, target_recall, budget, or policy for a day of the standing order."""

    name = serializers.CharField()
    value = serializers.FloatField()
    person = serializers.UUIDField(allow_null=True)
    skill = serializers.CharField(allow_blank=True)
    per_day = serializers.BooleanField()


class RouteRunAnswer(serializers.Serializer[Any]):
    """``selected`` tasks were sent; of those ``reviewed`` since, ``wrong`` ones held ``errors_found`` errors in all.
    ``found_per_look`` is the share that was wrong, ``promised_per_look`` the mean probability of the same tasks."""

    id = serializers.UUIDField()
    metric = serializers.CharField()
    rule = RuleAnswer()
    filter = serializers.DictField()
    to_stage = serializers.CharField()
    wave = serializers.IntegerField()
    job = serializers.UUIDField(allow_null=True)
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    selected = serializers.IntegerField()
    of = serializers.IntegerField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    expected_errors = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    reviewed = serializers.IntegerField()
    wrong = serializers.IntegerField()
    errors_found = serializers.IntegerField()
    found_per_look = serializers.FloatField(allow_null=True)
    promised_per_look = serializers.FloatField(allow_null=True)


class AccountAnswer(serializers.Serializer[Any]):
    """A budget and its day: seconds ``left``, of them ``carried`` from earlier days, and ``spent``, audits included."""

    person = serializers.UUIDField(allow_null=True)
    skill = serializers.CharField(allow_null=True)
    seconds_per_day = serializers.FloatField()
    left = serializers.FloatField()
    carried = serializers.FloatField()
    spent = serializers.FloatField()


class PolicyAnswer(serializers.Serializer[Any]):
    """``day`` is UTC's; ``run`` is the day's entry among the routings, once something was decided."""

    enabled = serializers.BooleanField()
    metric = serializers.CharField()
    to_stage = serializers.CharField(allow_blank=True)
    budgets = AccountAnswer(many=True)
    day = serializers.DateField()
    run = serializers.UUIDField(allow_null=True)
