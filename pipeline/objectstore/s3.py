"""S3, and what speaks like it (``AWS_ENDPOINT_URL``): conditions are If-Match and If-None-Match, the tag is the ETag."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offduty.objectstore.bucket import Chunks, Found
from offduty.objectstore.errors import Kind, ObjectTrouble, was_created

CHUNK_BYTES = 1 << 20
BYTES = "application/octet-stream"


class S3:
    """One bucket."""

    def __init__(self, bucket: str) -> None:
        import s3fs

        self.bucket = bucket
        self.fs: Any = s3fs.S3FileSystem(
            skip_instance_cache=True, use_listings_cache=False, config_kwargs={"connect_timeout": 15}
        )
        self.loop = self.fs.loop

    async def find(self, prefix: str) -> list[Found]:
        """All objects whose names begin so."""
        found: list[Found] = []
        more: dict[str, str] = {}
        while True:
            page = await self.fs._call_s3("list_objects_v2", Bucket=self.bucket, Prefix=prefix, **more)
            found += [Found(each["Key"], each["Size"], each["ETag"]) for each in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def fetch(self, key: str, tag: str | None, write: Chunks) -> None:
        """The bytes of an object, while its tag is this one."""
        match = {} if tag is None else {"IfMatch": tag}
        answer = await self.fs._call_s3("get_object", Bucket=self.bucket, Key=key, **match)
        async with answer["Body"] as body:
            if tag not in (None, answer["ETag"]):
                raise ObjectTrouble(Kind.CHANGED)
            while chunk := await body.read(CHUNK_BYTES):
                write(chunk)

    async def create(self, key: str, content: bytes) -> bool:
        """Put an object where none is; whether that was done."""
        return await was_created(self.fs._pipe_file(f"{self.bucket}/{key}", content, mode="create"))

    async def put(self, path: Path, key: str) -> bool:
        """The same with a file's bytes."""
        return await was_created(self.fs._put_file(str(path), f"{self.bucket}/{key}", mode="create", ContentType=BYTES))

    async def remove(self, key: str) -> None:
        """Take an object away."""
        await self.fs._call_s3("delete_object", Bucket=self.bucket, Key=key)
