"""The media storage: whole files, nothing outside it, and no model's file that is not the one that was named."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import pytest

from apps.inference.service.store import BucketStore, FileStore, MissingFile, Store, WrongDigest, bucket_store


class ClientError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class Bucket:
    """As much of boto3's client as is used."""

    class exceptions:  # noqa: N801 - boto3's name
        ClientError = ClientError

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.gets = 0
        self.refuses = False

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
        self.kept[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.gets += 1
        self._look(Key, "NoSuchKey")
        return {"Body": io.BytesIO(self.kept[Key])}

    def head_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self._look(Key, "404")

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self.kept.pop(Key, None)

    def _look(self, key: str, code: str) -> None:
        if self.refuses:
            raise ClientError("AccessDenied")
        if key not in self.kept:
            raise ClientError(code)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FileStore(tmp_path / "media")
    return BucketStore(Bucket(), "media", tmp_path / "cache")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_what_is_written_is_read_replaced_and_deleted(store: Store) -> None:
    store.write("a/b.i8", b"one")
    store.write("a/b.i8", b"two")
    assert store.read("a/b.i8") == b"two"
    assert store.exists("a/b.i8")
    store.delete("a/b.i8")
    store.delete("a/b.i8")
    assert not store.exists("a/b.i8")
    with pytest.raises(MissingFile):
        store.read("a/b.i8")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../secret", "a/../../secret", "a\\..\\b", "a\0b"])
def test_a_key_that_leads_outside_names_nothing(store: Store, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_bytes(b"not yours")
    for look in (store.read, lambda key: store.local_path(key, digest(b"not yours")), store.exists):
        with pytest.raises(MissingFile):
            look(key)
    with pytest.raises(MissingFile):
        store.write(key, b"taken over")
    assert (tmp_path / "secret").read_bytes() == b"not yours"


def test_a_models_file_is_given_only_with_the_bytes_that_were_named(store: Store) -> None:
    store.write("models/m.pth", b"weights")
    assert store.local_path("models/m.pth", digest(b"weights")).read_bytes() == b"weights"
    with pytest.raises(WrongDigest):
        store.local_path("models/m.pth", digest(b"others"))
    with pytest.raises(MissingFile):
        store.local_path("models/none.pth", digest(b"nothing"))
    with pytest.raises((WrongDigest, MissingFile)):
        store.local_path("models/m.pth", "../../models/m.pth")
    assert store.read("models/m.pth") == b"weights"


def test_a_file_that_changes_is_hashed_again(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.write("m.pth", b"weights")
    store.local_path("m.pth", digest(b"weights"))
    store.write("m.pth", b"changed")
    with pytest.raises(WrongDigest):
        store.local_path("m.pth", digest(b"weights"))
    assert store.local_path("m.pth", digest(b"changed")).read_bytes() == b"changed"


def test_a_write_that_fails_leaves_what_was_there_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(tmp_path)
    store.write("a/b", b"whole")

    def fails(self: Path, mode: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "chmod", fails)
    with pytest.raises(OSError, match="full"):
        store.write("a/b", b"half")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert store.read("a/b") == b"whole"


def test_a_bucket_is_asked_once_for_a_models_file(tmp_path: Path) -> None:
    bucket = Bucket()
    store = BucketStore(bucket, "media", tmp_path)
    store.write("m.pth", b"weights")
    for _ in range(2):
        store.local_path("m.pth", digest(b"weights"))
    assert bucket.gets == 1


def test_a_store_goes_to_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    there = pickle.loads(pickle.dumps(bucket_store("media", "http://127.0.0.1:9000", "eu-1", tmp_path)))  # noqa: S301
    assert isinstance(there, BucketStore)
    folder = pickle.loads(pickle.dumps(FileStore(tmp_path)))  # noqa: S301
    assert folder.root == tmp_path


def test_a_bucket_that_refuses_is_no_missing_file(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.refuses = True
    store = BucketStore(bucket, "media", tmp_path)
    for look in (store.exists, store.read):
        with pytest.raises(ClientError):
            look("a")
