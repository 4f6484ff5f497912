"""A vendor's login page as an app's user meets it: who asks for what, and yes or no.

A code lives five minutes and is good once; the redirect address must be a registered one, https or http://localhost;
with PKCE the code is only good with its verifier.
https://developer.xero.com/documentation/guides/oauth2/auth-flow/
https://developer.xero.com/documentation/guides/oauth2/pkce-flow/
https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide
https://pipedrive.readme.io/docs/marketplace-oauth-authorization: what an app may is set where it is registered, and no
scope is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlencode

from sandbox.wire import Request, Response

_LIFE = timedelta(minutes=5)
_LOOPBACK = re.compile(r"http://localhost(:\d+)?/[\w./-]*")
_ASKED = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
_STYLE = """
body{margin:0;background:#eef1f4;color:#1d2733;font:16px/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:8vh auto;background:#fff;border:1px solid #d9dfe6;border-radius:10px;padding:1.6rem 1.8rem}
h1{font-size:1.25rem;margin:0 0 .4rem} ul{padding-left:1.2rem;margin:.4rem 0 1.2rem} small{color:#566372}
button{font:inherit;padding:.55rem 1.1rem;border-radius:6px;border:1px solid #0b6b8f;background:#0b6b8f;color:#fff}
button[value=no]{background:#fff;color:#1d2733;border-color:#b9c3cd;margin-left:.4rem}
"""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code stands for until it is exchanged."""

    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    until: datetime


@dataclass(slots=True)
class Consent:
    """The page. ``redirect_uris`` are the registered ones beside http://localhost; ``allowed`` is empty where no scope
    is asked for, and then the kind of answer goes without saying too.
    """

    vendor: str
    client_id: str
    allowed: frozenset[str]
    organisation: Callable[[], str]
    new_code: Callable[[], str]
    redirect_uris: set[str] = field(default_factory=set[str])
    codes: dict[str, Granted] = field(default_factory=dict[str, Granted])

    def page(self, request: Request, now: datetime) -> Response:
        """GET shows the question, POST takes the answer and sends the browser back."""
        asked = request.form() if request.method == "POST" else dict(request.query)
        wrong = self._wrong(asked)
        if wrong:
            return _html(f"<h1>Sorry, something went wrong</h1><p>{escape(wrong)}</p>", 400)
        if request.method == "GET":
            return _html(self._question(asked))
        if request.form().get("allow") != "yes":
            return _back(asked, error="access_denied")
        code = self.new_code()
        scopes = frozenset(asked.get("scope", "").split())
        self.codes[code] = Granted(asked["redirect_uri"], scopes, asked.get("code_challenge", ""), now + _LIFE)
        return _back(asked, code=code)

    def exchanged(self, form: Mapping[str, str], now: datetime) -> frozenset[str] | None:
        """The scopes a code stood for, None where it is used, too old, of another address or without its verifier."""
        granted = self.codes.pop(form.get("code", ""), None)
        if granted is None or granted.until < now or granted.redirect_uri != form.get("redirect_uri"):
            return None
        return granted.scopes if not granted.challenge or _challenge(form) == granted.challenge else None

    def _wrong(self, asked: Mapping[str, str]) -> str:
        if asked.get("client_id") != self.client_id:
            return "unauthorized_client: there is no such app."
        address = asked.get("redirect_uri", "")
        if address not in self.redirect_uris and not _LOOPBACK.fullmatch(address):
            return "invalid_redirect_uri: the address to come back to is not registered."
        if asked.get("response_type", "" if self.allowed else "code") != "code":
            return "unsupported_response_type"
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "invalid_request: transform algorithm not supported"
        if not self.allowed:
            return ""
        unknown = set(asked.get("scope", "").split()) - self.allowed
        return f"invalid_scope: {', '.join(sorted(unknown))}" if unknown or not asked.get("scope") else ""

    def _question(self, asked: Mapping[str, str]) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _ASKED if name in asked
        )
        scopes = "".join(f"<li>{escape(scope)}</li>" for scope in asked.get("scope", "").split())
        return (
            f"<h1>Wonbooks wants access to</h1><p><b>{escape(self.organisation())}</b></p><ul>{scopes}</ul>"
            f'<form method="post">{hidden}<button name="allow" value="yes">Allow access</button>'
            '<button name="allow" value="no">Cancel</button></form><p><small>A double of '
            f"{self.vendor} in a sandbox.</small></p>"
        )


def _challenge(form: Mapping[str, str]) -> str:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _back(asked: Mapping[str, str], **said: str) -> Response:
    state = {"state": asked["state"]} if asked.get("state") else {}
    return Response(302, b"", {"Location": f"{asked['redirect_uri']}?{urlencode({**said, **state})}"})


def _html(body: str, status: int = 200) -> Response:
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>A login page (sandbox)</title>'
        f"<style>{_STYLE}</style><main>{body}</main></html>"
    )
    return Response(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
