"""Pipedrive in memory: its API, its budget of tokens and refusals, and the people who work in its screens."""

from __future__ import annotations

from sandbox.pipedrive.access import API_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from sandbox.pipedrive.account import COMPANY, Switches
from sandbox.pipedrive.answers import Refusal
from sandbox.pipedrive.double import PipedriveDouble

__all__ = [
    "API_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "COMPANY",
    "REFRESH_TOKEN",
    "PipedriveDouble",
    "Refusal",
    "Switches",
]
