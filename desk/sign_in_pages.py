"""Signing in and out: by an account kept here, or at the identity provider."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from desk import passwords
from desk.door import (
    Refusal,
    ViewerActing,
    drop_cookie,
    from_our_page,
    let_in,
    safe_next,
    sign_in_url,
    visitor_at,
)
from desk.office import Office, office_of
from desk.oidc import NotProven, proven
from desk.paper import onward, page, soon
from ledger import people
from ledger.desk_tables import Person
from ledger.secrets import KeyProblem
from stages.identity_provider import Asked, Client, ProviderLine
from stages.troubles import OutsideTrouble, outside

router = APIRouter()
SIGN_IN = "/signin"
CALLBACK = f"{SIGN_IN}/oidc/callback"
ERRAND = "oidc"
AWAY_FOR = timedelta(minutes=10)
TOTP = "totp"

log = logging.getLogger("wonbooks.desk.sign_in")


@router.get(SIGN_IN)
def sign_in_page(request: Request, next: str = "/", why: str = "") -> Response:  # noqa: A002 - as the address says
    """Ask who it is."""
    office = office_of(request)
    if office.open_to_all or visitor_at(request) is not None:
        return RedirectResponse(safe_next(next), 303)
    return page(request, "signin", None, next=safe_next(next), name="", wrong="", bye=why == "bye")


@router.post(SIGN_IN)
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as the form says
) -> Response:
    """Let somebody in by name, password and, where they set it up, a one-time code."""
    office = office_of(request)
    if not office.own.accounts or not from_our_page(request):
        raise Refusal(403, "This did not come from the desk", "Open the desk itself and sign in there.")
    keys = throttled_by(request, name)
    with office.ledger.read() as session:
        until = people.paused_until(session, keys, office.now())
    if until is not None:
        words = f"Too many attempts. Try again in {soon(until, office.now())}."
        return page(request, "signin", None, status=429, next=safe_next(next), name=name, wrong=words, bye=False)
    how = tried(office, keys, name, password, code)
    if not how:
        log.warning("a sign-in failed")
        words = "Name, password or code is wrong."
        return page(request, "signin", None, status=401, next=safe_next(next), name=name, wrong=words, bye=False)
    _end_old_session(request)
    with office.ledger.read() as session:
        account = people.person(session, name)
    let_in(request, name=name, role=account.role if account else "viewer", how=how)
    return onward(request, safe_next(next))


@router.post("/signout")
def sign_out(request: Request, visitor: ViewerActing) -> Response:
    office = office_of(request)
    with office.ledger.write() as session:
        people.let_out(session, visitor.session)
    answer = RedirectResponse(f"{SIGN_IN}?why=bye", 303)
    drop_cookie(answer, office)
    return answer


@router.get(f"{SIGN_IN}/oidc")
def to_provider(request: Request, next: str = "/", again: str = "") -> Response:  # noqa: A002 - as the address says
    """Send the browser to the identity provider; a cookie of its own binds the answer to it.

    ``again``: they are to prove who they are even if they are signed in there.
    """
    office = office_of(request)
    line, client = _provider(office)
    try:
        scopes = office.own.oidc_scopes.split()
        asked = line.ask(line.describe(), client, f"{office.address}{CALLBACK}", scopes, again=bool(again))
    except (OutsideTrouble, ValueError) as trouble:
        raise _unavailable(trouble) from None
    browser = secrets.token_urlsafe(32)
    told = {"browser": people.digest(browser), "next": safe_next(next), "again": bool(again)}
    kept = json.dumps({"asked": asked.to_text(), "at": office.now().isoformat(), **told})
    with office.ledger.write() as session:
        people.sweep(session, office.now())
        people.send(session, asked.state, ERRAND, office.seal.close(kept, ERRAND), office.now() + AWAY_FOR)
    answer = RedirectResponse(asked.url, 303)
    answer.set_cookie(_away_cookie(office), browser, max_age=600, httponly=True, secure=office.secure, samesite="lax")
    return answer


@router.get(CALLBACK)
def from_provider(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The browser is back: let in whoever the provider vouches for."""
    office = office_of(request)
    line, client = _provider(office)
    with office.ledger.write() as session:
        sealed = people.back(session, state, ERRAND, office.now())
    if sealed is None or not code:
        raise _not_proven()
    kept = json.loads(office.seal.open(sealed, ERRAND))
    if people.digest(request.cookies.get(_away_cookie(office), "")) != kept["browser"]:
        raise _not_proven()
    asked, sent_at = Asked.from_text(kept["asked"]), datetime.fromisoformat(kept["at"])
    try:
        provider = line.describe()
        token = line.exchange(provider, client, code, asked)
        identity = proven(token, line.keys(provider), office.own, asked.nonce, office.now(), sent_at)
    except (OutsideTrouble, ValueError) as trouble:
        raise _unavailable(trouble) from None
    except NotProven as why:
        log.warning("a sign-in at the identity provider was not accepted (%s)", why)
        raise _not_proven() from None
    if kept["again"] and not identity.anew:
        raise _not_anew(kept["next"])
    _end_old_session(request)
    how = people.PROVIDER_ANEW if identity.anew else people.PROVIDER
    let_in(request, name=identity.name, role=identity.role, how=how)
    answer = onward(request, safe_next(kept["next"]))
    answer.delete_cookie(_away_cookie(office))
    return answer


def tried(office: Office, keys: Sequence[str], name: str, password: str, code: str) -> str:
    """How they proved who they are, empty where they did not; the try counts for the pauses of these keys."""
    how = _checked(office, name, password, code)
    with office.ledger.write() as session:
        if how:
            people.succeeded(session, keys[:1])
        else:
            people.failed(session, keys, office.now())
    return how


def _checked(office: Office, name: str, password: str, code: str) -> str:
    """How they proved who they are, empty where they did not. A code is good once."""
    with office.ledger.read() as session:
        account = people.person(session, name)
    known = account if account and not account.disabled else None
    if not passwords.fits(known.secret if known else "", password) or known is None:
        return ""
    if known.totp is None:
        return people.PASSWORD
    try:
        secret = office.seal.open(known.totp, f"{TOTP}:{name}")
    except KeyProblem:
        return ""
    with office.ledger.write() as session:
        row = session.get(Person, name, with_for_update=True)
        step = passwords.code_step(secret, code, office.now(), row.totp_used) if row else None
        if row is None or step is None:
            return ""
        row.totp_used = step
        session.add(row)
    return people.PASSWORD_AND_CODE


def throttled_by(request: Request, name: str) -> list[str]:
    return [f"name:{name.lower()}", f"address:{request.client.host if request.client else ''}"]


def _end_old_session(request: Request) -> None:
    """A new session gets a new token; the browser's old one ends."""
    old = visitor_at(request)
    if old is not None:
        with office_of(request).ledger.write() as session:
            people.let_out(session, old.session)


def _provider(office: Office) -> tuple[ProviderLine, Client]:
    own = office.own
    if not own.oidc:
        raise Refusal(404, "There is nothing here", "Signing in at an identity provider is not set up.")
    line = ProviderLine(own.oidc_issuer, office.around, office.settings.allow_plain_http_on_loopback)
    return line, Client(own.oidc_client_id, own.oidc_client_secret.get_secret_value())


def _away_cookie(office: Office) -> str:
    return "__Host-wonbooks-away" if office.secure else "wonbooks-away"


def _not_proven() -> Refusal:
    words = "Either it took too long, or your account there has no role here. Try again, or ask whoever runs the desk."
    return Refusal(403, "You could not be signed in", words, onward=sign_in_url("/"), onward_words="Try again")


def _not_anew(back: str) -> Refusal:
    words = (
        "Your identity provider let you through without saying that you signed in just now. "
        "Whoever looks after it can let it tell the time of the sign-in (auth_time). Nothing was done."
    )
    return Refusal(403, "That was no fresh sign-in", words, onward=safe_next(back), onward_words="Back")


def _unavailable(trouble: Exception) -> Refusal:
    words = outside(trouble) if isinstance(trouble, OutsideTrouble) else "Its addresses are not safe to use."
    return Refusal(502, "The identity provider could not be asked", words, onward=sign_in_url("/"), onward_words="Back")
