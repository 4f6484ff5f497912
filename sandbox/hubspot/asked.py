"""A request, understood as far as every part of the API understands it: area, version, path, body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.hubspot import schema
from sandbox.hubspot.answers import bad_request, not_found
from sandbox.wire import Request

# https://developers.hubspot.com/docs/developer-tooling/platform/versioning; the numbered versions are served
# until September 2027, and HubSpot's own Python client still speaks them.
DATED = ("2026-03", "2026-09")
NUMBERED = ("v3", "v4")


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: ``area`` is objects, associations, …; ``parts`` is what follows area and version in the path."""

    method: str
    area: str
    version: str
    parts: tuple[str, ...]
    request: Request

    def body(self) -> dict[str, Any]:
        try:
            body = self.request.json()
        except ValueError:
            raise bad_request("Invalid input JSON") from None
        if not isinstance(body, dict):
            raise bad_request("Invalid input JSON: expected an object")
        return body

    def inputs(self, most: int) -> list[dict[str, Any]]:
        """The ``inputs`` of a batch, of which there is a most."""
        inputs = self.body().get("inputs")
        if not isinstance(inputs, list) or not inputs or not all(isinstance(row, dict) for row in inputs):
            raise bad_request("inputs must be a list of objects and not empty")
        if len(inputs) > most:
            raise bad_request(f"The maximum number of inputs supported in a batch request is {most}")
        return inputs

    def listed(self, name: str) -> list[str]:
        """A query parameter that may hold several values, parted by commas."""
        return [part.strip() for part in self.request.query.get(name, "").split(",") if part.strip()]

    def flag(self, name: str) -> bool:
        return self.request.query.get(name, "").lower() == "true"

    def count(self, name: str, default: int, most: int) -> int:
        text = self.request.query.get(name, str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise bad_request(f"{name} must be between 1 and {most}")
        return int(text)


def ask(request: Request) -> Ask:
    """Raises ``Refusal`` 404 where nothing is served under the path."""
    parts = tuple(part for part in request.path.split("/") if part)
    match parts:
        case ("crm", version, area, *rest) if version in NUMBERED:
            return Ask(request.method, area, version, tuple(rest), request)
        case ("crm", area, version, *rest) if version in DATED:
            return Ask(request.method, area, version, tuple(rest), request)
        case ("tax-rates", version, *rest) if version in DATED:
            return Ask(request.method, "tax-rates", version, tuple(rest), request)
        case ("files", version, "files", *rest) if version in {*DATED, "v3"}:
            return Ask(request.method, "files", version, tuple(rest), request)
        case ("oauth", version, *rest) if version in {*DATED, "v1", "v3"}:
            return Ask(request.method, "oauth", version, tuple(rest), request)
        case _:
            raise not_found()


def kind(given: str) -> str:
    """The object type of a path; raises ``Refusal`` for one that isn't served."""
    name = schema.type_name(given)
    if name is None:
        raise bad_request(f"Unable to infer object type from: {given}")
    return name
