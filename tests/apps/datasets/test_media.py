"""Media: by signed link only, as raster images only."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from PIL import Image

from apps.datasets.logic import links
from apps.datasets.models import DataUnit
from apps.datasets.queries import media_secret, media_url, media_urls
from tests.factories.datasets import image_bytes, make_dataset, make_units, upload
from tests.factories.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(people: People) -> DataUnit:
    return make_units(make_dataset(people.organization))[0]


def fetch(url: str) -> Any:
    return Client().get(url)


def test_a_signed_link_needs_no_sign_in(unit: DataUnit) -> None:
    for url in media_urls(unit):
        answer = fetch(url)
        assert answer.status_code == 200
        assert Image.open(BytesIO(b"".join(answer.streaming_content))).size == (40, 30)
        answer.close()


def test_what_is_sent_along(unit: DataUnit) -> None:
    answer = fetch(media_urls(unit)[0])
    answer.close()
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == f'attachment; filename="{unit.pk.hex}.png"'
    assert answer["Cache-Control"].startswith("private, max-age=")


def test_links_are_stable_within_a_window_and_short_lived() -> None:
    secret, start = b"s", 3_000_000_000.0
    assert links.link("/media/", "a", secret=secret, now=start) == links.link(
        "/media/", "a", secret=secret, now=start + 299
    )
    assert links.link("/media/", "a", secret=secret, now=start) != links.link(
        "/media/", "a", secret=secret, now=start + 300
    )
    assert all(300 < links.expiry(start + at) - (start + at) <= 600 for at in range(0, 300, 7))


def test_a_changed_link_is_no_link(people: People, unit: DataUnit) -> None:
    other = make_units(make_dataset(people.elsewhere))[0]
    path, _, query = media_url(unit.media_key).partition("?")
    expires, signature = (parse_qs(query)[name][0] for name in ("expires", "signature"))
    bad = [
        path,
        f"{path}?expires={int(expires) + 300}&signature={signature}",
        f"{path}?expires={expires}&signature={signature[:-1]}x",
        f"{path}?expires={expires}&signature=",
        f"{path}?expires=abc&signature={signature}",
        f"{path}?expires={expires}&signature=%C3%A9",
        f"{urlsplit(media_url(other.media_key)).path}?{query}",
        f"{path}/?{query}",
        path.replace("/units/", "/units/../units/") + f"?{query}",
        path.replace("/units/", "/units//") + f"?{query}",
    ]
    for url in bad:
        answer = fetch(url)
        assert (url, answer.status_code) == (url, 404)
        assert answer["Content-Type"] == "application/problem+json"


def test_an_old_link_says_so(unit: DataUnit) -> None:
    signature = links.signature(media_secret(), unit.media_key, 1_000)
    answer = fetch(f"/media/{unit.media_key}?expires=1000&signature={signature}")
    assert (answer.status_code, answer.json()["code"]) == (403, "expired")


@pytest.mark.parametrize(
    "key", ["../secret.png", "units/../../secret.png", "units/x.html", "units/x.svg", "/etc/passwd", "x"]
)
def test_even_a_signed_key_stays_inside_and_is_an_image(settings: Any, key: str) -> None:
    (Path(settings.MEDIA_ROOT).parent / "secret.png").write_bytes(b"secret")
    (Path(settings.MEDIA_ROOT) / "units").mkdir(exist_ok=True)
    (Path(settings.MEDIA_ROOT) / "units" / "x.html").write_bytes(b"<script>")
    expires = links.expiry(4_000_000_000)
    signature = links.signature(media_secret(), key, expires)
    answer = fetch(f"/media/{key}?expires={expires}&signature={signature}")
    assert answer.status_code in (400, 404)


def test_only_reading(unit: DataUnit) -> None:
    url = media_url(unit.media_key)
    assert Client().post(url).status_code == 405
    head = Client().head(url)
    assert head.status_code == 200
    head.close()


@pytest.mark.parametrize(("kind", "shown"), [("TIFF", "PNG"), ("BMP", "PNG"), ("JPEG", "JPEG"), ("WEBP", "WEBP")])
def test_browsers_get_what_they_can_show(people: People, kind: str, shown: str) -> None:
    made = upload(people.caller("mia"), make_dataset(people.organization), {"a": image_bytes(kind)}).json()
    answer = fetch(made["created"][0]["media_url"])
    assert Image.open(BytesIO(b"".join(answer.streaming_content))).format == shown
    answer.close()


def test_a_proxy_or_the_store_may_deliver(unit: DataUnit, settings: Any) -> None:
    url = media_url(unit.media_key)
    settings.MEDIA_DELIVERY = "accel"
    answer = fetch(url)
    assert answer["X-Accel-Redirect"] == f"/protected-media/{unit.media_key}"
    assert (answer.content, answer["Content-Type"]) == (b"", "image/png")
    settings.MEDIA_DELIVERY = "redirect"
    assert fetch(url).status_code == 302


def test_missing_bytes_are_not_found(unit: DataUnit) -> None:
    assert fetch(media_url(unit.media_key.replace(".png", ".jpg"))).status_code == 404
