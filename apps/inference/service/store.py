"""The media storage as this process sees it: the same files or the same bucket as the web server's."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

DIGEST = re.compile("[0-9a-f]{64}")


class MissingFile(FileNotFoundError):
    """There is nothing under that key."""


class WrongDigest(ValueError):
    """What lies under the key is not what it was said to be."""


class Store(Protocol):
    """Keys are relative paths with slashes. Blocking calls, safe from several threads."""

    def read(self, key: str) -> bytes:
        """Raises MissingFile."""

    def write(self, key: str, content: bytes) -> None:
        """Whole or not at all; replaces what was there."""

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Nothing to delete is no error."""

    def local_path(self, key: str, sha256: str) -> Path:
        """A local file with these very bytes. Raises MissingFile, WrongDigest; nothing has opened it before."""


def checked(key: str) -> str:
    """The key, if it stays below the root. Raises MissingFile: to name something outside is to name nothing."""
    parts = PurePosixPath(key).parts
    if not parts or key.startswith("/") or ".." in parts or "\\" in key or "\0" in key:
        raise MissingFile(key)
    return key


class Digests:
    """Digests of local files, computed once as long as a file stays as it is."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], str] = {}

    def of(self, path: Path) -> str:
        stat = path.stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        if key not in self._known:
            with path.open("rb") as file:
                self._known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._known[key]


def put_whole(path: Path, content: bytes) -> None:
    """Writes beside the place and moves there, so that nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o640)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class FileStore:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._digests = Digests()

    def read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise MissingFile(key) from None

    def write(self, key: str, content: bytes) -> None:
        put_whole(self._path(key), content)

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def local_path(self, key: str, sha256: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise MissingFile(key)
        if self._digests.of(path) != sha256:
            raise WrongDigest(f"{key} is not the file with the digest {sha256}")
        return path

    def _path(self, key: str) -> Path:
        return self.root / checked(key)


class BucketStore:
    """An S3-compatible bucket. Files that must be local are kept in ``cache``, by digest."""

    def __init__(self, client: Any, bucket: str, cache: Path) -> None:
        self._client, self._bucket, self._cache = client, bucket, cache
        self._digests = Digests()

    def __reduce__(self) -> tuple[Any, ...]:
        """Into another process goes where the bucket is; the credentials are in the environment there too."""
        place = self._client.meta
        return bucket_store, (self._bucket, place.endpoint_url, place.region_name, self._cache)

    def read(self, key: str) -> bytes:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=checked(key))
        except self._client.exceptions.ClientError as error:
            raise self._missing(error, key) from None
        with found["Body"] as body:
            return bytes(body.read())

    def write(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=checked(key), Body=content)

    def exists(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=checked(key))
        except self._client.exceptions.ClientError as error:
            if isinstance(self._missing(error, key), MissingFile):
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=checked(key))

    def local_path(self, key: str, sha256: str) -> Path:
        if not DIGEST.fullmatch(sha256):
            raise WrongDigest(f"{sha256!r} is no digest")
        path = self._cache / "files" / sha256
        if not path.is_file():
            put_whole(path, self.read(key))
        if self._digests.of(path) != sha256:
            path.unlink(missing_ok=True)
            raise WrongDigest(f"{key} is not the file with the digest {sha256}")
        return path

    def _missing(self, error: Exception, key: str) -> Exception:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        return MissingFile(key) if code in ("404", "NoSuchKey", "NotFound") else error


def bucket_store(bucket: str, endpoint: str, region: str, cache: Path) -> BucketStore:
    """With the credentials of the environment, as the web server's."""
    import boto3

    client = boto3.client("s3", endpoint_url=endpoint or None, region_name=region or None)
    return BucketStore(client, bucket, cache)
