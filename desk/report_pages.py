"""Reports: the files that the flows left in the reports folder, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from desk.door import Refusal, Viewer
from desk.office import Office, office_of
from desk.paper import page

router = APIRouter()
REPORTS = "/reports"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,119}")


@dataclass(frozen=True, slots=True)
class Report:
    """One file."""

    name: str
    size: int
    made_at: datetime


@router.get(REPORTS)
def reports(request: Request, visitor: Viewer) -> Response:
    """What there is to download."""
    office = office_of(request)
    found = [
        Report(path.name, path.stat().st_size, datetime.fromtimestamp(path.stat().st_mtime, UTC))
        for path in folder(office).glob("*")
        if path.is_file() and NAME.fullmatch(path.name)
    ]
    return page(request, "reports", visitor, found=sorted(found, key=lambda report: report.made_at, reverse=True))


@router.get(f"{REPORTS}/{{name}}")
def report(request: Request, visitor: Viewer, name: str) -> Response:  # noqa: ARG001 - who asks must be let in
    """One of them, always as a download."""
    path = folder(office_of(request)) / name
    if not NAME.fullmatch(name) or not path.is_file() or path.is_symlink():
        raise Refusal(404, "There is no such report", "It may have been tidied away.", onward=REPORTS)
    return FileResponse(path, media_type="application/octet-stream", filename=name)


def folder(office: Office) -> Path:
    return office.settings.home / "reports"
