"""What verdicts taught, and how good people's labels and verdicts are: for managers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView
from apps.common.pages import Ordering, check_query, page, read_limit
from apps.common.serializers import page_of
from apps.ontologies.queries import index_for
from apps.projects.policies import get_project_for, require_manager
from apps.quality.api.calibration_answers import CalibrationAnswer, PersonAnswer
from apps.quality.queries.people import annotators, people_of, reviewers
from apps.quality.queries.reliability import calibration_page

MOST_PEOPLE = 200


class CalibrationView(ApiView):
    """Which model turns evidence into probabilities, and how far they came true."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="quality_calibration", responses=CalibrationAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, ())
        return Response(calibration_page(project_id, index_for(access.project.ontology_id).class_name))


class PeopleView(ApiView):
    """The last twelve weeks of everybody in the project."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="quality_people", responses=page_of(PersonAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, ())
        if read_limit(request) > MOST_PEOPLE:
            raise Invalid.at("/limit", f"limit is a whole number from 1 to {MOST_PEOPLE}.", code="bad_limit")
        answer = page(
            request, people_of(project_id), render=shown_person, orderings={"id": Ordering(("id",))}, default="id"
        )
        ids, now = [row["id"] for row in answer["results"]], database_now()
        labelled, judged = annotators(project_id, ids, now), reviewers(project_id, ids, now)
        class_name = index_for(access.project.ontology_id).class_name
        for row in answer["results"]:
            row["annotator"] = with_names(labelled.get(row["id"]), class_name)
            row["reviewer"] = judged.get(row["id"])
        return Response(answer)


def shown_person(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "email": user.email}


def with_names(figures: dict[str, Any] | None, class_name: Any) -> dict[str, Any] | None:
    if figures is None:
        return None
    return figures | {"classes": [one | {"class": class_name(one["class"])} for one in figures["classes"]]}
