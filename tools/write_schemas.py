"""Writes the files that are derived from the models and the contracts: three JSON Schemas and a page of the docs.

`python -m tools.write_schemas` in a checkout rewrites them. A test checks that they are up to date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from offduty.admin.habits_file import HabitsDocument
from offduty.config.contracts import TABLES, Contract, contract, schemas_folder
from offduty.config.job_document import JobDocument
from offduty.config.policy import Policy, decimal_text
from offduty.config.toml_reader import expected_of, keys_of
from offduty.core.reasons import QuarantineReason
from offduty.verify.manifest_schema import published_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def derived_files() -> dict[Path, str]:
    """The text of every derived file, by its path from the top of the checkout."""
    return {
        Path("schemas/job.schema.json"): _json_schema(JobDocument.model_json_schema(), "JOB.toml"),
        Path("schemas/habits.schema.json"): _json_schema(HabitsDocument.model_json_schema(), "habits.toml"),
        Path("schemas/policy.schema.json"): _json_schema(Policy.model_json_schema(), "policy.toml"),
        Path("schemas/manifest.schema.json"): _json_schema(published_schema(), "manifest"),
        Path("docs/reference/schemas.md"): schemas_page(),
    }


def schemas_page() -> str:
    """docs/reference/schemas.md: the input tables with columns and checks, then the keys of the job and the policy."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Inputs, job and policy"
    yield ""
    yield "This page is generated from `schemas/` and the models by `make docs`: change those, not this page."
    for table in TABLES:
        yield from _table(contract(table))
    yield from _keys(
        "The job", "`JOB.toml` states where things are. Its paths are relative to the job file.", JobDocument
    )
    yield from _keys("The policy", "`policy.toml` contains the rules that the workforce was consulted on.", Policy)


def _table(table_contract: Contract) -> Iterator[str]:
    yield from ("", f"## {table_contract.table}", "", table_contract.description, "")
    yield "| column | type | column in the file | missing values | description |"
    yield "|---|---|---|---|---|"
    for column in table_contract.columns:
        present = "required" if column.must_be_present else "may be left out"
        missing = "allowed" if column.nullable else "not allowed"
        yield f"| `{column.name}` | {column.type} | {present} | {missing} | {column.description} |"
    if table_contract.checks:
        yield ""
        yield "A row is read only where all of these conditions are true. The first that is not true gives the reason."
        yield ""
        yield "| reason | the row is quarantined because | condition of a valid row |"
        yield "|---|---|---|"
        for reason, condition in table_contract.checks:
            yield f"| `{reason}` | {QuarantineReason[reason.upper()].because} | `{condition}` |"


def _keys(title: str, about: str, model: type[BaseModel]) -> Iterator[str]:
    yield from ("", f"## {title}", "", about, "")
    yield "| key | expected | if left out | description |"
    yield "|---|---|---|---|"
    for section, key, field in keys_of(model):
        name = f"{section}.{key}" if section else key
        default = "an error" if field.is_required() else _default(field.get_default())
        yield f"| `{name}` | {expected_of(field).words} | {default} | {field.description} |"


def _default(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"`{decimal_text(value)}`"
    return f"`{json.dumps(value)}`"  # a tuple is written as a list


def _json_schema(of_model: dict[str, Any], title: str) -> str:
    schema: dict[str, Any] = {"$schema": DIALECT, "title": title, **_without_titles(of_model)}
    for part in (schema, *schema.get("$defs", {}).values()):
        part["description"] = part["description"].partition("\n")[0]  # the rest of the docstring is for programmers
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the titles that pydantic makes from names: "Max M" says less than `max_m`."""
    return {
        key: _without_titles(part) if isinstance(part, dict) else part
        for key, part in schema.items()
        if not (key == "title" and isinstance(part, str))
    }


def main() -> None:
    """Rewrite the derived files of this checkout."""
    top = schemas_folder().parent
    for path, text in derived_files().items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
