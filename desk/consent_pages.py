"""Connecting at a system's own login page: there and back, the organisation picked, and the end of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from desk.connected import HERE, at_pair, from_outside, refused
from desk.door import Admin, AdminLooking, Visitor
from desk.office import office_of
from desk.paper import onward, page
from desk.paper import system as called
from ledger import people
from stages import connecting
from stages.crms import DOORS
from stages.identity_provider import Asked
from stages.opening import Connect
from stages.settings import SettingsProblem

router = APIRouter()
ERRAND = "consent"
AWAY_FOR = timedelta(minutes=10)


@router.post(f"{HERE}/{{pair}}/{{system}}/connect")
def to_consent(request: Request, visitor: Admin, pair: str, system: str) -> Response:
    """Send the browser to the system's own login page. What comes back is bound to this session."""
    office = office_of(request)
    at = at_pair(office, pair)
    if system not in DOORS or system not in ("xero", at.rules.crm.system):
        raise refused("This pair has no system that is connected so.")
    try:
        asked = connecting.begin(at, system, f"{office.address}{_callback(system)}")
    except SettingsProblem as problem:
        raise refused(str(problem)) from None
    kept = json.dumps({"asked": asked.to_text(), "session": visitor.session, "pair": pair, "system": system})
    with office.ledger.write() as session:
        people.send(session, asked.state, ERRAND, office.seal.close(kept, ERRAND), office.now() + AWAY_FOR)
    return RedirectResponse(asked.url, 303)


@router.get(f"{HERE}/{{system}}/callback")
def from_consent(
    request: Request,
    visitor: AdminLooking,
    system: str,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The browser is back with a code: keep the tokens; with Xero, pick the organisation."""
    office = office_of(request)
    with office.ledger.write() as session:
        sealed = people.back(session, state, ERRAND, office.now())
    kept = json.loads(office.seal.open(sealed, ERRAND)) if sealed else {}
    if kept.get("session") != visitor.session or kept.get("system") != system:
        raise refused("This answer was not asked for here, or it came too late. Begin again.")
    if error or not code:
        raise refused(f"Access was not allowed in {called(system)}, so nothing was connected.")
    at, asked = at_pair(office, kept["pair"]), Asked.from_text(kept["asked"])
    from_outside(office, lambda: connecting.finish(at, system, code, asked, visitor.name))
    if system == "xero":
        return _pick(request, visitor, kept["pair"], at)
    office.ring(kept["pair"])
    return onward(request, HERE, done="connected")


def _pick(request: Request, visitor: Visitor, pair: str, at: Connect) -> Response:
    """Take the organisation that was allowed, if it is the one; else ask."""
    found = from_outside(office_of(request), lambda: connecting.xero_tenants(at))
    if len(found) == 1 and found[0].name == at.rules.xero.organisation:
        return _choose(request, visitor, pair, found[0].tenant_id)
    return page(request, "organisations", visitor, pair=pair, found=found, wanted=at.rules.xero.organisation)


@router.get(f"{HERE}/{{pair}}/xero/organisations")
def organisations(request: Request, visitor: AdminLooking, pair: str) -> Response:
    """Pick the organisation, or another one."""
    at = at_pair(office_of(request), pair)
    found = from_outside(office_of(request), lambda: connecting.xero_tenants(at))
    return page(request, "organisations", visitor, pair=pair, found=found, wanted=at.rules.xero.organisation)


@router.post(f"{HERE}/{{pair}}/xero/organisation")
def choose(request: Request, visitor: Admin, pair: str, tenant: Annotated[str, Form(max_length=100)]) -> Response:
    return _choose(request, visitor, pair, tenant)


@router.post(f"{HERE}/{{pair}}/xero/disconnect")
def disconnect(request: Request, visitor: Admin, pair: str) -> Response:
    """End it in Xero and forget the tokens."""
    office = office_of(request)
    from_outside(office, lambda: connecting.disconnect_xero(at_pair(office, pair), visitor.name))
    return onward(request, HERE, done="disconnected")


def _choose(request: Request, visitor: Visitor, pair: str, tenant: str) -> Response:
    office = office_of(request)
    from_outside(office, lambda: connecting.choose_xero(at_pair(office, pair), tenant, visitor.name))
    office.ring(pair)
    return onward(request, HERE, done="connected")


def _callback(system: str) -> str:
    """Where the browser comes back to, one address a system: an answer of one is none of another."""
    return f"{HERE}/{system}/callback"
