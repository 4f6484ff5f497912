"""What a run leaves for people to find in the Prefect UI: its name and tags, events of deals, tables.

Outside a flow run every function here does nothing. The server keeps all of it in clear: ids, codes, amounts and states
only, never a name, an address or a text that someone wrote.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.logging import get_run_logger

NAMED = 5
"""How many deals the name of a run spells out."""

TAGGED = 50
"""How many tags a run gets: each travels as a related resource with every event of the run, which may carry 100."""


class Said(TypedDict, total=False):
    """What an event of a deal may say; the list is closed, so that personal data has no place to go."""

    stage: str
    outcome: str
    rule: str
    milestone: str
    invoice_id: str
    invoice_number: str
    status: str
    question: str
    total: Decimal
    tax: Decimal
    paid: Decimal
    due: Decimal


def name_run(pair: str, deals: Sequence[str] = ()) -> None:
    """Name the current flow run by its pair and deals, and tag it with them beside the tags it has."""
    run_id = current_run()
    if run_id is None:
        return
    with get_client(sync_client=True) as client:
        tags = run_tags(client.read_flow_run(run_id).tags, pair, deals)
        client.update_flow_run(run_id, name=run_name(pair, deals), tags=tags)


def emit(pair: str, deal: str, event: str, payload: Said | None = None) -> None:
    """Put ``wonbooks.deal.<event>`` into the event feed, found there by the deal, the pair and the run."""
    if current_run() is None:
        return
    emit_event(
        f"wonbooks.deal.{event}",
        resource={"prefect.resource.id": f"wonbooks.deal.{pair}.{deal}", "prefect.resource.name": f"deal {deal}"},
        related=[{"prefect.resource.id": f"wonbooks.pair.{pair}", "prefect.resource.role": "pair"}],
        payload={"pair": pair, "deal": deal, **in_json(payload or {})},
    )


def table(key: str, rows: Iterable[Mapping[str, object]], description: str = "") -> None:
    """Publish a table artifact; those of one key are shown as versions of one table."""
    if current_run() is None:
        return
    create_table_artifact([in_json(row) for row in rows], key=artifact_key(key), description=description or None)


def markdown(key: str, text: str, description: str = "") -> None:
    """Publish a page; those of one key are shown as versions of one page."""
    if current_run() is not None:
        create_markdown_artifact(text, key=artifact_key(key), description=description or None)


def progress(key: str) -> Callable[[str, int, int], None]:
    """Shows how far a long reading is: a line in the log for each tenth of it, and a bar."""
    shown: dict[str, int] = {}
    bar: list[UUID] = []

    def tell(what: str, done: int, of: int) -> None:
        tenths = 10 * done // of if of else -(done // 1000)
        if current_run() is None or shown.get(what) == tenths:
            return
        shown[what] = tenths
        get_run_logger().info("%s: %d%s", what, done, f" of {of}" if of else "")
        if not of:
            return
        if not bar:
            made = create_progress_artifact(0.0, key=artifact_key(f"progress {key}"), description=what)
            bar.append(made if isinstance(made, UUID) else UUID(str(made)))
        update_progress_artifact(bar[0], 100.0 * done / of, description=f"{what}: {done} of {of}")

    return tell


def current_run() -> UUID | None:
    context = FlowRunContext.get()
    return context.flow_run.id if context is not None and context.flow_run is not None else None


def run_name(pair: str, deals: Sequence[str]) -> str:
    """``acme: 101 102 103 104 105 and 7 more``."""
    if not deals:
        return f"{pair}: nothing new"
    more = f" and {len(deals) - NAMED} more" if len(deals) > NAMED else ""
    return f"{pair}: {' '.join(deals[:NAMED])}{more}"


def run_tags(tags: Iterable[str], pair: str, deals: Sequence[str]) -> list[str]:
    """Tags without doubles, in order, at most ``TAGGED``."""
    return list(dict.fromkeys([*tags, f"pair:{pair}", *(f"deal:{deal}" for deal in deals)]))[:TAGGED]


def artifact_key(text: str) -> str:
    """The text as Prefect wants a key: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def in_json(values: Mapping[str, object]) -> dict[str, Any]:
    """Numbers, flags and ``None`` as they are, all else as text: an amount keeps its cents."""
    return {key: value if isinstance(value, int | float | None) else str(value) for key, value in values.items()}
