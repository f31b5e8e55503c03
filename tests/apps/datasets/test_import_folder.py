"""Images from a folder of a registered storage root: never a link, never outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import Invalid
from apps.common.ids import new_id
from apps.datasets.folders import check_prefix, images_in
from apps.datasets.models import Dataset, DataUnit, Storage
from apps.jobs.models import Job
from tests.factories.datasets import image_bytes, make_dataset
from tests.factories.people import People


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with images, and beside it a secret that links and paths try to reach."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.png").write_bytes(image_bytes())
    root = tmp_path / "root"
    (root / "a" / "deep").mkdir(parents=True)
    for place in ("b.png", "a/1.PNG", "a/2.jpg", "a/deep/3.png"):
        (root / place).write_bytes(image_bytes())
    (root / "a" / "notes.txt").write_text("x")
    (root / "a" / "fake.png").write_text("x")
    (root / "link.png").symlink_to(tmp_path / "secret" / "key.png")
    (root / "inside.png").symlink_to(root / "b.png")
    (root / "folder").symlink_to(tmp_path / "secret")
    (root / "a" / "up").symlink_to("..")
    os.mkfifo(root / "pipe.png")
    return root


def local(root: Path) -> Storage:
    return Storage(name="x", kind="local", root=str(root))


def opened(root: Path, prefix: str) -> list[str]:
    found = []
    for path, opener in list(images_in(local(root), prefix)):
        try:
            with opener() as file:
                file.read(1)
        except OSError:
            continue
        found.append(path)
    return found


def test_plain_files_are_found_in_order_and_nothing_else(root: Path) -> None:
    assert opened(root, "") == ["b.png", "a/1.PNG", "a/2.jpg", "a/fake.png", "a/deep/3.png"]
    assert opened(root, "a/deep") == ["3.png"]


@pytest.mark.parametrize("prefix", ["folder", "a/up", "nowhere", "b.png", "a/up/a"])
def test_a_prefix_through_a_link_is_no_folder(root: Path, prefix: str) -> None:
    with pytest.raises(Exception, match="folder") as caught:
        opened(root, prefix)
    assert caught.value.code == "no_folder"  # type: ignore[attr-defined]


def test_a_folder_swapped_for_a_link_in_between_leads_nowhere(root: Path) -> None:
    found = dict(images_in(local(root), "a/deep"))
    (root / "a" / "deep" / "3.png").unlink()
    (root / "a" / "deep").rmdir()
    (root / "secret").symlink_to(root.parent / "secret")
    (root / "a" / "deep").symlink_to(root.parent / "secret")
    (root.parent / "secret" / "3.png").write_bytes(b"secret")
    with pytest.raises(OSError, match=r".+"):
        found["3.png"]()


@pytest.mark.parametrize(
    "prefix",
    [
        "../secret",
        "a/../../secret",
        "/etc",
        "a/..",
        "..%2fsecret",
        "%2e%2e/",
        "C:\\",
        "c:x",
        "a\\b",
        "a\0b",
        "./a",
        3,
        None,
        "x" * 2_000,
    ],
)
def test_tricky_prefixes_are_refused(prefix: Any) -> None:
    with pytest.raises(Invalid) as caught:
        check_prefix(prefix)
    assert caught.value.errors[0].pointer == "/prefix"


@given(st.text(alphabet="./\\a%2fe~:\x00", max_size=12))
def test_no_prefix_leads_out(prefix: str) -> None:
    try:
        clean = check_prefix(prefix)
    except Invalid:
        return
    assert os.path.normpath(f"/root/{clean}").startswith("/root")


def register(people: People, root: Path, **fields: Any) -> Any:
    return people.caller("admin").post("/storages/", {"name": "Microscope", "root": str(root), **fields})


@pytest.fixture
def dataset(people: People) -> Dataset:
    return make_dataset(people.organization)


@pytest.mark.django_db
def test_a_folder_is_added_by_a_job(
    people: People, dataset: Dataset, root: Path, run_jobs: Callable[[], list[Job]]
) -> None:
    storage = register(people, root).json()
    sent = {"storage": storage["id"], "prefix": "a/"}
    answer = people.caller("mia").post(f"/datasets/{dataset.pk}/data-units/", sent)
    assert answer.status_code == 202
    job: Any = run_jobs()[0]
    assert job.state == "succeeded", job.error
    assert (job.result["created"], job.result["failed"]) == (3, 1)
    assert [(error["name"], error["code"]) for error in job.result["errors"]] == [("fake.png", "not_an_image")]
    assert sorted(DataUnit.objects.values_list("name", flat=True)) == ["1.PNG", "2.jpg", "deep/3.png"]


@pytest.mark.django_db
def test_a_missing_folder_fails_the_job(
    people: People, dataset: Dataset, root: Path, run_jobs: Callable[[], list[Job]]
) -> None:
    storage = register(people, root).json()
    people.caller("mia").post(f"/datasets/{dataset.pk}/data-units/", {"storage": storage["id"], "prefix": "nowhere"})
    job: Any = run_jobs()[0]
    assert (job.state, job.error["code"]) == ("failed", "no_folder")


@pytest.mark.django_db
def test_only_the_admin_of_the_instance_registers_roots(people: People, root: Path) -> None:
    for name in ("mia", "oskar", "ann", "olga"):
        assert people.caller(name).post("/storages/", {"name": "x", "root": str(root)}).status_code == 403
    assert not Storage.objects.exists()
    mine = register(people, root, organization=str(people.organization.pk)).json()
    assert mine["root"] == str(root)
    [seen] = people.caller("mia").get("/storages/").json()["results"]
    assert (seen["id"], "root" in seen) == (mine["id"], False)
    for name in ("olga", "ann"):
        assert people.caller(name).get("/storages/").json()["results"] == []


@pytest.mark.django_db
def test_roots_that_hold_our_own_files_are_refused(people: People, root: Path, settings: Any) -> None:
    inside = Path(settings.MEDIA_ROOT) / "units"
    inside.mkdir()
    bad = ["/", "relative", str(root / "b.png"), str(root / "none"), str(inside), str(inside.parent.parent), ""]
    for place in bad:
        assert register(people, Path(place)).status_code == 400, place
    assert register(people, root, organization=str(new_id())).status_code == 400
    assert register(people, root, options={"endpoint_url": "x"}).status_code == 400
    assert register(people, root, kind="s3").status_code == 400
    assert not Storage.objects.exists()


@pytest.mark.django_db
def test_a_storage_of_another_organization_does_not_exist(people: People, dataset: Dataset, root: Path) -> None:
    foreign = register(people, root, organization=str(people.elsewhere.pk)).json()["id"]
    url = f"/datasets/{dataset.pk}/data-units/"
    answers = [people.caller("mia").post(url, {"storage": ident}) for ident in (foreign, str(new_id()))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert not Job.objects.exists()
