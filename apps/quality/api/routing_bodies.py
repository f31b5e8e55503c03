"""What a routing and a standing order may ask for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.errors import FieldError, Invalid
from apps.common.serializers import Flag, StrictSerializer, Text, Whole
from apps.flows.queries import compiled_graph
from apps.ontologies.queries import index_for
from apps.projects.models import Collaborator, Project
from apps.quality.api.settings import KINDS, MOST, Real
from apps.quality.logic.routing_rules import BUDGET, RULES, TARGET_RECALL, Rule
from apps.quality.operations.routing_plan import Order
from apps.quality.queries.routing import MISTAKENNESS, Frame, metrics
from apps.tasks.logic import CLAIM_ROLES
from workflows.graph import EXPERT_REVIEW, REVIEW
from workflows.state import STATUSES

MOST_TASKS = 10_000_000


class BudgetBody(StrictSerializer):
    """Seconds of expert time: a ``person``'s (id or e-mail address), for tasks that need a ``skill``, ``per_day``."""

    seconds = Real(min_value=0, max_value=MOST * 100)
    person = Text(max_length=254, required=False, allow_null=True)
    skill = Text(max_length=100, required=False, allow_null=True)
    per_day = Flag(required=False, default=False)


BUDGET_SHAPE = {
    "type": "object",
    "required": ["seconds"],
    "properties": {
        "seconds": {"type": "number"},
        "person": {"type": "string", "nullable": True},
        "skill": {"type": "string", "nullable": True},
        "per_day": {"type": "boolean"},
    },
}


@extend_schema_field({"oneOf": [{"type": "number"}, BUDGET_SHAPE]})
class BudgetField(serializers.Field[Any, Any, Any, Any]):
    """A number of seconds, or more exactly."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        reader = BudgetBody(data=data if isinstance(data, dict) else {"seconds": data})
        if not reader.is_valid():
            raise serializers.ValidationError(reader.errors if isinstance(data, dict) else reader.errors["seconds"])
        return dict(reader.validated_data)

    def to_representation(self, value: Any) -> Any:
        return value


class RouteFilter(StrictSerializer):
    """Which tasks are in question. ``class`` (name or id) and ``kind`` are of what is most likely wrong in a task."""

    stage = Text(max_length=100, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    kind = serializers.ChoiceField(choices=KINDS, required=False)

    def get_fields(self) -> dict[str, Any]:
        # ``class`` is a word of the language, so it is added by name.
        return super().get_fields() | {"class": Text(required=False)}


class RouteBody(StrictSerializer):
    """Exactly one of ``threshold``, ``top``, ``target_recall`` and ``budget``."""

    metric = Text(max_length=60)
    to_stage = Text(max_length=100)
    threshold = Real(required=False)
    top = Whole(required=False, min_value=1, max_value=MOST_TASKS)
    target_recall = Real(required=False, min_value=0.01, max_value=1)
    budget = BudgetField(required=False)
    dry_run = Flag(required=False, default=False)
    filter = RouteFilter(required=False, default=dict)


def order_from(project: Project, sent: dict[str, Any]) -> Order:
    """Raises Invalid for anything but one rule, and for a stage, class, person or skill that the project lacks."""
    rule = rule_from(project, sent)
    check_stage(project, sent["to_stage"])
    check_metric(sent["metric"])
    if rule.name == TARGET_RECALL and sent["metric"] != MISTAKENNESS:
        message = "Random reviews tell the recall of mistakenness alone."
        raise Invalid.at("/metric", message, code="recall_needs_mistakenness")
    asked = sent["filter"]
    stages = compiled_graph(project.workflow_version_id).stages
    if asked.get("stage") is not None and asked["stage"] not in stages:
        raise Invalid.at("/filter/stage", "The workflow has no such stage.", code="unknown_stage")
    frame = Frame(
        metric=sent["metric"],
        to_stage=sent["to_stage"],
        stage=asked.get("stage", ""),
        status=asked.get("status", ""),
        class_id=class_from(project, asked["class"]) if "class" in asked else "",
        kind=asked.get("kind", ""),
        skill=rule.skill,
        person=UUID(rule.person) if rule.person else None,
    )
    return Order(frame, rule, sent["dry_run"])


def rule_from(project: Project, sent: dict[str, Any]) -> Rule:
    given = [name for name in RULES if sent.get(name) is not None]
    if len(given) != 1:
        named = " and ".join(given) if given else "none of them was"
        message = f"Exactly one of {', '.join(RULES)} says what is sent; {named} {'were' if given else ''} given."
        where = given or RULES
        raise Invalid(
            message.replace("  ", " "),
            code="one_rule",
            errors=[FieldError(f"/{name}", "one_rule", "Exactly one rule is needed.") for name in where],
        )
    name = given[0]
    if name != BUDGET:
        return Rule(name, float(sent[name]))
    asked = sent[BUDGET]
    person = person_from(project, asked["person"], sent["to_stage"], "/budget/person") if asked.get("person") else None
    skill = skill_from(project, asked["skill"], "/budget/skill") if asked.get("skill") else ""
    return Rule(name, float(asked["seconds"]), person, skill, asked["per_day"])


def check_stage(project: Project, stage_id: str) -> None:
    stage = compiled_graph(project.workflow_version_id).stages.get(stage_id)
    if stage is None or stage.type not in (REVIEW, EXPERT_REVIEW):
        message = "Tasks are sent to a review or expert stage of the project's workflow."
        raise Invalid.at("/to_stage", message, code="bad_stage")


def check_metric(metric: str) -> None:
    if metric not in metrics():
        raise Invalid.at("/metric", "Tasks are not scored by such a metric.", code="unknown_metric")


def class_from(project: Project, name: str) -> str:
    entry = index_for(project.ontology_id).find(name)
    if entry is None:
        raise Invalid.at("/filter/class", "The ontology has no such class.", code="unknown_class")
    return entry.id


def person_from(project: Project, text: str, stage_id: str, pointer: str) -> str:
    """The id of a collaborator who works at the stage. A stranger is like nobody."""
    rows = Collaborator.objects.filter(project=project, user__is_active=True)
    try:
        held = rows.filter(user_id=UUID(text)).first()
    except ValueError:
        held = rows.filter(user__email=text.lower()).first()
    stage = compiled_graph(project.workflow_version_id).stages.get(stage_id)
    if held is None or stage is None or not CLAIM_ROLES.get(stage.type, frozenset()) & set(held.roles):
        message = "Nobody who works at the stage is called so."
        raise Invalid.at(pointer, message, code="unknown_person")
    return str(held.user_id)


def skill_from(project: Project, skill: str, pointer: str) -> str:
    if skill not in {name for entry in index_for(project.ontology_id).classes for name in entry.skills}:
        raise Invalid.at(pointer, "No class or attribute of the ontology asks for this skill.", code="unknown_skill")
    return skill
