"""What a new record holds before anybody says anything about it."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

# Kind → what hangs on it and moves along when it is merged: (key, kind).
HANGING = {
    "deals": (("deal_id", "deal_products"), ("deal_id", "notes")),
    "organizations": (("org_id", "deals"), ("org_id", "persons")),
    "persons": (("person_id", "deals"),),
}
_COMMON: Row = {"is_deleted": False, "visible_to": 3, "label_ids": [], "custom_fields": {}}
BORN: dict[str, Row] = {
    "deals": {
        **_COMMON,
        "value": 0,
        "currency": "AUD",
        "status": "open",
        "person_id": None,
        "org_id": None,
        "probability": None,
        "stage_change_time": None,
        "won_time": None,
        "lost_time": None,
        "close_time": None,
        "lost_reason": None,
        "expected_close_date": None,
        "is_archived": False,
        "archive_time": None,
        "origin": "ManuallyCreated",
        "origin_id": None,
        "channel": None,
        "channel_id": None,
        "source_lead_id": None,
        "mrr": None,
        "arr": None,
        "acv": None,
    },
    "persons": {**_COMMON, "first_name": "", "last_name": "", "org_id": None, "emails": [], "phones": []},
    "organizations": {
        **_COMMON,
        "website": None,
        "industry": None,
        "employee_count": None,
        "annual_revenue": None,
        "linkedin": None,
    },
    "products": {
        **_COMMON,
        "code": "",
        "description": "",
        "unit": "",
        "tax": 0,
        "category": None,
        "is_linkable": True,
        "prices": [],
        "billing_frequency": "one-time",
        "billing_frequency_cycles": None,
    },
    "deal_products": {
        "quantity": 1,
        "discount": 0,
        "discount_type": "percentage",
        "tax": 0,
        "comments": "",
        "is_enabled": True,
        "product_variation_id": None,
        "billing_frequency": "one-time",
        "billing_frequency_cycles": None,
        "billing_start_date": None,
    },
    "pipelines": {"is_deleted": False, "is_deal_probability_enabled": False},
    "stages": {"is_deleted": False, "deal_probability": 100, "is_deal_rot_enabled": False, "days_to_rotten": None},
}
