"""Who works in a project: given, changed and taken, with what they held given back."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.projects.models import Collaborator
from apps.tasks.models import Visit, VisitStatus
from tests.factories.people import Caller, People, make_person
from tests.factories.projects import Lab, make_lab


@pytest.fixture
def lab(people: People) -> Lab:
    return make_lab(people)


def give(lab: Lab, actor: str, email: str, *roles: str, **more: Any) -> Any:
    body = {"email": email, "roles": list(roles), **more}
    return lab.people.caller(actor).post(lab.path + "collaborators/", body)


def held(lab: Lab) -> int:
    return Visit.objects.filter(project=lab.project, status=VisitStatus.CLAIMED).count()


def claim(lab: Lab, name: str, stage: str = "annotate") -> Any:
    answer = lab.people.caller(name).post(f"{lab.path}stages/{stage}/claim/", {})
    return answer.json() if answer.status_code == 200 else None


def test_a_member_is_given_roles_and_skills(lab: Lab) -> None:
    nina = lab.add("nina")
    answer = give(lab, "mia", nina.email.upper(), "reviewer", "annotator", "reviewer", skills=["b", "a", "b"])
    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "person": str(nina.pk),
        "email": nina.email,
        "name": "Nina",
        "roles": ["annotator", "reviewer"],
        "skills": ["a", "b"],
        "active": True,
    }
    assert lab.people.caller("mia").get(lab.person_path("nina")).json() == answer.json()
    again = give(lab, "mia", nina.email, "expert")
    assert (again.status_code, again.json()["roles"], again.json()["skills"]) == (200, ["expert"], ["a", "b"])
    assert lab.people.caller("nina").get(lab.path).json()["my_roles"] == ["expert"]


def test_people_outside_the_organization_are_to_be_invited(lab: Lab) -> None:
    outsiders = ["nobody@people.test", lab.people.olga.email, make_person("lone").email]
    gone = lab.add("gone")
    gone.is_active = False
    gone.save()
    answers = [give(lab, "mia", email, "annotator") for email in [*outsiders, gone.email]]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    error = answers[0].json()["errors"][0]
    assert (error["pointer"], error["code"]) == ("/email", "not_a_member")
    assert "invite" in error["detail"]
    assert len(lab.collaborators()) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"roles": []},
        {"roles": ["boss"]},
        {"roles": "annotator"},
        {"roles": [{}]},
        {"roles": None},
        {"email": "x"},
        {"email": 5},
        {"skills": [1]},
        {"skills": [""]},
        {"skills": ["x" * 101]},
        {"person": "x"},
    ],
)
def test_bad_bodies_are_refused(lab: Lab, change: dict[str, Any]) -> None:
    body = {"email": lab.people.ann.email, "roles": ["reviewer"], **change}
    answer = lab.people.caller("mia").post(lab.path + "collaborators/", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(change))}")
    assert lab.collaborators()["ann"] == ["annotator"]


def test_only_what_is_named_changes(lab: Lab) -> None:
    path = lab.person_path("ann")
    mia = lab.people.caller("mia")
    assert mia.patch(path, {"skills": ["cells"]}).json()["roles"] == ["annotator"]
    changed = mia.patch(path, {"roles": ["reviewer"]}).json()
    assert (changed["roles"], changed["skills"]) == (["reviewer"], ["cells"])
    assert mia.patch(path, {}).json() == changed
    bodies: list[dict[str, Any]] = [{"roles": []}, {"email": "x@people.test"}, {"roles": ["owner"]}]
    for bad in bodies:
        assert mia.patch(path, bad).status_code == 400
    assert mia.patch(lab.person_path("oskar"), {"roles": ["viewer"]}).status_code == 404


def test_people_are_paged_in_order(lab: Lab) -> None:
    caller, path, seen = lab.people.caller("val"), lab.path + "collaborators/?limit=4", []
    while path:
        answer = caller.get(path).json()
        seen += [row["name"] for row in answer["results"]]
        path = (answer["next"] or "").removeprefix("http://testserver/api/v1")
    assert seen == ["Mia", "Ann", "Bob", "Rex", "Eve", "Val"]
    assert caller.get(lab.path + "collaborators/?role=viewer").status_code == 400


@pytest.mark.parametrize("actor", ["manny", "mia", "adele"])
def test_a_manager_makes_and_unmakes_no_admin(lab: Lab, actor: str) -> None:
    lab.add("manny", "manager")
    lab.add("ada", "admin")
    allowed = actor != "manny"
    before = lab.collaborators()
    answers = [
        give(lab, actor, lab.people.ann.email, "admin"),
        lab.people.caller(actor).patch(lab.person_path("bob"), {"roles": ["annotator", "admin"]}),
        lab.people.caller(actor).patch(lab.person_path("ada"), {"roles": ["manager"]}),
        lab.people.caller(actor).delete(lab.person_path("mia")) if not allowed else None,
    ]
    statuses = {answer.status_code for answer in answers if answer is not None}
    assert statuses == ({200} if allowed else {403})
    assert (lab.collaborators() == before) is not allowed


def test_a_manager_changes_everything_else(lab: Lab) -> None:
    lab.add("manny", "manager")
    manny = lab.people.caller("manny")
    assert give(lab, "manny", lab.people.ann.email, "manager").status_code == 200
    assert manny.patch(lab.person_path("mia"), {"skills": ["x"]}).status_code == 200
    assert manny.delete(lab.person_path("bob")).status_code == 204
    assert "bob" not in lab.collaborators()


def test_the_last_admin_stays(lab: Lab) -> None:
    for answer in (
        lab.people.caller("mia").patch(lab.person_path("mia"), {"roles": ["manager"]}),
        lab.people.caller("mia").delete(lab.person_path("mia")),
        give(lab, "mia", lab.people.mia.email, "viewer"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert lab.collaborators()["mia"] == ["admin"]
    assert lab.people.caller("mia").patch(lab.person_path("ann"), {"roles": ["admin"]}).status_code == 200
    assert lab.people.caller("mia").delete(lab.person_path("mia")).status_code == 204
    assert lab.people.caller("adele").delete(lab.person_path("ann")).status_code == 204


def test_who_is_removed_gives_back_what_they_hold(lab: Lab) -> None:
    task = claim(lab, "ann")
    assert held(lab) == 1
    assert lab.people.caller("mia").delete(lab.person_path("ann")).status_code == 204
    assert held(lab) == 0
    assert lab.people.caller("ann").get(lab.path).status_code == 404
    assert lab.people.caller("ann").get(f"/tasks/{task['id']}/").status_code == 404
    assert lab.people.caller("mia").delete(lab.person_path("ann")).status_code == 404
    again = [claim(lab, "bob")["id"]]
    assert again == [task["id"]]


def test_a_lost_role_releases_only_what_it_was_for(lab: Lab) -> None:
    lab.people.caller("mia").patch(lab.person_path("ann"), {"roles": ["annotator", "reviewer"]})
    assert claim(lab, "ann")
    lab.people.caller("mia").patch(lab.person_path("ann"), {"roles": ["annotator"]})
    assert held(lab) == 1
    lab.people.caller("mia").patch(lab.person_path("ann"), {"roles": ["reviewer"]})
    assert held(lab) == 0


def test_work_kept_for_somebody_who_leaves_is_everybodys_again(lab: Lab) -> None:
    task = claim(lab, "ann")
    labels = {"verified_empty": True, "claim_token": task["claim"]["token"]}
    assert lab.people.caller("ann").post(f"/tasks/{task['id']}/submit/", labels).status_code == 200
    review = claim(lab, "rex", "review")
    rejected = {"comment": "Look again.", "claim_token": review["claim"]["token"]}
    assert lab.people.caller("rex").post(f"/tasks/{task['id']}/reject/", rejected).status_code == 200
    assert Visit.objects.filter(reserved_for=lab.people.ann).count() == 1
    path = f"/organizations/{lab.people.organization.pk}/members/{lab.people.id_of('ann')}/"
    assert lab.people.caller("oskar").delete(path).status_code == 204
    assert not Visit.objects.filter(reserved_for=lab.people.ann).exists()
    assert not Collaborator.objects.filter(user=lab.people.ann).exists()
    assert Visit.objects.get(task=task["id"], status=VisitStatus.WAITING).stage == "annotate"


def test_an_invitation_leads_into_the_project(lab: Lab) -> None:
    url = f"/organizations/{lab.people.organization.pk}/invitations/"
    body = {"email": "nina@people.test", "project": str(lab.project.pk), "roles": ["expert"], "skills": ["cells"]}
    made = lab.people.caller("mia").post(url, body)
    assert made.status_code == 201, made.content
    token = made.json()["url"].rsplit("/", 1)[1]
    accept = {"token": token, "name": "Nina", "password": "quite a good secret"}
    assert Caller().post("/invitations/accept/", accept).status_code == 200
    row = Collaborator.objects.get(user__email="nina@people.test")
    assert (row.roles, row.skills, row.project_id) == (["expert"], ["cells"], lab.project.pk)
    assert Membership.objects.get(user=row.user).role == "member"


@pytest.mark.parametrize(
    ("change", "status"), [({"roles": ["boss"]}, 400), ({"roles": []}, 400), ({"roles": ["admin"]}, 201)]
)
def test_an_invitation_gives_roles_that_the_sender_may_give(lab: Lab, change: dict[str, Any], status: int) -> None:
    url = f"/organizations/{lab.people.organization.pk}/invitations/"
    body = {"email": "nina@people.test", "project": str(lab.project.pk), "roles": ["expert"]} | change
    assert lab.people.caller("mia").post(url, body).status_code == status
