"""The page to play on: the CRM on the left, Xero on the right, and a strip of things that may go wrong.

Plain HTML from one template. A person's click is a form and a redirect; other processes use the JSON doors:

    GET  /state                       how things stand
    POST /people/<system>/<action>    {"args": […], "kwargs": {…}} → {"result": …}; "crm" is whichever it is
    POST /faults                      {"system", "kind", …} as in ``sandbox.faults``; or {"clear": true}
    POST /reset                       seed the world anew, where whoever serves the page allows it
    GET  /webhooks                    how the webhooks stand, where they are sent
    POST /webhooks                    {"<system>": {"url", "key"}, …}: where they go from now on
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader

from sandbox.faults import Fault
from sandbox.hubspot import Refusal as HubSpotRefusal
from sandbox.pipedrive import Refusal as PipedriveRefusal
from sandbox.salesforce import Refusal as SalesforceRefusal
from sandbox.selling import OWN_FIELDS, SELLING, Selling
from sandbox.state import calls, state
from sandbox.webhooks import Webhooks
from sandbox.wire import Request, Response
from sandbox.world import World
from sandbox.xero import Refused

Form = Mapping[str, str]
Act = Callable[["Scene", Form], str]
Strip = tuple[tuple[str, str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Both sides of the page, and its strip of faults: (system, button, kind, method, path)."""

    world: World
    crm: Selling
    strip: Strip

    @classmethod
    def of(cls, world: World, crm: str) -> Scene:
        selling = SELLING[crm](world)
        anything = (
            ("429 on the next call", "429", "*", "*"),
            ("Expire the token", "expire token", "*", "*"),
        )
        lost = "lose answer"
        strip = (
            ("xero", "Lose the answer to the next invoice", lost, "PUT", "*/Invoices*"),
            *(("xero", *fault) for fault in anything),
            (crm, "Lose the answer to the next write-back", lost, *selling.write_back),
            *((crm, *fault) for fault in anything),
        )
        return cls(world, selling, strip)

    @property
    def doubles(self) -> dict[str, tuple[str, Any]]:
        """What each system is called, and its double of today."""
        return {"xero": ("Xero", self.world.xero), self.crm.system: (self.crm.name, self.crm.double)}


def money(text: str) -> str:
    """An amount as people write it, ``1,234.50``; anything else as it is."""
    try:
        return f"{Decimal(text):,.2f}"
    except InvalidOperation:
        return text


def words(name: str) -> str:
    """A field's name for reading: ``xero_amount_due`` as ``Amount due``."""
    return name.removeprefix(OWN_FIELDS).replace("_", " ").capitalize()


_ENVIRONMENT = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_ENVIRONMENT.filters |= {"money": money, "words": words}
_REFUSED = (HubSpotRefusal, PipedriveRefusal, SalesforceRefusal, Refused)
_WRONG = (*_REFUSED, LookupError, ValueError, TypeError, ArithmeticError)


def pages(
    world: World, seed: Callable[[World], Any] | None = None, webhooks: Webhooks | None = None, crm: str = "hubspot"
) -> Callable[[Request], Response]:
    """Everything of the sandbox that is no vendor's. ``seed`` lets ``POST /reset`` start the world again."""
    scene = Scene.of(world, crm)

    def answer(request: Request) -> Response:
        parts = tuple(part for part in request.path.split("/") if part)
        match (request.method, *parts):
            case ("GET",):
                return _html(scene, request)
            case ("GET", "state"):
                return _json(state(world, scene.crm) | {"calls": calls(world, scene.crm)})
            case ("POST", "do", act) if act in _ACTS:
                return _done(scene, _ACTS[act], request.form())
            case ("POST", "people", system, action):
                return _people(scene, system, action, request)
            case ("POST", "faults"):
                return _faults(scene, request)
            case (method, "webhooks") if webhooks:
                return _webhooks(webhooks, request if method == "POST" else None)
            case ("POST", "reset") if seed:
                world.reset()
                seed(world)
                return _json({"result": "reset"})
            case _:
                return _json({"error": "nothing here"}, 404)

    return answer


def _html(scene: Scene, request: Request) -> Response:
    shown = _ENVIRONMENT.get_template("play.html").render(
        state(scene.world, scene.crm),
        calls=calls(scene.world, scene.crm),
        faults=list(enumerate(scene.strip)),
        armed=[f"{name}: {fault.kind}" for name, double in scene.doubles.values() for fault in double.faults.waiting],
        said=request.query.get("said", ""),
        wrong=request.query.get("wrong", ""),
    )
    return Response(200, shown.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})


def _json(body: Any, status: int = 200) -> Response:
    content = json.dumps(body, ensure_ascii=False, default=str).encode()
    return Response(status, content, {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"})


def _back(**told: str) -> Response:
    return Response(303, headers={"Location": f"/?{urlencode(told)}"})


def _sentence(wrong: Exception) -> str:
    return "That is no number." if isinstance(wrong, ArithmeticError) else str(wrong) or type(wrong).__name__


def _done(scene: Scene, act: Act, form: Form) -> Response:
    """Carry out a click and go back to the page with a sentence about it."""
    try:
        return _back(said=act(scene, form))
    except _WRONG as wrong:
        return _back(wrong=_sentence(wrong))


def _people(scene: Scene, system: str, action: str, request: Request) -> Response:
    """A person's action by name, for other processes."""
    people = {"crm": scene.crm, **{name: double.people for name, (_, double) in scene.doubles.items()}}.get(system)
    chosen = getattr(people, action, None) if people and not action.startswith("_") else None
    if not callable(chosen):
        return _json({"error": f"{system} has nobody who can {action}"}, 404)
    try:
        body = json.loads(request.body or b"{}")
        return _json({"result": chosen(*body.get("args", ()), **body.get("kwargs", {}))})
    except _WRONG as wrong:
        return _json({"error": _sentence(wrong)}, 400)


def _webhooks(webhooks: Webhooks, request: Request | None) -> Response:
    """Enter addresses as in the vendors' own pages, and see how it goes."""
    try:
        for system, told in (request.json() if request else {}).items():
            webhooks.subscribe(system, told["url"], told.get("key", ""))
    except _WRONG as wrong:
        return _json({"error": _sentence(wrong)}, 400)
    return _json(webhooks.picture())


def _faults(scene: Scene, request: Request) -> Response:
    """Arm a fault, or clear all of them; a form names one of the strip, JSON spells one out."""
    by_form = "json" not in request.headers.get("content-type", "")
    try:
        body: dict[str, Any] = dict(request.form()) if by_form else request.json()
        if "strip" in body:
            system, _, kind, method, path = scene.strip[int(body["strip"])]
            body = {"system": system, "kind": kind, "method": method, "path": path}
        said = _arm(scene, body)
    except (*_WRONG, IndexError) as wrong:
        return _back(wrong=_sentence(wrong)) if by_form else _json({"error": _sentence(wrong)}, 400)
    return _back(said=said) if by_form else _json({"result": said})


def _arm(scene: Scene, body: dict[str, Any]) -> str:
    if body.get("clear"):
        for _, double in scene.doubles.values():
            double.faults.clear()
        return "Nothing will go wrong any more."
    system = body.pop("system", "")
    if system not in scene.doubles:
        raise LookupError(f"no system {system!r}")
    meant: dict[str, Any] = {"method": "*", "path": "*", **body}
    scene.doubles[system][1].faults.add(Fault(**meant))
    return f"Armed: {body.get('kind')}."


# ── what a person can do on the page ──────────────────────────────────────────────────────────────────────────


def _move(scene: Scene, form: Form) -> str:
    scene.crm.move(form["deal"], form["stage"])
    return _stands(scene, form)


def _win(scene: Scene, form: Form) -> str:
    scene.crm.win(form["deal"])
    return _stands(scene, form)


def _unwin(scene: Scene, form: Form) -> str:
    scene.crm.unwin(form["deal"])
    return _stands(scene, form)


def _edit(scene: Scene, form: Form) -> str:
    scene.crm.edit(form["deal"], form["name"], form["amount"])
    return f"{form['name']} saved."


def _edit_line(scene: Scene, form: Form) -> str:
    scene.crm.edit_line(form["line"], form["quantity"], form["price"], form.get("name", ""))
    return f"{form.get('name', 'The line')} saved."


def _approve(scene: Scene, form: Form) -> str:
    scene.world.xero.people.approve(form["invoice"])
    return f"{_number(scene, form)} approved."


def _pay(scene: Scene, form: Form) -> str:
    amount = form.get("amount", "").replace(",", "").replace("$", "").strip() or None
    scene.world.xero.people.pay(form["invoice"], amount)
    return f"{_number(scene, form)} paid {'in full' if amount is None else amount}."


def _remove_payment(scene: Scene, form: Form) -> str:
    scene.world.xero.people.remove_payment(form["payment"])
    return "Payment removed."


def _end(scene: Scene, form: Form) -> str:
    """Xero voids what was approved and deletes what never was."""
    if scene.world.xero.invoices[form["invoice"]]["Status"] in {"DRAFT", "SUBMITTED"}:
        scene.world.xero.people.delete_draft(form["invoice"])
        return f"{_number(scene, form)} deleted."
    scene.world.xero.people.void(form["invoice"])
    return f"{_number(scene, form)} voided."


_ACTS: dict[str, Act] = {
    "move": _move,
    "win": _win,
    "unwin": _unwin,
    "edit": _edit,
    "edit-line": _edit_line,
    "approve": _approve,
    "pay": _pay,
    "remove-payment": _remove_payment,
    "end": _end,
}


def _stands(scene: Scene, form: Form) -> str:
    deal = scene.crm.deal(form["deal"])
    return f"{deal['name']} is now at {deal['stage']}."


def _number(scene: Scene, form: Form) -> str:
    return scene.world.xero.invoices[form["invoice"]].get("InvoiceNumber") or "The invoice"
