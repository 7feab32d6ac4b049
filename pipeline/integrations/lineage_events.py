"""Sends OpenLineage events to a data catalogue: that a run began, what it read and wrote, and how it ended
(docs/how-to/scheduling.md).

An event has names of tables and columns, numbers of rows, and whether the checks passed. It never has a value of a
column, a minimum or maximum, a reason, a person, a device or a path. A run does not depend on whether its events
arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    documentation_job,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    nominal_time_run,
    output_statistics_output_dataset,
    processing_engine_run,
    schema_dataset,
    test_run,
)
from openlineage.client.uuid import generate_new_uuid

from offduty.config.contracts import contract
from offduty.core.errors import OffdutyError
from offduty.core.instants import FOREVER_US, NEVER_US, iso_text
from offduty.core.locations import Location
from offduty.core.versions import version
from offduty.integrations.column_lineage import FILTERS, OUTPUTS, origins
from offduty.runs.request import Request
from offduty.runs.run import RunResult
from offduty.store.open_store import LOG, local_copy
from offduty.transparency.log import read_log

CHECKS = {
    "every_row_once": "every row of the interval is in the ledger or the quarantine",
    "released_is_on_duty": "as many positions are released as the ledger says on_duty",
    "release_columns": "released files have the columns that are allowed, and no others",
}


class Transport(Protocol):
    """Sends events to one place; OpenLineage's client has several."""

    def emit(self, event: Any) -> Any:
        """Send an event, or raise."""


@dataclass(frozen=True)
class Lineage:
    """Observes runs (`Observer`) and sends their events. ``warn`` is called with a message where one was not sent."""

    transport: Transport
    namespace: str
    warn: Callable[[str], None]

    @contextmanager
    def around(self, asked: Request) -> Iterator[Callable[[RunResult], None]]:
        """Send the events of one run: START before it, and another at its end. That is COMPLETE, with counts and
        assertions, where the function that this gives was called with the result; FAIL, with the error's message, after
        an error; ABORT after an interrupt. What the run raises is raised again.
        """
        name = str(generate_new_uuid())
        self._send(_EventDraft(self.namespace, name, asked), "START")
        done: list[RunResult] = []
        try:
            yield done.append
        except BaseException as error:
            ended = "FAIL" if isinstance(error, Exception) else "ABORT"
            self._send(_EventDraft(self.namespace, name, asked, error=error), ended)
            raise
        manifest = _manifest(asked.job.store.location, done[0].run_id)
        self._send(_EventDraft(self.namespace, name, asked, manifest), "COMPLETE")

    def _send(self, draft: _EventDraft, state: str) -> None:
        try:
            self.transport.emit(draft.event(state))
        except Exception as error:  # a run does not depend on its catalogue; the error's message may have a password
            self.warn(f"lineage: the event {state} was not sent ({type(error).__name__}); the run goes on")


def _manifest(store: Location, run_id: str) -> Mapping[str, Any]:
    """The manifest of a run; empty where the log cannot be read."""
    try:
        with local_copy(store, LOG, may_be_missing=True) as folder:
            found = [entry.document for entry in read_log(folder / "log") if entry.is_run]
    except OffdutyError:
        return {}
    return next((document for document in reversed(found) if document["run_id"] == run_id), {})


@dataclass(frozen=True)
class _EventDraft:
    """What one event says: the run's name in the catalogue, the request, and, at its end, the manifest or the error."""

    namespace: str
    name: str
    asked: Request
    manifest: Mapping[str, Any] | None = None
    error: BaseException | None = None

    def event(self, state: str) -> Any:
        """The event for a state of OpenLineage (START, COMPLETE, FAIL, ABORT), as the library's object."""
        policy = self.asked.policy.policy
        facets = {
            "jobType": job_type_job.JobTypeJobFacet("BATCH", "OFFDUTY", "JOB"),
            "documentation": documentation_job.DocumentationJobFacet(policy.purpose),
        }
        tables = ["pings", "assignments", "roster", "places", *(["sites"] if self.asked.job.inputs.sites else [])]
        return RunEvent(
            eventType=RunState[state],
            eventTime=datetime.now(UTC).isoformat(),
            run=Run(self.name, self._run_facets()),
            job=Job(self.namespace, f"{policy.name}.run", facets),
            producer=f"https://offduty.invalid/{version('offduty')}",
            inputs=[self._input(table) for table in tables],
            outputs=[self._output(part) for part in OUTPUTS],
        )

    def _run_facets(self) -> dict[str, Any]:
        interval = self.asked.interval
        facets: dict[str, Any] = {
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(version("offduty"), "offduty")
        }
        if interval.from_us > NEVER_US:
            ends = iso_text(interval.to_us) if interval.to_us < FOREVER_US else None
            facets["nominalTime"] = nominal_time_run.NominalTimeRunFacet(iso_text(interval.from_us), ends)
        if self.error is not None:
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(_words(self.error), "python")
        if self.manifest:
            passed = [
                test_run.TestExecution(name, "pass", "error", description=words) for name, words in CHECKS.items()
            ]
            facets["test"] = test_run.TestRunFacet(passed)
        return facets

    def _input(self, table: str) -> Any:
        facets: dict[str, Any] = {}
        if self.manifest:
            files = [given for given in self.manifest["inputs"] if given["table"] == table]
            rows, size = (sum(given[what] for given in files) for what in ("rows", "bytes"))
            facets["inputStatistics"] = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
                rows, size, len(files)
            )
            refused = sum(row["table"] == table for row in self.manifest["refused"])
            bad = sum(self.manifest["quarantined"].values()) if table == "pings" else refused
            facets["dataQualityAssertions"] = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
                [data_quality_assertions_dataset.Assertion("every_row_can_be_read", not bad, severity="warn")]
            )
        columns = [(column.name, column.type) for column in contract(table).columns]
        return InputDataset(self.namespace, table, facets={"schema": _schema(columns)}, inputFacets=facets)

    def _output(self, part: str) -> Any:
        extra = self.asked.policy.release.extra_columns if part == "release" else ()
        columns = [*OUTPUTS[part], *((name, "text") for name in extra)]
        facets = {"schema": _schema(columns), "columnLineage": self._lineage(part, extra)}
        counts: dict[str, Any] = {}
        if self.manifest:
            facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(self.manifest["run_id"])
            files = [made for made in self.manifest["outputs"] if made["name"].startswith(f"{part}/")]
            rows, size = (sum(made[what] for made in files) for what in ("rows", "bytes"))
            counts["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rows, size, len(files)
            )
        return OutputDataset(self.namespace, part, facets=facets, outputFacets=counts)

    def _lineage(self, part: str, extra: tuple[str, ...]) -> Any:
        def comes_from(table: str, column: str, kind: str, subtype: str, masked: bool) -> Any:
            how = column_lineage_dataset.Transformation(kind, subtype, masking=masked)
            return column_lineage_dataset.InputField(self.namespace, table, column, [how])

        fields = {
            column: column_lineage_dataset.Fields([comes_from(*origin) for origin in found])
            for column, found in origins(part, extra).items()
        }
        filters = [comes_from(table, column, "INDIRECT", "FILTER", False) for table, column in FILTERS]
        return column_lineage_dataset.ColumnLineageDatasetFacet(fields, filters if part == "release" else [])


def _schema(columns: Sequence[tuple[str, str]]) -> Any:
    return schema_dataset.SchemaDatasetFacet(
        [schema_dataset.SchemaDatasetFacetFields(name, kind) for name, kind in columns]
    )


def _words(error: BaseException) -> str:
    """What an event may say of an error: the message of an `OffdutyError`, which has no values; of others the kind."""
    return str(error) if isinstance(error, OffdutyError) else type(error).__name__
