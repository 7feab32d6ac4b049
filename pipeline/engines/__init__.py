"""The engines that do the deciding: local, or Spark. The reasons and the bytes are the same."""
