"""Storage that speaks S3 (MinIO, Ceph, R2, S3 itself), shown to everybody under an address of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from platforms.errors import PlatformError, Refused, Unreachable
from platforms.shelf.names import PATTERN, TYPES, name_in, new_name

KEPT = "public, max-age=86400"
"""A network fetches a file once or twice within minutes."""


_NOTHING_ELSEWHERE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""The SDK's own settings, without the variables of the environment and the files that they come from."""


class Bucket(BaseModel):
    """Where the bucket is and who writes there; files lie in it under `folder`.

    `addressing` says where the bucket's name stands in the storage's own addresses: in their path or before the host.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, str_strip_whitespace=True)

    endpoint: str = Field(min_length=1)
    bucket: str = Field(min_length=1)
    access_key_id: str = Field(min_length=1, repr=False)
    secret_access_key: str = Field(min_length=1, repr=False)
    region: str = "us-east-1"
    addressing: Literal["path", "virtual"] = "path"
    folder: str = "sawt"


class BucketShelf:
    """A folder of a bucket; `base_url` shows the bucket's root."""

    def __init__(self, settings: Mapping[str, str], base_url: str) -> None:
        self.bucket = Bucket.model_validate(dict(settings))
        self.base_url = f"{base_url.rstrip('/')}/{self.bucket.folder}"
        self._s3 = _connected(self.bucket)

    def put(self, file: Path, *, suffix: str) -> str:
        name = new_name(suffix)
        with _translated(), file.open("rb") as content:
            self._s3.put_object(
                Bucket=self.bucket.bucket, Key=self._key(name), Body=content,
                ContentType=TYPES[suffix], CacheControl=KEPT,
            )  # fmt: skip
        return f"{self.base_url}/{name}"

    def remove(self, url: str) -> None:
        if name := name_in(url, self.base_url):
            with _translated():
                self._s3.delete_object(Bucket=self.bucket.bucket, Key=self._key(name))

    def sweep(self, before: datetime) -> int:
        with _translated():
            old = [key for key, laid_at in self._lying() if laid_at < before]
            for key in old:
                self._s3.delete_object(Bucket=self.bucket.bucket, Key=key)
        return len(old)

    def _lying(self) -> Iterator[tuple[str, datetime]]:
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket.bucket, Prefix=self._key("")):
            for each in page.get("Contents", ()):
                if PATTERN.fullmatch(each["Key"].removeprefix(self._key(""))):
                    yield each["Key"], each["LastModified"]

    def _key(self, name: str) -> str:
        return f"{self.bucket.folder}/{name}"


def _connected(bucket: Bucket) -> Any:
    """Keys and endpoint are given here, and nothing is looked up elsewhere: no profile, no role, no proxy.

    Checksums only where they are required: since 2025 the SDK adds some that storage other than S3 refuses.
    """
    from boto3.session import Session
    from botocore.config import Config
    from botocore.session import Session as Core

    session = Session(
        botocore_session=Core(session_vars=_NOTHING_ELSEWHERE),
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        region_name=bucket.region,
    )
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": bucket.addressing},
        connect_timeout=5,
        read_timeout=60,
        retries={"total_max_attempts": 2},
        proxies={},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session.client("s3", endpoint_url=bucket.endpoint, config=config)


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refused(error) from error
    except BotoCoreError as error:
        raise Unreachable("the storage of public media could not be reached; nothing was shown to anybody") from error


def _refused(error: Any) -> PlatformError:
    code, status = error.response["Error"].get("Code", ""), error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    if status >= 500 or status == 429:
        return Unreachable(f"the storage of public media is busy ({code})")
    return Refused(f"the storage of public media does not let us write ({code}): check bucket and keys under [media]")
