"""The desk as a web application: every page, and what is said where something goes wrong."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from desk import (
    booking_pages,
    connection_pages,
    consent_pages,
    first_match_pages,
    home_pages,
    item_pages,
    people_pages,
    queue_pages,
    report_pages,
    sign_in_pages,
    story_pages,
)
from desk.door import Refusal, ToSignIn, sign_in_url, visitor_at
from desk.headers import Doorstep
from desk.office import Office
from desk.paper import page
from desk.proof import ProveIt
from ledger import people

STATIC = Path(__file__).parent / "static"
PAGES = (
    home_pages,
    queue_pages,
    item_pages,
    booking_pages,
    story_pages,
    connection_pages,
    consent_pages,
    first_match_pages,
    report_pages,
    people_pages,
    sign_in_pages,
)

log = logging.getLogger("wonbooks.desk")


def desk_app(office: Office) -> FastAPI:
    """The application of one office. Its own description is not served."""

    @asynccontextmanager
    async def open_hours(_: FastAPI) -> AsyncGenerator[None]:
        yield
        office.close()

    # The pages' own routes, not routers included: those are built again for every application, at its first request.
    routes = [route for module in PAGES for route in module.router.routes]
    app = FastAPI(
        title="Wonbooks desk", docs_url=None, redoc_url=None, openapi_url=None, lifespan=open_hours, routes=routes
    )
    app.state.office = office
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Doorstep, address=office.address, broken=_broken)
    app.add_exception_handler(ToSignIn, _to_sign_in)
    app.add_exception_handler(ProveIt, _to_prove)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_found)
    return app


def _to_sign_in(_: Request, away: Exception) -> Response:
    next_url = away.next_url if isinstance(away, ToSignIn) else "/"
    return RedirectResponse(sign_in_url(next_url), 303)


def _to_prove(request: Request, asked: Exception) -> Response:
    if not isinstance(asked, ProveIt):
        raise asked
    how = asked.visitor.how
    return page(
        request,
        "prove",
        asked.visitor,
        status=asked.status,
        fields=asked.fields,
        back=asked.back,
        wrong=asked.wrong,
        by_account=how in people.ACCOUNTS,
        with_code=how == people.PASSWORD_AND_CODE,
    )


def _refused(request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    return _said(request, refusal)


def _not_understood(request: Request, _: Exception) -> Response:
    words = "Something in the address or the form is missing, too long or of another kind."
    return _said(request, Refusal(422, "That was not understood", words))


def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 405:
        words = "This address takes a form, not a visit. Go back to the page it was on."
        return _said(request, Refusal(405, "Nothing to see here", words))
    return _said(request, Refusal(404, "There is no such page", "The address may have been cut short."))


def _broken(request: Request, error: Exception) -> Response:
    """A fault of ours: people see its number, the log where it happened, nobody what it held."""
    number = secrets.token_hex(4)
    at = traceback.extract_tb(error.__traceback__)[-1]
    log.error("fault %s: %s at %s:%s", number, type(error).__name__, at.filename, at.lineno)
    words = f"Nothing was lost. If it happens again, give whoever looks after Wonbooks this number: {number}."
    try:
        return _said(request, Refusal(500, "Something went wrong here", words))
    except Exception:  # noqa: BLE001 - the page itself may be what is broken
        return PlainTextResponse(f"Something went wrong here. {words}", 500)


def _said(request: Request, refusal: Refusal) -> Response:
    return page(
        request,
        "refusal",
        visitor_at(request, counts=False),
        status=refusal.status,
        title=refusal.title,
        words=refusal.words,
        onward=refusal.onward,
        onward_words=refusal.onward_words,
    )
