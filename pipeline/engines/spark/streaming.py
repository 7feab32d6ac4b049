"""Files that arrive in a folder, as Spark's Structured Streaming sees them: in micro-batches, each at least once."""

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
    """Call ``handle`` with the files of each micro-batch; again with the same files where it did not return the last
    time.

    What was handled is remembered in ``checkpoint``. With ``every_s`` None it ends when all that lies in ``folder`` has
    been handled; otherwise it looks again every so many seconds, until it is interrupted. What ``handle`` raises ends
    it, and is raised here.
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
