"""``quality/policy/``: the standing order to route within a budget. ``quality/routes/``: what became of routings."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import Flag, StrictSerializer, Text, page_of
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.projects.policies import get_project_for, require_manager
from apps.quality.api.routing_answers import PolicyAnswer, RouteRunAnswer
from apps.quality.api.routing_bodies import check_stage, person_from, skill_from
from apps.quality.api.settings import Real
from apps.quality.metrics import SCORED
from apps.quality.models import RoutePolicy, RouteRun
from apps.quality.operations.routing_policy import key_of, ledger_of, set_policy

MOST_BUDGETS, MOST_SECONDS = 100, 1_000_000


class DailyBudget(StrictSerializer):
    """Seconds a day (UTC) of a ``person`` (id or e-mail address), for tasks that need a ``skill``, or of anybody."""

    person = Text(max_length=254, required=False, allow_null=True)
    skill = Text(max_length=100, required=False, allow_null=True)
    seconds_per_day = Real(min_value=1, max_value=MOST_SECONDS)


class PolicyBody(StrictSerializer):
    enabled = Flag()
    metric = Text(max_length=60, required=False, default="mistakenness")
    to_stage = Text(max_length=100)
    budgets = DailyBudget(many=True, allow_empty=False)

    def validate_budgets(self, value: list[Any]) -> list[Any]:
        if len(value) > MOST_BUDGETS:
            raise serializers.ValidationError("These are too many.", code="too_many")
        return value


def values_from(project: Project, sent: dict[str, Any]) -> dict[str, Any]:
    """Raises Invalid for a stage, metric, person or skill that cannot be."""
    check_stage(project, sent["to_stage"])
    if sent["metric"] not in SCORED:
        raise Invalid.at("/metric", "Tasks are not scored by such a metric as they change.", code="unknown_metric")
    budgets: list[dict[str, Any]] = []
    for number, asked in enumerate(sent["budgets"]):
        at = f"/budgets/{number}"
        if asked.get("person") and asked.get("skill"):
            raise Invalid.at(at, "A budget is a person's or a skill's, not both.", code="person_or_skill")
        person, skill = asked.get("person"), asked.get("skill")
        person = person_from(project, person, sent["to_stage"], f"{at}/person") if person else None
        skill = skill_from(project, skill, f"{at}/skill") if skill else None
        budgets.append({"person": person, "skill": skill, "seconds_per_day": asked["seconds_per_day"]})
        if key_of(budgets[-1]) in {key_of(one) for one in budgets[:-1]}:
            raise Invalid.at(at, "This budget is there already.", code="twice")
    return {"enabled": sent["enabled"], "metric": sent["metric"], "to_stage": sent["to_stage"], "budgets": budgets}


def shown(policy: RoutePolicy) -> dict[str, Any]:
    ledger = ledger_of(policy, database_now())
    return {
        "enabled": policy.enabled,
        "metric": policy.metric,
        "to_stage": policy.to_stage,
        "budgets": [budget | ledger["accounts"][key_of(budget)] for budget in policy.budgets],
        "day": ledger["day"],
        "run": ledger["run"],
    }


class PolicyView(ApiView):
    """One for a project; without one nothing is routed by itself."""

    scopes: ClassVar = {"GET": "read", "PUT": "manage"}

    @extend_schema(operation_id="quality_policy", responses=PolicyAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, ())
        policy = RoutePolicy.objects.filter(project=access.project).first()
        return Response(shown(policy or RoutePolicy(project=access.project)))

    @extend_schema(operation_id="quality_policy_set", request=PolicyBody, responses=PolicyAnswer)
    def put(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        values = values_from(access.project, read_body(request, PolicyBody))
        made = set_policy(project=access.project, actor=request.user, values=values, now=database_now())
        return Response(shown(made))


class RoutesView(ApiView):
    """The project's routings, newest first: what was promised, and what looks have found since."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="quality_routes", responses=page_of(RouteRunAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, ())
        rows = RouteRun.objects.filter(project=access.project)
        class_name = index_for(access.project.ontology_id).class_name

        def render(run: RouteRun) -> dict[str, Any]:
            return shown_run(run, class_name)

        return Response(page(request, rows, render=render, orderings={"-id": Ordering(("-id",))}, default="-id"))


def shown_run(run: RouteRun, class_name: Any) -> dict[str, Any]:
    frame, rule = run.rule["frame"], run.rule["rule"]
    narrowed = {name: frame[name] for name in ("stage", "status", "kind") if frame.get(name)}
    if frame.get("class_id"):
        narrowed["class"] = class_name(frame["class_id"])
    return {
        "id": str(run.id),
        "metric": run.metric,
        "rule": rule,
        "filter": narrowed,
        "to_stage": run.to_stage,
        "wave": run.wave,
        "job": str(run.job) if run.job else None,
        "created_by": str(run.created_by_id) if run.created_by_id else None,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "selected": run.sent,
        "of": run.result.get("of"),
        "threshold": run.result.get("threshold"),
        "expected_errors": run.result.get("expected_errors"),
        "seconds": run.result.get("seconds"),
        "reviewed": run.reviewed,
        "wrong": run.wrong,
        "errors_found": run.errors,
        "found_per_look": run.wrong / run.reviewed if run.reviewed else None,
        "promised_per_look": run.promised / run.reviewed if run.reviewed else None,
    }
