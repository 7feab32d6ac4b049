"""Google Cloud Storage: a condition is a generation, 0 for an object that is not there; the tag is the generation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from offduty.objectstore.bucket import Chunks, Found
from offduty.objectstore.errors import Kind, ObjectTrouble, was_created

CHUNK_BYTES = 1 << 20
BYTES = "application/octet-stream"


class Gcs:
    """One bucket."""

    def __init__(self, bucket: str) -> None:
        import gcsfs

        self.bucket = bucket
        emulated = {"token": "anon"} if os.environ.get("STORAGE_EMULATOR_HOST") else {}
        self.fs: Any = gcsfs.core.GCSFileSystem(skip_instance_cache=True, use_listings_cache=False, **emulated)
        self.loop = self.fs.loop

    async def find(self, prefix: str) -> list[Found]:
        """All objects whose names begin so."""
        found: list[Found] = []
        more: dict[str, str] = {}
        while True:
            page = await self.fs._call("GET", "b/{}/o", self.bucket, prefix=prefix, json_out=True, **more)
            found += [Found(each["name"], int(each["size"]), str(each["generation"])) for each in page.get("items", ())]
            if not page.get("nextPageToken"):
                return found
            more = {"pageToken": page["nextPageToken"]}

    async def fetch(self, key: str, tag: str | None, write: Chunks) -> None:
        """The bytes of an object, while its tag is this one."""
        match = {} if tag is None else {"ifGenerationMatch": tag}
        await self.fs._set_session()
        async with self.fs.session.get(
            url=self.fs.url(f"{self.bucket}/{key}"),
            params=self.fs._get_params(match),
            headers=self.fs._get_headers(None),
            timeout=self.fs.requests_timeout,
        ) as answer:
            answer.raise_for_status()
            if tag not in (None, answer.headers.get("x-goog-generation")):
                raise ObjectTrouble(Kind.CHANGED)
            async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                write(chunk)

    async def create(self, key: str, content: bytes) -> bool:
        """Put an object where none is; whether that was done."""
        return await was_created(self.fs._pipe_file(f"{self.bucket}/{key}", content, mode="create"))

    async def put(self, path: Path, key: str) -> bool:
        """The same with a file's bytes."""
        return await was_created(
            self.fs._put_file(str(path), f"{self.bucket}/{key}", mode="create", content_type=BYTES)
        )

    async def remove(self, key: str) -> None:
        """Take an object away."""
        await self.fs._call("DELETE", "b/{}/o/{}", self.bucket, key)
