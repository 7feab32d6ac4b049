"""Pings of OwnTracks: the recorder's ``.rec`` files, its answers, and the messages of the apps, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from offduty.convert.json_values import values_of
from offduty.convert.reading import Reading, Row, text_of
from offduty.convert.times import from_seconds

REC = ".rec"


def owntracks(reading: Reading) -> Iterator[Row]:
    """Messages of the type ``location``; others, such as transitions and encrypted ones, are counted by their type.

    The device is the one that was asked for, else the whole topic (``owntracks/user/device``). A message without either
    has none, and the run sets it aside: the tracker id (``tid``) has two letters, and is the same for many phones.
    ``tst`` is the instant of the fix, and ``acc`` its accuracy.
    """
    inner = reading.path.name.lower().removesuffix(".gz")
    messages = _recorded(reading) if inner.endswith(REC) else _messages(reading)
    for message in messages:
        kind = text_of(message.get("_type")) if isinstance(message, dict) else ""
        if kind != "location":
            reading.passed_over[
                f"messages of the type {kind}" if kind.isalpha() else "values that are no messages"
            ] += 1
            continue
        yield {
            "device_id": reading.asked.device or text_of(message.get("topic")),
            "observed_at": from_seconds(text_of(message.get("tst"))),
            "lon": text_of(message.get("lon")),
            "lat": text_of(message.get("lat")),
            "accuracy_m": text_of(message.get("acc")),
        }


def _messages(reading: Reading) -> Iterator[Any]:
    """The messages of a file of JSON: one after the other, in an array, or in ``data`` of an answer of the recorder."""
    for _, value in values_of(reading):
        inner = value.get("data") if isinstance(value, dict) and "_type" not in value else None
        yield from inner if isinstance(inner, list) else [value]


def _recorded(reading: Reading) -> Iterator[Any]:
    """The messages of a ``.rec`` file: a time, a mark and JSON on each line, with tabs between them."""
    with reading.text() as lines:
        for number, line in enumerate(lines):
            if not line.strip():
                continue
            mark, _, payload = line.partition("\t")[2].partition("\t")
            if mark.strip() != "*":
                reading.passed_over["lines that are no publishes"] += 1
                continue
            try:
                yield json.loads(payload, parse_float=str, parse_int=str, parse_constant=str)
            except (ValueError, RecursionError):
                raise reading.refusal("its JSON cannot be read: it is cut short", number) from None
