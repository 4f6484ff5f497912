"""Who is at the door: sessions, roles, and that a form was really sent from our own page."""

from __future__ import annotations

import getpass
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Form, Request
from starlette.responses import Response

from desk.office import Office, office_of
from desk.pulse import pulse_of
from desk.settings import ROLES, Role
from ledger import people
from ledger.desk_tables import SignedIn


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sits at the browser since ``at``; ``form_key`` has to come back with every form."""

    name: str
    role: str
    how: str
    form_key: str
    session: str
    at: datetime

    def may(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(role)


class ToSignIn(Exception):
    """Nobody we know: they sign in first, and come back to ``next_url``."""

    def __init__(self, next_url: str) -> None:
        self.next_url = next_url
        super().__init__("sign in")


class Refusal(Exception):
    """A page that says no: ``status``, a title, sentences, and where to go from here."""

    def __init__(self, status: int, title: str, words: str, *, onward: str = "/", onward_words: str = "Home") -> None:
        self.status = status
        self.title = title
        self.words = words
        self.onward = onward
        self.onward_words = onward_words
        super().__init__(title)


def cookie_name(office: Office) -> str:
    """``__Host-`` binds it to this host and to https; on loopback ports share their cookies, so it bears the port."""
    return "__Host-wonbooks" if office.secure else f"wonbooks-{urlsplit(office.address).port or 80}"


def set_cookie(response: Response, office: Office, token: str) -> None:
    response.set_cookie(cookie_name(office), token, httponly=True, secure=office.secure, samesite="lax", path="/")


def drop_cookie(response: Response, office: Office) -> None:
    response.delete_cookie(cookie_name(office), httponly=True, secure=office.secure, samesite="lax", path="/")


def visitor_at(request: Request, *, counts: bool = True) -> Visitor | None:
    """Who it is, None for nobody we let in. Without logins everybody on this machine is let in, once they look.

    ``counts``: the request shows that somebody sits there.
    """
    office = office_of(request)
    token = request.cookies.get(cookie_name(office), "")
    now = office.now()
    if token:
        with office.ledger.write() as session:
            row = people.who(session, token, now)
            if row is not None and (row.how == "open") == office.open_to_all:
                if counts:
                    people.seen(session, row, now)
                return _visitor(row)
    if not office.open_to_all or request.method != "GET":
        return None
    return _visitor(let_in(request, name=_user(), role="admin", how="open"))


def let_in(request: Request, *, name: str, role: str, how: str) -> SignedIn:
    """A fresh session; its cookie goes out with the answer that ``with_cookie`` dresses."""
    office = office_of(request)
    token = secrets.token_urlsafe(32)
    with office.ledger.write() as session:
        people.sweep(session, office.now())
        row = people.let_in(
            session, token, name=name, role=role, how=how, form_key=secrets.token_urlsafe(32), now=office.now()
        )
    request.state.new_token = token
    return row


def with_cookie(request: Request, response: Response) -> Response:
    """The answer, with the cookie of a session that began with this request."""
    token = getattr(request.state, "new_token", "")
    if token:
        set_cookie(response, office_of(request), token)
    return response


def from_our_page(request: Request) -> bool:
    """Whether the browser says that the request comes from a page of ours."""
    office = office_of(request)
    own = office.address if office.secure else f"http://{request.headers.get('host', '')}"
    origin = request.headers.get("origin")
    if origin is not None:
        return origin == own
    return request.headers.get("sec-fetch-site") == "same-origin"


Check = Callable[..., Visitor]
ROLE_OF: dict[Check, Role] = {}
"""Which role each of the checks below asks for."""


def reading(role: Role) -> Check:
    """Whoever looks at a page must have this role."""

    def check(request: Request) -> Visitor:
        visitor = visitor_at(request, counts=request.url.path != "/pulse")
        if visitor is None:
            raise ToSignIn(_here(request))
        # Before the page is looked up: what happens meanwhile is news to whoever reads it.
        with office_of(request).ledger.read() as session:
            request.state.pulse = pulse_of(session)
        return _allowed(request, visitor, role)

    ROLE_OF[check] = role
    return check


def acting(role: Role) -> Check:
    """Whoever sends a form must have this role, and have it from a page of ours."""

    def check(request: Request, form_key: Annotated[str, Form()] = "") -> Visitor:
        if not from_our_page(request):
            raise Refusal(403, "This did not come from the desk", "Open the desk itself and do it there.")
        visitor = visitor_at(request)
        if visitor is None:
            if office_of(request).open_to_all:
                raise _too_old()
            raise ToSignIn("/")
        if not hmac.compare_digest(form_key.encode(errors="replace"), visitor.form_key.encode()):
            raise _too_old()
        return _allowed(request, visitor, role)

    ROLE_OF[check] = role
    return check


def _too_old() -> Refusal:
    return Refusal(
        403, "This page was open for too long", "Nothing was changed. Open it again and repeat what you did."
    )


def _allowed(request: Request, visitor: Visitor, role: Role) -> Visitor:
    own_affairs = request.url.path.startswith(("/me", "/signout", "/pulse"))
    if office_of(request).own.require_totp and visitor.how == people.PASSWORD and not own_affairs:
        words = "Everybody here signs in with a one-time code too. Set yours up first; it takes a minute."
        raise Refusal(403, "One more step", words, onward="/me", onward_words="Set up codes")
    if not visitor.may(role):
        words = (
            f'This takes the role "{role}"; yours is "{visitor.role}". Somebody with the role "admin" can change that.'
        )
        raise Refusal(403, "Not with your role", words)
    return visitor


def _visitor(row: SignedIn) -> Visitor:
    return Visitor(row.name, row.role, row.how, row.form_key, row.key, row.at)


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def sign_in_url(next_url: str) -> str:
    return f"/signin?next={quote(safe_next(next_url))}"


def safe_next(url: str) -> str:
    """A path of the desk, or the home page for anything that could lead elsewhere."""
    fine = url.startswith("/") and not url.startswith(("//", "/\\")) and url.isprintable() and "\\" not in url
    return url if fine else "/"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody here"


Viewer = Annotated[Visitor, Depends(reading("viewer"))]
AdminLooking = Annotated[Visitor, Depends(reading("admin"))]
ViewerActing = Annotated[Visitor, Depends(acting("viewer"))]
Operator = Annotated[Visitor, Depends(acting("operator"))]
Approver = Annotated[Visitor, Depends(acting("approver"))]
Admin = Annotated[Visitor, Depends(acting("admin"))]
