"""Writes the files that are derived from the models and the contracts: two JSON Schemas and a page of the docs.

`python -m tools.write_schemas` in a checkout rewrites them; a test holds them equal to what this would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from offduty.config.contracts import TABLES, Contract, contract, schemas_folder
from offduty.config.job import JobDocument
from offduty.config.policy import Policy, decimal_text
from offduty.config.toml_reader import expected_of, keys_of
from offduty.core.reasons import QuarantineReason

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def derived_files() -> dict[Path, str]:
    """Every derived file, by its path under the top of the checkout, with the text it should hold."""
    return {
        Path("schemas/job.schema.json"): _json_schema(JobDocument, "JOB.toml"),
        Path("schemas/policy.schema.json"): _json_schema(Policy, "policy.toml"),
        Path("docs/schemas.md"): schemas_page(),
    }


def schemas_page() -> str:
    """docs/schemas.md: the input tables with their columns and checks, then the keys of the job and the policy."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Inputs, job and policy"
    yield ""
    yield "Made from `schemas/` and the models by `make docs`; change those, not this page."
    for table in TABLES:
        yield from _table(contract(table))
    yield from _keys("The job", "`JOB.toml` says where things lie; paths are relative to it.", JobDocument)
    yield from _keys("The policy", "`policy.toml` holds the rules that the workforce was consulted on.", Policy)


def _table(laid_down: Contract) -> Iterator[str]:
    yield from ("", f"## {laid_down.table}", "", laid_down.description, "")
    yield "| column | type | in the file | missing values | |"
    yield "|---|---|---|---|---|"
    for column in laid_down.columns:
        present = "must be there" if column.must_be_present else "may be left out"
        missing = "allowed" if column.nullable else "not allowed"
        yield f"| `{column.name}` | {column.type} | {present} | {missing} | {column.description} |"
    if laid_down.proofs:
        yield from ("", "A row is read only when all of these are true; the first that is not names its reason.", "")
        yield "| reason | the row goes to quarantine because | proof of a good row |"
        yield "|---|---|---|"
        for reason, proof in laid_down.proofs:
            yield f"| `{reason}` | {QuarantineReason[reason.upper()].because} | `{proof}` |"


def _keys(title: str, about: str, model: type[BaseModel]) -> Iterator[str]:
    yield from ("", f"## {title}", "", about, "")
    yield "| key | expected | left out | |"
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
    return f"`{json.dumps(value)}`"  # a tuple is spelled as a list


def _json_schema(model: type[BaseModel], title: str) -> str:
    schema: dict[str, Any] = {"$schema": DIALECT, "title": title, **_without_titles(model.model_json_schema())}
    schema["description"] = schema["description"].partition("\n")[0]  # the rest of the docstring is for programmers
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the titles made up from names: "Max M" says less than `max_m`."""
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
