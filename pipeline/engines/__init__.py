"""Who carries the deciding: the local engine, or Spark. The reasons and the bytes are the same."""
