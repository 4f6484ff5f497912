"""What Prefect knows of the runs, asked over HTTP on this machine; it may be down at any time.

https://docs.prefect.io/v3/api-ref/rest-api/server
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow; ``state`` in Prefect's words (Completed, Failed, …), ``kind`` its type in capitals."""

    id: str
    flow: str
    name: str
    pair: str
    state: str
    kind: str
    started: datetime | None
    ended: datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class PrefectSide:
    """Prefect's API at ``api_url``; empty where there is none."""

    api_url: str = ""

    @property
    def ui_url(self) -> str:
        return self.api_url.removesuffix("/api")

    def last_runs(self, pairs: Sequence[str]) -> list[Run] | None:
        """The latest run of each flow of each pair, None while Prefect does not answer."""
        tags = {f"pair:{pair}" for pair in pairs}
        deployments = self._ask("/deployments/filter", {"deployments": {"tags": {"any_": sorted(tags)}}})
        flows = self._ask("/flows/filter", {})
        if deployments is None or flows is None:
            return None
        names = {flow["id"]: str(flow["name"]) for flow in flows}
        found: list[Run] = []
        for deployment in deployments:
            query = {
                "deployments": {"id": {"any_": [deployment["id"]]}},
                "flow_runs": {"start_time": {"is_null_": False}},
                "sort": "START_TIME_DESC",
                "limit": 1,
            }
            pair = next((t.removeprefix("pair:") for t in deployment["tags"] if t in tags), "")
            flow = names.get(deployment["flow_id"], "")
            found.extend(self._run(row, flow, pair) for row in self._ask("/flow_runs/filter", query) or [])
        return sorted(found, key=lambda run: (run.pair, run.flow))

    def runs_of_deal(self, pair: str, deal_id: str) -> list[Run] | None:
        """The runs that worked on a deal, oldest first, None while Prefect does not answer."""
        query = {"flow_runs": {"tags": {"all_": [f"pair:{pair}", f"deal:{deal_id}"]}}, "limit": 50}
        rows = self._ask("/flow_runs/filter", query | {"sort": "START_TIME_DESC"})
        if rows is None:
            return None
        return sorted((self._run(row, "", pair) for row in rows), key=lambda run: str(run.started))

    def _run(self, row: Mapping[str, Any], flow: str, pair: str) -> Run:
        return Run(
            id=str(row["id"]),
            flow=flow,
            name=str(row.get("name", "")),
            pair=pair,
            state=str(row.get("state_name") or ""),
            kind=str(row.get("state_type") or ""),
            started=_instant(row.get("start_time")),
            ended=_instant(row.get("end_time")),
            url=f"{self.ui_url}/runs/flow-run/{row['id']}",
        )

    def _ask(self, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The list that answers a filter; None where there is no Prefect, or none that makes sense."""
        if not self.api_url:
            return None
        parts = urlsplit(self.api_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        line = kind(parts.hostname or "", parts.port, timeout=SECONDS)
        try:
            line.request("POST", f"{parts.path}{path}", json.dumps(query), {"Content-Type": "application/json"})
            answer = line.getresponse()
            body = json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            line.close()
        return body if answer.status == 200 and isinstance(body, list) else None


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
