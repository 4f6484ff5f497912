"""Xero in memory: the Accounting API, its identity server, and the people who work in its screens."""

from __future__ import annotations

from sandbox.xero.double import XeroDouble
from sandbox.xero.records import Record, Refused

__all__ = ["Record", "Refused", "XeroDouble"]
