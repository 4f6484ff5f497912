"""Connections: how they stand, trying them, tokens and keys, and the addresses webhooks go to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from desk.connected import HERE, at_pair, from_outside, refused
from desk.door import Admin, AdminLooking, Operator, Viewer, Visitor
from desk.headers import csp_with_form_to
from desk.health import Side, sides
from desk.hooks.directory import address, listener_of
from desk.hooks.vendors import VENDORS
from desk.office import Office, office_of
from desk.paper import onward, page
from ledger import audit, endpoints
from ledger.secrets import KeyProblem
from ledger.tables import Endpoint
from stages import connecting
from stages.connecting import Tried
from stages.crms import DOORS
from stages.opening import Connect
from stages.settings import SettingsProblem, variable
from stages.troubles import OutsideTrouble, outside

router = APIRouter()
Line = Annotated[str, Form(max_length=200, pattern=r"^[!-~ ]*$")]
_DONE = {
    "connected": "Connected. What waited for it goes on now.",
    "disconnected": "Disconnected.",
    "key": "A key was made. Upload its certificate in Salesforce, then sign in.",
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
    """One pair on the page; ``trouble`` says why its mapping can't be used.

    ``apps`` are the systems that a person may be sent to for consent, ``has_key`` whether a certificate can be had.
    """

    pair: str
    sides: tuple[Side, ...]
    hooks: tuple[Hook, ...]
    apps: frozenset[str] = frozenset()
    has_key: bool = False
    trouble: str = ""


@router.get(HERE)
def connections(request: Request, visitor: Viewer, done: str = "") -> Response:
    """Every pair with its two connections."""
    return _show(request, visitor, done=_DONE.get(done, ""))


@router.post(f"{HERE}/{{pair}}/test")
def test(request: Request, visitor: Operator, pair: str) -> Response:
    """One small call to each system."""
    office = office_of(request)
    tried = from_outside(office, lambda: connecting.try_out(at_pair(office, pair)))
    return _show(request, visitor, tried={pair: tried})


@router.post(f"{HERE}/{{pair}}/crm/token")
def paste_token(request: Request, visitor: Admin, pair: str, token: Annotated[str, Form(max_length=400)]) -> Response:
    """A token of the CRM, tried before it is kept."""
    office = office_of(request)
    at = at_pair(office, pair)
    if at.rules.crm.system not in connecting.BY_TOKEN or not token.strip().isascii() or not token.strip().isprintable():
        raise refused("That does not look like a token.")
    from_outside(office, lambda: connecting.keep_token(at, token.strip(), visitor.name))
    office.ring(pair)
    return onward(request, HERE, done="connected")


@router.post(f"{HERE}/{{pair}}/crm/forget")
def forget_token(request: Request, visitor: Admin, pair: str) -> Response:
    """Forget what was kept of a connection made here."""
    office = office_of(request)
    connecting.forget_crm(at_pair(office, pair), visitor.name)
    return onward(request, HERE, done="disconnected")


@router.post(f"{HERE}/{{pair}}/salesforce/key")
def make_key(request: Request, visitor: Admin, pair: str) -> Response:
    """A fresh key to sign in to Salesforce with; the one in use stays until the new one was tried."""
    at = _salesforce(office_of(request), pair)
    connecting.new_key(at, visitor.name)
    return onward(request, HERE, done="key")


@router.get(f"{HERE}/{{pair}}/salesforce/certificate")
def certificate(request: Request, visitor: AdminLooking, pair: str) -> Response:  # noqa: ARG001 - who must be let in
    """What Salesforce is given for the key."""
    text = connecting.certificate(_salesforce(office_of(request), pair))
    if not text:
        raise refused("There is no key yet.")
    named = {"Content-Disposition": f'attachment; filename="wonbooks-{pair}.crt"'}
    return Response(text, media_type="application/x-pem-file", headers=named)


@router.post(f"{HERE}/{{pair}}/salesforce/sign-in")
def sign_in(request: Request, visitor: Admin, pair: str, domain: Line, client_id: Line, username: Line) -> Response:
    """Sign in to Salesforce by the key, and keep what it takes."""
    office = office_of(request)
    at = _salesforce(office, pair)
    told = [each.strip() for each in (domain, client_id, username)]
    if not all(told):
        raise refused("The domain, the consumer key and the user's name are needed.")
    from_outside(office, lambda: connecting.keep_key(at, *told, by=visitor.name))
    office.ring(pair)
    return onward(request, HERE, done="connected")


def _salesforce(office: Office, pair: str) -> Connect:
    at = at_pair(office, pair)
    if at.rules.crm.system != "salesforce":
        raise refused("This pair is not connected by a key.")
    return at


@router.post(f"{HERE}/{{pair}}/address")
def new_address(
    request: Request,
    visitor: Admin,
    pair: str,
    system: Annotated[str, Form(max_length=40)],
) -> Response:
    """A fresh address for one system's webhooks."""
    office = office_of(request)
    if system not in _systems(at_pair(office, pair)):
        raise refused("This pair has no such system.")
    with office.ledger.write() as session:
        endpoints.replace(session, pair, system, secrets.token_hex(16), office.now())
        details = {"system": system}
        audit.record(session, pair, office.now(), connecting.SUBJECT, "address made", details, actor=visitor.name)
    return onward(request, HERE, done="address")


def _show(
    request: Request, visitor: Visitor, *, done: str = "", tried: dict[str, list[Tried]] | None = None
) -> Response:
    office = office_of(request)
    words = {
        pair: [(each.system, each.answered, _why(each)) for each in found] for pair, found in (tried or {}).items()
    }
    cards = [_card(office, pair) for pair in office.pairs()]
    answer = page(
        request,
        "connections",
        visitor,
        cards=cards,
        tried=words,
        done=done,
        hooks_url=office.settings.hooks_url,
        by_token=connecting.BY_TOKEN,
    )
    # The form that asks for consent is answered with a redirect to where it is given.
    asking = sorted({system for card in cards for system in card.apps})
    doors = [DOORS[system](office.settings).authorize_url for system in asking]
    answer.headers["Content-Security-Policy"] = csp_with_form_to(*doors)
    return answer


def _card(office: Office, pair: str) -> Card:
    try:
        at = office.connect(pair)
    except SettingsProblem as problem:
        return Card(pair, (), (), trouble=str(problem))
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
    apps = frozenset(system for system in _systems(at) if _is_app(at, system))
    has_key = False
    with suppress(KeyProblem):  # the side itself says so
        has_key = bool(connecting.certificate(at))
    return Card(pair, sides(office, pair), tuple(hooks), apps, has_key)


def _is_app(at: Connect, system: str) -> bool:
    """Whether the app that asks for consent is known; Xero's always is offered, and says what is missing."""
    given = at.settings.optional(connecting.name_of(at, system), "client_id", "client_secret")
    return system in DOORS and (system == "xero" or all(given.values()))


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
