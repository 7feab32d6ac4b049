"""Azure Blob Storage: a bucket is a container, conditions are ETags, and what must not be there is not overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offduty.objectstore.bucket import Chunks, Found
from offduty.objectstore.errors import was_created

QUOTE = '"'  # listings leave it out, conditions need it


class Azure:
    """One container. The account is named by ``AZURE_STORAGE_ACCOUNT_NAME`` or ``AZURE_STORAGE_CONNECTION_STRING``."""

    def __init__(self, bucket: str) -> None:
        import adlfs

        self.bucket = bucket
        self.fs: Any = adlfs.AzureBlobFileSystem(skip_instance_cache=True, use_listings_cache=False)
        self.loop = self.fs.loop

    async def find(self, prefix: str) -> list[Found]:
        """All objects whose names begin so; folders, which some accounts list as objects, are none."""
        async with self.fs.service_client.get_container_client(container=self.bucket) as container:
            blobs = container.list_blobs(name_starts_with=prefix, include=["metadata"])
            return [
                Found(blob.name, blob.size, f'"{blob.etag.strip(QUOTE)}"')
                async for blob in blobs
                if (blob.metadata or {}).get("hdi_isfolder") != "true"
            ]

    async def fetch(self, key: str, tag: str | None, write: Chunks) -> None:
        """The bytes of an object, while its tag is this one."""
        from azure.core import MatchConditions

        match = {} if tag is None else {"etag": tag, "match_condition": MatchConditions.IfNotModified}
        async with self.fs.service_client.get_blob_client(self.bucket, key) as blob:
            stream = await blob.download_blob(**match)
            async for chunk in stream.chunks():
                write(chunk)

    async def create(self, key: str, content: bytes) -> bool:
        """Put an object where none is; whether that was done."""
        return await was_created(self.fs._pipe_file(f"{self.bucket}/{key}", content, mode="create"))

    async def put(self, path: Path, key: str) -> bool:
        """The same with a file's bytes."""
        return await was_created(self.fs._put_file(str(path), f"{self.bucket}/{key}", mode="create"))

    async def remove(self, key: str) -> None:
        """Take an object away."""
        async with self.fs.service_client.get_blob_client(self.bucket, key) as blob:
            await blob.delete_blob()
