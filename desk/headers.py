"""What every answer says to the browser, and which requests are not even looked at."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 256 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

FORMS_TO = "form-action 'self'"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    f"{FORMS_TO}; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer, browsers say "Origin: null" even to the page's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
HTTPS_FOR = "max-age=31536000"


def csp_with_form_to(*urls: str) -> str:
    """The policy of a page with forms that end at one of these sites after a redirect of ours."""
    parts = [urlsplit(url) for url in urls]
    sites = " ".join(dict.fromkeys(f"{each.scheme}://{each.netloc}" for each in parts))
    return CSP.replace(FORMS_TO, f"{FORMS_TO} {sites}")


class Doorstep:
    """Turns away foreign host names (a page elsewhere may have its name lead here) and large bodies.

    ``broken`` makes the page of a fault of ours, which goes no further: a server would log what it held.
    """

    def __init__(self, app: ASGIApp, address: str, broken: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._broken = broken
        self._hosts = LOOPBACK | {urlsplit(address).hostname or ""}
        self._secure = address.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def said(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers["Strict-Transport-Security"] = HTTPS_FOR
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        try:
            await (refusal or self._app)(scope, receive, said)
        except Exception as error:  # noqa: BLE001
            page = await run_in_threadpool(self._broken, Request(scope), error)
            if not started:
                await page(scope, receive, said)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        if host not in self._hosts:
            return PlainTextResponse("This is not the desk's address.", 421)
        if headers.get("transfer-encoding"):
            return PlainTextResponse("Say how long the body is.", 411)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            return PlainTextResponse("That is too much.", 413)
        return None
