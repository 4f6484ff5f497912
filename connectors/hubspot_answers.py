"""What HubSpot's answers to batches say: their rows, and what was refused of them.

https://developers.hubspot.com/docs/api-reference/latest/error-handling
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors import hubspot_reading as reading
from connectors.contract import Refused
from connectors.errors import Unavailable
from connectors.hubspot_reading import Row
from connectors.wire import Json


def results(body: Json, path: str) -> list[Row]:
    rows = body.get("results")
    if not isinstance(rows, list):  # must not pass for "there are none"
        raise Unavailable("hubspot", f"reading {path}", "an answer without sense")
    return [row for row in rows if isinstance(row, dict)]


def errors(body: Json) -> list[Row]:
    return [error for error in body.get("errors") or () if isinstance(error, dict)]


def only_missing(body: Json, path: str) -> None:
    """A batch read names what isn't there, or isn't linked to anything, as errors; any other is a failure."""
    if any(error.get("category") != "OBJECT_NOT_FOUND" for error in errors(body)):
        raise Unavailable("hubspot", f"reading {path}", "some of the records could not be read just now")


def refusals(body: Json, values: Mapping[str, Mapping[str, str]]) -> dict[str, Refused]:
    """Which rows of an answered batch were refused, each traced by what its error names."""
    refused: dict[str, Refused] = {}
    unnamed: list[str] = []
    for error in errors(body):
        problem = Refused(" ".join(reading.sentences(error)), gone=error.get("category") == "OBJECT_NOT_FOUND")
        context = error.get("context")
        lists = context.values() if isinstance(context, dict) else ()
        named = {str(value) for listed in lists if isinstance(listed, list) for value in listed} & values.keys()
        refused |= dict.fromkeys(sorted(named), problem)
        if not named:
            unnamed.append(problem.words)
    results = [row for row in body.get("results") or () if isinstance(row, dict)]
    if len(results) + len(refused) < len(values):
        done = {str(row.get(name)) for row in results for name in ("id", "objectWriteTraceId")}
        why = Refused(" ".join(unnamed) or "HubSpot did not say what became of it.")
        refused |= {id_: why for id_ in values if id_ not in done and id_ not in refused}
    return refused
