"""HubSpot in memory: the CRM API, its search, limits and refusals, and the people who work in its screens."""

from __future__ import annotations

from sandbox.hubspot.access import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, STATIC_TOKEN
from sandbox.hubspot.account import APP_ID, PORTAL_ID, Record, Switches
from sandbox.hubspot.answers import Refusal
from sandbox.hubspot.double import HubSpotDouble

__all__ = [
    "APP_ID",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "PORTAL_ID",
    "REFRESH_TOKEN",
    "STATIC_TOKEN",
    "HubSpotDouble",
    "Record",
    "Refusal",
    "Switches",
]
