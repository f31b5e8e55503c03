"""Work is safe: through reloads, without a network, beside another hand, and after a claim is gone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.e2e.desk import held, opened
from tests.e2e.people import Door, until
from tests.e2e.site import MakeProject, Project, box


def save_elsewhere(project: Project, task: str, token: int, *labels: dict[str, Any], person: str = "ann") -> None:
    """Another program of the same person saves under the same claim."""
    program = project.site.program(person)
    etag = program.ask("GET", f"/tasks/{task}/labels/").headers["ETag"]
    body = {"upsert": list(labels), "delete": [], "claim_token": token}
    program.call("PATCH", f"/tasks/{task}/labels/", body, If_Match=etag)


def test_a_reload_loses_nothing(door: Door, make_project: MakeProject) -> None:
    project = make_project("Reload")
    ann = door("ann")
    desk, task = held(ann, project)
    desk.press("1")
    desk.draw(30, 40)
    desk.answer("blurred")
    desk.is_saved()
    ann.page.reload()
    desk = opened(ann)
    expect(desk.labels).to_have_count(1)
    expect(ann.page.get_by_role("radio", name="blurred")).to_be_checked()
    assert len(project.labels(task["id"])) == 2


def test_work_without_a_network_is_kept_and_sent_later(door: Door, make_project: MakeProject) -> None:
    project = make_project("Offline")
    ann = door("ann")
    ann.expected += ["ERR_INTERNET_DISCONNECTED"]
    desk, task = held(ann, project)
    desk.press("1")
    desk.draw(30, 40)
    desk.is_saved()
    ann.context.set_offline(True)
    desk.draw(120, 40)
    expect(desk.saved).to_have_text("Not reachable: 1 change kept here")
    assert len(project.labels(task["id"])) == 1
    ann.context.set_offline(False)
    desk.is_saved()
    assert len(project.labels(task["id"])) == 2


def test_work_of_a_closed_window_is_offered_again(door: Door, make_project: MakeProject) -> None:
    project = make_project("Closed window")
    ann = door("ann")
    ann.expected += ["ERR_INTERNET_DISCONNECTED"]
    desk, task = held(ann, project)
    ann.context.set_offline(True)
    desk.press("1")
    desk.draw(120, 40)
    expect(desk.saved).to_have_text("Not reachable: 1 change kept here")
    address = ann.page.url
    ann.page.close()
    ann.context.set_offline(False)
    ann.page = ann.context.new_page()
    ann.page.goto(address)
    desk = opened(ann)
    expect(ann.page.get_by_text("Work from an earlier visit")).to_be_visible()
    ann.button("Apply").click()
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    assert len(project.labels(task["id"])) == 1


def test_two_hands_on_different_labels_both_stay(door: Door, make_project: MakeProject) -> None:
    project = make_project("Two hands")
    ann = door("ann")
    ann.expected += ["412"]
    desk, task = held(ann, project)
    save_elsewhere(project, task["id"], task["claim"]["token"], box(200, 150))
    desk.press("1")
    desk.draw(20, 20)
    desk.is_saved()
    expect(desk.labels).to_have_count(2)
    assert len(project.labels(task["id"])) == 2


def test_two_hands_on_one_label_ask_the_person(door: Door, make_project: MakeProject) -> None:
    project = make_project("One label")
    ann = door("ann")
    ann.expected += ["412"]
    desk, task = held(ann, project)
    desk.press("1")
    desk.draw(100, 100)
    desk.is_saved()
    (label,) = project.labels(task["id"])
    theirs = {name: label[name] for name in ("id", "class", "shape", "attributes")}
    save_elsewhere(project, task["id"], task["claim"]["token"], theirs | {"geometry": box(5, 5)["geometry"]})
    desk.press("v")
    desk.click(120, 120)
    desk.press("ArrowRight")
    expect(ann.page.get_by_text("Changed by somebody else meanwhile")).to_be_visible()
    expect(desk.saved).to_have_text("1 label was changed elsewhere too")
    ann.button("Keep mine").click()
    desk.is_saved()
    (kept,) = project.labels(task["id"])
    assert abs(kept["geometry"]["x"] - 101) < 1.5


def test_a_lost_claim_keeps_the_draft(door: Door, make_project: MakeProject) -> None:
    project = make_project("Lost claim")
    ann = door("ann")
    ann.expected += ["409"]
    desk, task = held(ann, project)
    desk.press("1")
    desk.draw(30, 40)
    desk.is_saved()
    project.site.program("mia").post(f"/tasks/{task['id']}/release/")
    desk.draw(150, 40)
    expect(ann.page.get_by_text("You no longer hold this task")).to_be_visible()
    expect(desk.saved).to_have_text("Claim lost: 1 change kept here")
    expect(ann.button("Box")).to_be_disabled()
    assert len(project.labels(task["id"])) == 1
    ann.button("Claim again and apply").click()
    desk.is_saved()
    assert len(project.labels(task["id"])) == 2
    program = project.site.program("ann")
    until(ann.page, lambda: not program.get(f"/tasks/{task['id']}/drafts/")["results"], "the draft's end")
