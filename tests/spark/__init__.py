"""The same decision on Spark."""
