"""What goes wrong outside, in one sentence for whoever waits for it."""

from __future__ import annotations

from connectors.errors import ConnectorError, NotConnected, OutcomeUnknown, Rejected, Throttled, TryLater
from stages.asking import OtherOrganisation

NAMES = {"xero": "Xero", "hubspot": "HubSpot", "pipedrive": "Pipedrive", "salesforce": "Salesforce"}

# What those may catch who don't know the connectors.
OutsideTrouble = ConnectorError


def outside(trouble: ConnectorError) -> str:
    """What happened, and what to do."""
    name = NAMES.get(trouble.system, trouble.system)
    match trouble:
        case Throttled(daily=True):
            return (
                f"{name}'s calls for today are used up. Nothing is lost; it goes on by itself {_when(trouble.pause)}."
            )
        case Throttled():
            return f"{name} asks us to slow down. Nothing is lost; try again {_when(trouble.pause)}."
        case OtherOrganisation():
            return f"{name} is {trouble.detail}. Nothing was written; the review list says which."
        case NotConnected():
            return f"{name} does not let us in: {trouble.detail}."
        case TryLater():
            return f"{name} can't be reached now ({trouble.detail}). Nothing is lost; try again in a few minutes."
        case OutcomeUnknown():
            return f"{name}'s answer was lost. Nothing is lost here: the next run looks before it repeats anything."
        case Rejected():
            return f"{name} refused {trouble.call}: {' '.join(trouble.words) or 'without saying why'}"
        case _:
            return f"{name}: {trouble.call} found nothing there."


def _when(seconds: float) -> str:
    if seconds < 90:
        return f"in {max(1, round(seconds))} seconds"
    if seconds < 5400:
        return f"in {round(seconds / 60)} minutes"
    return f"in {round(seconds / 3600)} hours"
