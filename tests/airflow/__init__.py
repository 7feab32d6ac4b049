"""The Airflow example, in an environment of its own."""
