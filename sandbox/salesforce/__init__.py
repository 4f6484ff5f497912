"""Salesforce in memory: its REST API, sign-in, limits and refusals, and the people who work in its screens."""

from __future__ import annotations

from sandbox.salesforce.access import CONSUMER_KEY, CONSUMER_SECRET, LOGIN, USERNAME
from sandbox.salesforce.answers import Refusal
from sandbox.salesforce.double import SalesforceDouble
from sandbox.salesforce.messages import outbound_message
from sandbox.salesforce.org import DOMAIN, ORG_ID, Record, Switches

__all__ = [
    "CONSUMER_KEY",
    "CONSUMER_SECRET",
    "DOMAIN",
    "LOGIN",
    "ORG_ID",
    "USERNAME",
    "Record",
    "Refusal",
    "SalesforceDouble",
    "Switches",
    "outbound_message",
]
