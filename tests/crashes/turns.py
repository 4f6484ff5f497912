"""The stages of a round, one at a time, so that two workers can take turns."""

from __future__ import annotations

from collections.abc import Iterator

from stages import capture, create, exceptions, map_gst, match, sync_back
from stages.pair import Pair


def stages_of(pair: Pair) -> Iterator[None]:
    """One round, stage by stage."""
    capture.notice_deals(pair)
    yield
    deals = capture.take_deals(pair)
    yield
    customers = match.match(pair, deals)
    yield
    plans = map_gst.map_gst(pair, deals, customers)
    yield
    exceptions.route_exceptions(pair, deals, customers, plans)
    yield
    create.create(pair)
    yield
    sync_back.sync_back(pair)
