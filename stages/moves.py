"""Where deals may be moved to, and moves that waited: a deal that a person moved elsewhere meanwhile stays there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from domain.rules import ANY, WON
from domain.write_back import State, stage_names
from ledger import inbox, outbox
from ledger.tables import Effect
from stages.pair import Pair

# Until then what was read when it was decided is fresh.
WAITED = timedelta(minutes=1)


def stages_of(pair: Pair, stage_now: str) -> dict[State, str]:
    """The ids of the stages for states of invoices, in the pipeline where the deal stands."""
    pipeline = pipeline_of(pair, stage_now)
    names = stage_names(pair.rules.write_back)
    return {state: stage for state, name in names.items() if (stage := pair.stage_id(pipeline, name))}


def trigger(pair: Pair, stage_now: str) -> str:
    """The stage itself if a rule makes invoices of it, or of any: only from there is a deal moved to Paid."""
    pipeline = pipeline_of(pair, stage_now)
    named = {rule.stage.strip().casefold() for rule in pair.rules.invoices}
    wanted = {pair.stage_id(pipeline, stage) for stage in named}
    return stage_now if named & {WON, ANY} or stage_now in wanted else ""


def pipeline_of(pair: Pair, stage: str) -> str:
    """The pipeline that a stage is of, "" for none."""
    return next((p.id for p in pair.pipelines() if stage in p.stages or stage == p.won), "") if stage else ""


def still_wanted(pair: Pair, moves: Sequence[Effect]) -> list[Effect]:
    """Those of these moves whose deals still stand where we may move them from; the others are decided anew.

    Costs a call where any waited.
    """
    late = {m.subject.removeprefix("deal:"): m for m in moves if m.attempts > 1 or pair.now() - m.created_at > WAITED}
    if not late:
        return list(moves)
    elsewhere: set[str] = set()
    for deal, stage in pair.crm.stages(sorted(late), marks=pair.marks_won()).items():
        told = outbox.facts(late[deal].plan)["fields"].values() if deal in late else [stage]
        if stage not in {*told, *stages_of(pair, stage).values()}:
            elsewhere.add(deal)
    with pair.ledger.write() as session:
        for deal in sorted(elsewhere):
            if outbox.move(session, late[deal], "sending", "withdrawn"):
                invoice = outbox.facts(late[deal].plan)["invoice"]
                inbox.notice(session, pair.name, inbox.INVOICES, [invoice], pair.now())
    return [move for move in moves if move.subject.removeprefix("deal:") not in elsewhere]
