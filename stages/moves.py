"""Stage moves that waited before they left: a deal that a person moved elsewhere meanwhile stays there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from ledger import inbox, outbox
from ledger.tables import Effect
from stages.pair import Pair

# Until then what was read when it was decided is fresh.
WAITED = timedelta(minutes=1)


def still_wanted(pair: Pair, moves: Sequence[Effect], ours: Callable[[str], Collection[str]]) -> list[Effect]:
    """Those of these moves whose deals still stand where we may move them from; the others are decided anew.

    ``ours`` are the stages of a stage's pipeline that stand for states of invoices. Costs a call where any waited.
    """
    late = {m.subject.removeprefix("deal:"): m for m in moves if m.attempts > 1 or pair.now() - m.created_at > WAITED}
    if not late:
        return list(moves)
    elsewhere: set[str] = set()
    for deal, stage in pair.crm.stages(sorted(late), marks=pair.marks_won()).items():
        told = outbox.facts(late[deal].plan)["fields"].values() if deal in late else [stage]
        if stage not in {*told, *ours(stage)}:
            elsewhere.add(deal)
    with pair.ledger.write() as session:
        for deal in sorted(elsewhere):
            if outbox.move(session, late[deal], "sending", "withdrawn"):
                invoice = outbox.facts(late[deal].plan)["invoice"]
                inbox.notice(session, pair.name, inbox.INVOICES, [invoice], pair.now())
    return [move for move in moves if move.subject.removeprefix("deal:") not in elsewhere]
