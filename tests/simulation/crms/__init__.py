"""The CRMs of the histories: all that is one vendor's, for people who work in it and for the judges.

To play histories on another CRM, write a ``Side`` for it and enter it in ``SIDES``.
"""

from __future__ import annotations

from tests.simulation.crms.hubspot import HubSpotSide
from tests.simulation.crms.pipedrive import PipedriveSide
from tests.simulation.crms.salesforce import SalesforceSide
from tests.simulation.crms.side import Known, Line, NoSuchThing, Side

__all__ = ["SIDES", "Known", "Line", "NoSuchThing", "Side"]

SIDES: dict[str, type[Side]] = {each.system: each for each in (HubSpotSide, PipedriveSide, SalesforceSide)}
