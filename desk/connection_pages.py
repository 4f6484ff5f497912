"""Connections: how they stand, trying them, connecting and disconnecting, and the addresses webhooks go to."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from desk.door import Admin, AdminLooking, Operator, Refusal, Viewer, Visitor
from desk.headers import csp_with_form_to
from desk.health import Side, sides
from desk.hooks.directory import address, listener_of
from desk.hooks.vendors import VENDORS
from desk.office import Office, TakesTooLong, office_of
from desk.paper import onward, page
from ledger import audit, endpoints, people
from ledger.tables import Endpoint
from stages import connecting
from stages.connecting import Tried, WrongOrganisation
from stages.identity_provider import Asked
from stages.opening import Connect
from stages.settings import SettingsProblem, variable
from stages.troubles import OutsideTrouble, outside

router = APIRouter()
HERE = "/connections"
CALLBACK = f"{HERE}/xero/callback"
ERRAND = "xero"
AWAY_FOR = timedelta(minutes=10)
T = TypeVar("T")
_DONE = {
    "connected": "Connected. What waited for it goes on now.",
    "disconnected": "Disconnected.",
    "address": "A fresh address was made. Give it to the vendor; an older one is no longer answered.",
}


@dataclass(frozen=True, slots=True)
class Hook:
    """Where one system tells us what changed; ``missing`` are the variables without which it is not believed."""

    system: str
    address: str
    row: Endpoint | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One pair on the page; ``trouble`` says why its mapping can't be used."""

    pair: str
    sides: tuple[Side, ...]
    hooks: tuple[Hook, ...]
    trouble: str = ""


@router.get(HERE)
def connections(request: Request, visitor: Viewer, done: str = "") -> Response:
    """Every pair with its two connections."""
    return _show(request, visitor, done=_DONE.get(done, ""))


@router.post(f"{HERE}/{{pair}}/test")
def test(request: Request, visitor: Operator, pair: str) -> Response:
    """One small call to each system."""
    office = office_of(request)
    tried = _outside(office, lambda: connecting.try_out(_at(office, pair)))
    return _show(request, visitor, tried={pair: tried})


@router.post(f"{HERE}/{{pair}}/xero/connect")
def to_xero(request: Request, visitor: Admin, pair: str) -> Response:
    """Send the browser to Xero's own login page. What comes back is bound to this session."""
    office = office_of(request)
    try:
        asked = connecting.begin_xero(_at(office, pair), f"{office.address}{CALLBACK}")
    except SettingsProblem as problem:
        raise _refused(str(problem)) from None
    kept = json.dumps({"asked": asked.to_text(), "session": visitor.session, "pair": pair})
    with office.ledger.write() as session:
        people.send(session, asked.state, ERRAND, office.seal.close(kept, ERRAND), office.now() + AWAY_FOR)
    return RedirectResponse(asked.url, 303)


@router.get(CALLBACK)
def from_xero(
    request: Request,
    visitor: AdminLooking,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The browser is back with a code: keep the tokens, and pick the organisation."""
    office = office_of(request)
    with office.ledger.write() as session:
        sealed = people.back(session, state, ERRAND, office.now())
    kept = json.loads(office.seal.open(sealed, ERRAND)) if sealed else {}
    if kept.get("session") != visitor.session:
        raise _refused("This answer from Xero was not asked for here, or it came too late. Begin again.")
    if error or not code:
        raise _refused("Access was not allowed in Xero, so nothing was connected.")
    at, asked = _at(office, kept["pair"]), Asked.from_text(kept["asked"])
    found = _outside(office, lambda: connecting.finish_xero(at, code, asked, visitor.name))
    if len(found) == 1 and found[0].name == at.rules.xero.organisation:
        return _choose(request, visitor, kept["pair"], found[0].tenant_id)
    wanted = at.rules.xero.organisation
    return page(request, "organisations", visitor, pair=kept["pair"], found=found, wanted=wanted)


@router.get(f"{HERE}/{{pair}}/xero/organisations")
def organisations(request: Request, visitor: AdminLooking, pair: str) -> Response:
    """Pick the organisation, or another one."""
    office = office_of(request)
    at = _at(office, pair)
    found = _outside(office, lambda: connecting.xero_tenants(at))
    return page(request, "organisations", visitor, pair=pair, found=found, wanted=at.rules.xero.organisation)


@router.post(f"{HERE}/{{pair}}/xero/organisation")
def choose(request: Request, visitor: Admin, pair: str, tenant: Annotated[str, Form(max_length=100)]) -> Response:
    return _choose(request, visitor, pair, tenant)


@router.post(f"{HERE}/{{pair}}/xero/disconnect")
def disconnect(request: Request, visitor: Admin, pair: str) -> Response:
    """End it in Xero and forget the tokens."""
    office = office_of(request)
    _outside(office, lambda: connecting.disconnect_xero(_at(office, pair), visitor.name))
    return onward(request, HERE, done="disconnected")


@router.post(f"{HERE}/{{pair}}/crm/token")
def paste_token(request: Request, visitor: Admin, pair: str, token: Annotated[str, Form(max_length=400)]) -> Response:
    """A token of the CRM, tried before it is kept."""
    office = office_of(request)
    at = _at(office, pair)
    if at.rules.crm.system not in connecting.BY_TOKEN or not token.strip().isascii() or not token.strip().isprintable():
        raise _refused("That does not look like a token.")
    _outside(office, lambda: connecting.keep_token(at, token.strip(), visitor.name))
    office.ring(pair)
    return onward(request, HERE, done="connected")


@router.post(f"{HERE}/{{pair}}/crm/forget")
def forget_token(request: Request, visitor: Admin, pair: str) -> Response:
    """Forget a token that was pasted here."""
    office = office_of(request)
    connecting.forget_crm(_at(office, pair), visitor.name)
    return onward(request, HERE, done="disconnected")


@router.post(f"{HERE}/{{pair}}/address")
def new_address(
    request: Request,
    visitor: Admin,
    pair: str,
    system: Annotated[str, Form(max_length=40)],
) -> Response:
    """A fresh address for one system's webhooks."""
    office = office_of(request)
    if system not in _systems(_at(office, pair)):
        raise _refused("This pair has no such system.")
    with office.ledger.write() as session:
        endpoints.replace(session, pair, system, secrets.token_hex(16), office.now())
        details = {"system": system}
        audit.record(session, pair, office.now(), connecting.SUBJECT, "address made", details, actor=visitor.name)
    return onward(request, HERE, done="address")


def _choose(request: Request, visitor: Visitor, pair: str, tenant: str) -> Response:
    office = office_of(request)
    _outside(office, lambda: connecting.choose_xero(_at(office, pair), tenant, visitor.name))
    office.ring(pair)
    return onward(request, HERE, done="connected")


def _show(
    request: Request, visitor: Visitor, *, done: str = "", tried: dict[str, list[Tried]] | None = None
) -> Response:
    office = office_of(request)
    words = {
        pair: [(each.system, each.answered, _why(each)) for each in found] for pair, found in (tried or {}).items()
    }
    answer = page(
        request,
        "connections",
        visitor,
        cards=[_card(office, pair) for pair in office.pairs()],
        tried=words,
        done=done,
        hooks_url=office.settings.hooks_url,
        by_token=connecting.BY_TOKEN,
    )
    # The form that connects Xero is answered with a redirect there.
    answer.headers["Content-Security-Policy"] = csp_with_form_to(office.settings.xero_login_url)
    return answer


def _card(office: Office, pair: str) -> Card:
    try:
        at = office.connect(pair)
    except SettingsProblem as problem:
        return Card(pair, (), (), str(problem))
    with office.ledger.read() as session:
        rows = endpoints.of_pair(session, pair)
    base = (office.settings.hooks_url or "").rstrip("/")
    hooks = [
        Hook(
            system,
            f"{base}{address(system, rows[system].id)}" if system in rows else "",
            rows.get(system),
            _missing(at, system),
        )
        for system in _systems(at)
    ]
    return Card(pair, sides(office, pair), tuple(hooks))


def _systems(at: Connect) -> Sequence[str]:
    return ("xero", at.rules.crm.system)


def _missing(at: Connect, system: str) -> tuple[str, ...]:
    if system not in VENDORS or VENDORS[system].chosen or listener_of(at.rules, system, at.settings, "").keys:
        return ()
    name = at.rules.xero.credentials if system == "xero" else at.rules.crm.credentials
    return tuple(variable(name, item) for item in VENDORS[system].secrets)


def _why(each: Tried) -> str:
    if each.trouble is None:
        return ""
    return outside(each.trouble) if isinstance(each.trouble, OutsideTrouble) else str(each.trouble)


def _at(office: Office, pair: str) -> Connect:
    if pair not in office.pairs():
        raise Refusal(
            404, "There is no such pair", "It may have been renamed.", onward=HERE, onward_words="Connections"
        )
    try:
        return office.connect(pair)
    except SettingsProblem as problem:
        raise _refused(str(problem)) from None


def _outside(office: Office, work: Callable[[], T]) -> T:
    """Do it within the time a person waits, or show a page that says why not."""
    try:
        return office.within_patience(work)
    except OutsideTrouble as trouble:
        raise _refused(outside(trouble)) from None
    except TakesTooLong:
        raise _refused("It takes longer to answer than a page may wait. Try again in a minute.") from None
    except (SettingsProblem, WrongOrganisation) as problem:
        raise _refused(str(problem)) from None


def _refused(words: str) -> Refusal:
    return Refusal(422, "That did not work", words, onward=HERE, onward_words="Back to the connections")
