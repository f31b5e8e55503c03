"""Images from a list of URLs, as a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.datasets.models import Dataset, DataUnit
from apps.jobs.models import Job
from tests.factories.datasets import image_bytes, make_dataset
from tests.factories.people import People
from tests.fakes.web import Web, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(settings: Any) -> Iterator[Web]:
    with serving() as found:
        settings.SAFE_HTTP_PORTS = (80, 443, found.port)
        settings.SAFE_HTTP_NETWORKS = ("127.0.0.1/32",)
        yield found


@pytest.fixture
def dataset(people: People) -> Dataset:
    return make_dataset(people.organization)


def start(people: People, dataset: Dataset, *urls: str, **body: Any) -> Any:
    sent = body or {"items": [{"url": url, "metadata": {"from": url[-5:]}} for url in urls]}
    return people.caller("mia").post(f"/datasets/{dataset.pk}/data-units/", sent)


def test_good_ones_are_added_and_bad_ones_named(
    people: People, dataset: Dataset, web: Web, run_jobs: Callable[[], list[Job]]
) -> None:
    web.file("/a.png", image_bytes())
    web.file("/twin", web_twin := image_bytes())
    web.file("/twin2", web_twin)
    web.file("/page", b"<html>")
    web.redirect("/away", "http://10.0.0.1/x.png")
    urls = [web.url("127.0.0.1", path) for path in ("/a.png", "/twin", "/twin2", "/page", "/away", "/none")]
    answer = start(people, dataset, *urls)
    assert answer.status_code == 202
    assert answer["Location"].startswith("/api/v1/jobs/")
    job: Any = run_jobs()[0]
    assert job.state == "succeeded", job.error
    assert {name: job.result[name] for name in ("created", "existing", "failed")} == {
        "created": 2,
        "existing": 1,
        "failed": 3,
    }
    assert [(error["name"], error["code"]) for error in job.result["errors"]] == [
        (urls[3], "not_an_image"),
        (urls[4], "private_address"),
        (urls[5], "bad_status"),
    ]
    assert sorted(DataUnit.objects.values_list("name", flat=True)) == ["a.png", "twin"]
    assert DataUnit.objects.get(name="a.png").metadata == {"from": "a.png"}


def test_doing_a_job_again_adds_nothing(
    people: People, dataset: Dataset, web: Web, run_jobs: Callable[[], list[Job]]
) -> None:
    web.file("/a.png", image_bytes())
    start(people, dataset, web.url("127.0.0.1", "/a.png"))
    job: Any = run_jobs()[0]
    Job.objects.filter(pk=job.pk).update(state="queued", checkpoint={}, result=None)
    again: Any = run_jobs()[0]
    assert (again.result["created"], again.result["existing"]) == (0, 1)
    assert DataUnit.objects.count() == 1


def test_a_job_goes_on_where_it_was(
    people: People, dataset: Dataset, web: Web, run_jobs: Callable[[], list[Job]]
) -> None:
    web.file("/a.png", image_bytes())
    web.file("/b.png", image_bytes())
    start(people, dataset, web.url("127.0.0.1", "/a.png"), web.url("127.0.0.1", "/b.png"))
    Job.objects.update(checkpoint={"done": 1, "counts": {"created": 1, "existing": 0, "failed": 0}})
    job: Any = run_jobs()[0]
    assert job.result["created"] == 2
    assert [path for path, _ in web.asked] == ["/b.png"]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"items": []}, 400, "/items"),
        ({"items": "http://x/"}, 400, "/items"),
        ({"items": ["http://x/"]}, 400, "/items/0"),
        ({"items": [{"url": "file:///etc/passwd"}]}, 400, "/items/0/url"),
        ({"items": [{"url": 3}]}, 400, "/items/0/url"),
        ({"items": [{"url": "http://x/", "metadata": []}]}, 400, "/items/0/metadata"),
        ({"items": [{"url": "http://x/", "name": "y"}]}, 400, "/items/0"),
        ({"items": [{"url": "http://x/"}] * 10_001}, 413, None),
        ({"items": [{"url": "http://x/"}], "storage": "x"}, 400, "/"),
        ({"storage": "x"}, 400, "/storage"),
        ({}, 400, "/"),
        ([], 400, "/"),
    ],
)
def test_a_bad_body_starts_no_job(
    people: People, dataset: Dataset, body: Any, status: int, pointer: str | None
) -> None:
    answer = people.caller("mia").post(f"/datasets/{dataset.pk}/data-units/", body)
    assert answer.status_code == status
    assert pointer is None or answer.json()["errors"][0]["pointer"] == pointer
    assert not Job.objects.exists()
