"""A daily run as Dagster assets: `dagster dev -f examples/dagster/definitions.py`. OFFDUTY_JOB names the job file."""

import os

import dagster as dg

from offduty.integrations.dagster import offduty_assets

job = os.environ.get("OFFDUTY_JOB", "demo/job.toml")
assets = offduty_assets(job, first_day=os.environ.get("OFFDUTY_FIRST_DAY", "2026-03-23"))
nightly = dg.define_asset_job("nightly", selection=dg.AssetSelection.groups("offduty").materializable())

defs = dg.Definitions(
    assets=assets,
    jobs=[nightly],
    # In the afternoon: by then the night shifts that began yesterday have ended.
    schedules=[dg.build_schedule_from_partitioned_job(nightly, hour_of_day=16, minute_of_hour=10)],
)
