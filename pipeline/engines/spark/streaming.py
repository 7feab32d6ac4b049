"""Watches a folder with Spark's Structured Streaming: new files come in micro-batches, each at least once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from offduty.engines.spark.broadcast import failure

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FILES = "path string, modificationTime timestamp, length long, content binary"


def each_batch(
    session: SparkSession,
    folder: Path,
    checkpoint: Path,
    handle: Callable[[list[Path]], None],
    *,
    every_s: int | None,
    files_at_once: int,
) -> None:
    """Call ``handle`` with the files of each micro-batch, at most ``files_at_once``; again with the same files where it
    did not return the last time.

    Spark records in ``checkpoint`` what was handled. With ``every_s`` None it ends when all files in ``folder`` have
    been handled. Otherwise it looks again every ``every_s`` seconds, until it is interrupted. What ``handle`` raises
    ends it, and is raised here; a failure of Spark is raised as `failure` says.
    """
    raised: list[BaseException] = []

    def handled(batch: DataFrame, number: int) -> None:
        try:
            handle(sorted(Path(unquote(urlparse(row["path"]).path)) for row in batch.select("path").collect()))
        except BaseException as error:
            raised.append(error)
            raise RuntimeError("the batch was not handled; it will come again") from None

    files = session.readStream.format("binaryFile").schema(_FILES).option("maxFilesPerTrigger", files_at_once)
    arriving = files.option("recursiveFileLookup", "true").load(str(folder)).select("path")
    writer = arriving.writeStream.foreachBatch(handled).option("checkpointLocation", str(checkpoint))
    timed = (
        writer.trigger(availableNow=True) if every_s is None else writer.trigger(processingTime=f"{every_s} seconds")
    )
    query = timed.start()
    try:
        query.awaitTermination()
    except Exception as error:
        raise raised[0] if raised else failure(error) from None
    finally:
        query.stop()
