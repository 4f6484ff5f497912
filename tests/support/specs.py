"""Every HTTP exchange of a test run, held against the vendors' own OpenAPI files.

``watched(transport)`` checks what goes through it and notes each violation in ``VIOLATIONS``; a session-wide fixture
fails the run over them at the end. A host or a path that no file knows is a violation as well. The files lie in a
folder beside the checkout; without it nothing is checked, and ``missing()`` says so.

Not checked, each for a reason:

- calls to Salesforce, which publishes no file of its REST API
- calls for tokens: Xero's file of its identity service describes connections only, Pipedrive's don't mention them
- answers with a status that the file doesn't declare, and 429 and 5xx, which doubles give as faults
- 2xx bodies that are no JSON: a garbled answer is a fault that the doubles make on purpose
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.schemas import factories

FOLDER = Path(__file__).parents[3] / "shared" / "specs"
VIOLATIONS: list[str] = []
CHECKED: Counter[str] = Counter()
"""Exchanges held against a file so far, by host."""

UNDESCRIBED = (".salesforce.com", "abr.business.gov.au", ".hubspot.example", ".pipedrive.example")
# The subsets of HubSpot's and Pipedrive's files have no files.
FILES = "/files/"
TOKENS = (b"authorization", b"x-api-token")
TOKEN_CALLS = (("identity.xero.com", "/connect/token"), ("oauth.pipedrive.com", "/oauth/token"))


def _formats(factory: factories.SchemaValidatorsFactory, *_none_of_our_own: object) -> object:
    return factory.format_checker


# The library makes the same classes and copies the same formats anew for each value that it holds against a schema.
for name in ("build_forbid_unspecified_additional_properties_validator", "build_enforce_properties_required_validator"):
    setattr(factories, name, functools.cache(getattr(factories, name)))
setattr(factories.SchemaValidatorsFactory, "get_format_checker", _formats)  # noqa: B010 - its type is narrower


class Found(APICallPathFinder):
    """What a file says of an address, looked for once."""

    def __init__(self, spec: SchemaPath, base_url: str | None = None) -> None:
        super().__init__(spec, base_url)
        self.find = functools.lru_cache(1000)(super().find)


@dataclass(frozen=True, slots=True)
class Contract:
    """One vendor's file, for requests with unknown fields forbidden, and for answers, which may say more."""

    server: str
    requests: OpenAPI
    responses: OpenAPI


def missing() -> str:
    """Why nothing can be checked; empty when everything can."""
    return "" if FOLDER.is_dir() else f"the vendors' OpenAPI files are not at {FOLDER}"


def required() -> bool:
    """Whether the files have to be there: on the build server."""
    return os.environ.get("CI", "") == "true"


def watched(inner: httpx.BaseTransport) -> httpx.BaseTransport:
    """The transport with its exchanges checked; as it is where the files are absent."""
    return inner if missing() else Watched(inner, VIOLATIONS)


class Watched(httpx.BaseTransport):
    """Passes everything on and notes what breaks a contract."""

    def __init__(self, inner: httpx.BaseTransport, violations: list[str]) -> None:
        self._inner = inner
        self._violations = violations

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        CHECKED[request.url.host] += _contract(_vendor(request.url)) is not None
        called = f"{request.method} {request.url.host}{request.url.path}"
        problem = request_problem(request)
        if problem:
            self._violations.append(f"{called}: {problem}")
        response = self._inner.handle_request(request)
        response.read()
        if not problem and (problem := response_problem(request, response)):
            self._violations.append(f"{called} answered {response.status_code}: {problem}")
        return response

    def close(self) -> None:
        self._inner.close()


def request_problem(request: httpx.Request) -> str:
    """What the vendor's file has against this request; empty for a sound one."""
    if request.method == "POST" and (request.url.host, request.url.path) in TOKEN_CALLS:
        return ""
    if request.url.host.endswith(UNDESCRIBED) or FILES in f"{request.url.path}/":
        return ""
    contract = _contract(_vendor(request.url))
    if contract is None:
        return "no file describes this host"
    if not request.headers.get("authorization", "").startswith("Bearer ") and "x-api-token" not in request.headers:
        return "no token"
    headers = tuple(field for field in request.headers.raw if field[0].lower() not in TOKENS)
    mark = (request.method, str(request.url), headers, request.content)
    return _judged(mark, lambda: contract.requests.validate_request(_asked(request, contract)))


def response_problem(request: httpx.Request, response: httpx.Response) -> str:
    """What the vendor's file has against this answer; empty for a sound one."""
    contract = _contract(_vendor(request.url))
    status = response.status_code
    if contract is None or status == 429 or status >= 500:
        return ""
    media = _media_type(response.headers)

    def check() -> None:
        if status >= 300 or _is_json(response):
            answered = MockResponse(response.content, status, dict(response.headers), media)
            contract.responses.validate_response(_asked(request, contract), answered)

    return _judged((request.method, request.url.host, request.url.path, status, media, response.content), check)


# Each check costs some milliseconds; the same seeds bring the same exchanges again and again.
_KNOWN: dict[Hashable, str] = {}


def _judged(mark: Hashable, check: Callable[[], None]) -> str:
    if mark not in _KNOWN:
        try:
            check()
        except ResponseNotFound:
            _KNOWN[mark] = ""
        except OpenAPIError as error:
            _KNOWN[mark] = _reasons(error)
        else:
            _KNOWN[mark] = ""
    return _KNOWN[mark]


def _asked(request: httpx.Request, contract: Contract) -> MockRequest:
    return MockRequest(
        contract.server,
        request.method,
        # Version 1 of Pipedrive has the longer path at a company's own address only, and in no file.
        request.url.path.replace("/api/v1/", "/v1/"),
        args=dict(request.url.params),
        headers=dict(request.headers),
        data=request.content,
        content_type=_media_type(request.headers),
    )


def _vendor(url: httpx.URL) -> str:
    """The name of the file that describes an address."""
    if FILES in f"{url.path}/":
        return ""
    if url.host.endswith(".pipedrive.com") and (url.host, url.path) not in TOKEN_CALLS:
        return "pipedrive-v2" if url.path.startswith("/api/v2/") else "pipedrive-v1"
    return {"api.xero.com": "xero", "api.hubapi.com": "hubspot"}.get(url.host, "")


@functools.cache
def _contract(vendor: str) -> Contract | None:
    """Read once a process, which takes a third of a second for Xero's 900 kB."""
    match vendor:
        case "":
            return None
        case "xero":
            spec, server = _xero(), "https://api.xero.com"
        case "hubspot":
            spec, server = _subset(vendor), "https://api.hubapi.com"
        case _:
            spec, server = _pipedrive(vendor), "https://api.pipedrive.com"
    # Xero's file doesn't pass as a strict OpenAPI document itself: some defaults are text.
    more: Any = {"spec_validator_cls": None, "path_finder_cls": Found}
    strict = Config(**more, additional_properties_default_policy="forbid")
    lenient = Config(**more)
    strict_spec, lenient_spec = (SchemaPath.from_dict(spec, resolved_cache_maxsize=100_000) for _ in range(2))
    return Contract(server, OpenAPI(strict_spec, strict), OpenAPI(lenient_spec, lenient))


def _subset(vendor: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{vendor}-subset.openapi.json").read_text())


def _pipedrive(vendor: str) -> dict[str, Any]:
    """Pipedrive's files without their known false alarm: a person without an organisation has null for it."""
    spec = _subset(vendor)
    if person := spec["components"]["schemas"].get("Person"):
        person["properties"]["org_id"] = {"type": ["number", "null"]}
    return spec


def _xero() -> dict[str, Any]:
    """Xero's file without its known false alarms."""
    spec = yaml.load((FOLDER / "xero_accounting.yaml").read_text(), Loader=_PlainLoader)
    # The file says date-time, the wire wants a time without zone and ignores anything else silently.
    since = spec["components"]["parameters"]["ifModifiedSince"]["schema"]
    del since["format"]
    since["pattern"] = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"
    # Its own example has text where its schema has a number and a boolean.
    del spec["components"]["schemas"]["Payment"]["properties"]["BatchPayment"]
    # Names the old scopes, which the bearer token doesn't show anyway.
    for path in spec["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
                # The bytes of a file as they are, which its schema calls text.
                raw = operation.get("requestBody", {}).get("content", {}).get("application/octet-stream", {})
                raw.pop("schema", None)
    return spec


class _PlainLoader(yaml.CSafeLoader):
    """Leaves dates as the text they are."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _reasons(error: BaseException) -> str:
    """The error, what caused it, and where in the body the schema objected."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        parts.append(str(cause) or type(cause).__name__)
        flaws = getattr(cause, "schema_errors", ())
        parts += [f"{'/'.join(map(str, flaw.absolute_path))}: {flaw.message}" for flaw in flaws]
        cause = cause.__cause__
    return " | ".join(part[:300] for part in parts)


def _media_type(headers: httpx.Headers) -> str:
    return headers.get("content-type", "application/json").partition(";")[0].strip()


def _is_json(response: httpx.Response) -> bool:
    if response.status_code == 204:
        return True
    try:
        json.loads(response.content)
    except ValueError:
        return False
    return True
