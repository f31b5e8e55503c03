"""Judging at the screen: missing objects, issues with comments, verdicts taken back, escalation."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.desk import Desk, claim, opened
from tests.e2e.people import Door, until
from tests.e2e.site import MakeProject, box


def test_a_missing_object_goes_back_with_its_place(door: Door, make_project: MakeProject) -> None:
    project = make_project("Something missing")
    task = project.submitted(box(20, 20))
    rex = door("rex")
    desk = claim(rex, project, "Review")
    desk.press("a", "a", "f", "m")
    expect(rex.button("Something is missing")).to_have_attribute("aria-pressed", "true")
    desk.drag(150, 100, 200, 150)
    expect(rex.page.get_by_text("1 object marked missing")).to_be_visible()
    desk.press("Escape", "Escape", "Control+Enter")
    rex.page.wait_for_url("**/queue")
    verdicts = project.site.program("mia").get(f"/tasks/{task}/reviews/")["results"]
    missing = next(one for one in verdicts if one["kind"] == "missing")
    assert missing["label"] is None
    assert abs(missing["geometry"]["x"] - 150) < 1.5
    ann = door("ann")
    ann_task = project.claim("ann")
    assert ann_task["id"] == task
    ann.go(f"/projects/{project.id}/tasks/{task}")
    opened(ann)
    expect(ann.page.get_by_role("region", name="Returned to you").get_by_text("✗ Missing")).to_be_visible()


def test_an_issue_is_pinned_and_answered(door: Door, make_project: MakeProject) -> None:
    project = make_project("Issues")
    task = project.submitted(box(20, 20))
    rex = door("rex")
    desk = claim(rex, project, "Review")
    desk.press("f")
    rex.page.mouse.move(*desk.at(220, 160))
    desk.press("i")
    rex.page.get_by_label("New issue").last.fill("Is this one cell or two?")
    rex.button("Pin").click()
    expect(rex.button("Issue 1: Is this one cell or two?")).to_be_visible()
    (issue,) = project.site.program("mia").get(f"/tasks/{task}/issues/")["results"]
    assert (round(issue["x"]), round(issue["y"])) == (220, 160)
    rex.button("Issue 1: Is this one cell or two?").click()
    rex.page.get_by_label("Reply").fill("Two, I think.")
    rex.button("Reply").click()
    expect(rex.page.get_by_text("Two, I think.")).to_be_visible()
    rex.button("Resolve").click()
    expect(rex.page.get_by_text("resolved").first).to_be_visible()
    comments = project.site.program("mia").get(f"/tasks/{task}/issues/{issue['id']}/comments/")["results"]
    assert "Two, I think." in [one["text"] for one in comments]


def test_verdicts_can_be_taken_back(door: Door, make_project: MakeProject) -> None:
    project = make_project("Second thoughts")
    task = project.submitted(box(20, 20), box(150, 100))
    rex = door("rex")
    desk = claim(rex, project, "Review")
    panel = rex.page.get_by_role("region", name="Review")
    desk.press("r", "Enter")
    expect(panel.get_by_text("1 of 3 judged")).to_be_visible()
    desk.press("u")
    expect(panel.get_by_text("0 of 3 judged")).to_be_visible()
    desk.press("Shift+A")
    expect(panel.get_by_text("3 of 3 judged")).to_be_visible()
    desk.press("Control+Enter")
    rex.page.wait_for_url("**/queue")
    assert project.site.program("mia").get(f"/tasks/{task}/")["status"] == "complete"


def test_the_expert_sees_why_a_task_came(door: Door, make_project: MakeProject) -> None:
    project = make_project("Why")
    project.submitted(box(20, 20))
    rex, eve = door("rex"), door("eve")
    claim(rex, project, "Review")
    rex.button("More actions").click()
    rex.page.get_by_role("menuitem", name="Escalate").click()
    rex.page.get_by_label("Reason").fill("Beyond me.")
    rex.page.get_by_role("dialog").get_by_role("button", name="Escalate").click()
    rex.page.wait_for_url("**/queue")
    desk: Desk = claim(eve, project, "Expert")
    expect(eve.page.get_by_role("region", name="Why this task came")).to_contain_text("Beyond me.")
    until(eve.page, lambda: desk.labels.count() == 1, "the label's row")
