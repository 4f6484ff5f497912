"""Who and what the company of the demo deals with: its customers, products and deals.

Everybody here is invented. The ABNs have sound check digits and end in 999 000 nnn, which is no company's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SELLER_ABN = "91999000111"

NEW_BUSINESS = {
    "Appointment scheduled": "open",
    "Proposal sent": "open",
    "Closed won": "won",
    "Paid": "won",
    "Closed lost": "lost",
}
RENEWALS = {"Coming up": "open", "Quote sent": "open", "Renewed": "won", "Paid": "won", "Not renewed": "lost"}
PIPELINES = {"New business": NEW_BUSINESS, "Renewals": RENEWALS}

# code, name, price
PRODUCTS = (
    ("CONSULT-BRAND", "Brand consulting, per hour", "185.00"),
    ("CONSULT-WEB", "Web design and build, per hour", "165.00"),
    ("CONSULT-STRATEGY", "Digital strategy, per day", "1480.00"),
    ("LICENCE", "Harbourline CMS licence, 12 months", "1140.00"),
    ("TRAVEL", "Travel to site", "220.00"),
    ("EXPORT-DESIGN", "Design services, overseas, per hour", "190.00"),
    ("WORKSHOP", "Team workshop, per day", "2400.00"),
)

# Companies of the CRM by a short name: what HubSpot knows of each.
COMPANIES: dict[str, dict[str, str]] = {
    "bellbird": {
        "name": "Bellbird Café Pty Ltd",
        "abn": "40 999 000 222",
        "domain": "bellbirdcafe.example",
        "address": "14 Norton Street",
        "city": "Leichhardt",
        "state": "NSW",
        "zip": "2040",
        "phone": "(02) 5550 1420",
    },
    "yarra": {
        "name": "Yarra Bend Allied Health Pty Ltd",
        "abn": "78 999 000 333",
        "domain": "yarrabendhealth.example",
        "city": "Fairfield",
        "state": "VIC",
        "zip": "3078",
    },
    "surf": {
        "name": "Northern Rivers Surf Co-operative Ltd",
        "domain": "nrsurf.example",
        "address": "2/31 Jonson Street",
        "city": "Byron Bay",
        "state": "NSW",
        "zip": "2481",
    },
    "meridian": {"name": "Meridian Partners Pty Ltd", "city": "Melbourne", "state": "VIC", "zip": "3000"},
    "saltbush": {
        "name": "Saltbush & Sons Pty Ltd",
        "abn": "27 999 000 444",
        "domain": "saltbushandsons.example",
        "address": "8 Argent Street",
        "city": "Broken Hill",
        "state": "NSW",
        "zip": "2880",
    },
    "timbers": {
        "name": "Tall Timbers Brewing Co. Pty Ltd",
        "abn": "65 999 000 555",
        "domain": "talltimbers.example",
        "city": "Manjimup",
        "state": "WA",
        "zip": "6258",
    },
    "kowhai": {
        "name": "Kōwhai Learning Limited",
        "domain": "kowhailearning.example",
        "city": "Wellington",
        "zip": "6011",
        "country": "New Zealand",
    },
    "wattle": {
        "name": "The Trustee for The Wattle Street Trust",
        "abn": "14 999 000 666",
        "city": "Ultimo",
        "state": "NSW",
        "zip": "2007",
    },
    "ngaio": {
        "name": "Ngaio & Reid Architects",
        "abn": "52 999 000 777",
        "domain": "ngaioreid.example",
        "city": "Hobart",
        "state": "TAS",
        "zip": "7000",
    },
    "opal": {
        "name": "Coober Pedy Opal Exchange Pty Ltd",
        "abn": "90 999 000 888",
        "city": "Coober Pedy",
        "state": "SA",
        "zip": "5723",
    },
    "dunes": {
        "name": "Stockton Dunes Adventure Tours P/L",
        "abn": "39 999 000 999",
        "domain": "stocktondunes.example",
        "city": "Anna Bay",
        "state": "NSW",
        "zip": "2316",
    },
}

# Persons: the company they work for, or none for somebody who buys on their own account.
PERSONS: dict[str, tuple[str, dict[str, str]]] = {
    "mia": ("bellbird", {"email": "mia.tran@bellbirdcafe.example", "firstname": "Mia", "lastname": "Tran"}),
    "dev": ("yarra", {"email": "dev.anand@yarrabendhealth.example", "firstname": "Dev", "lastname": "Anand"}),
    "zoe": ("saltbush", {"email": "zoe.saltbush@saltbushandsons.example", "firstname": "Zoë", "lastname": "Bush"}),
    "siobhan": (
        "",
        {
            "email": "siobhan@obrien-illustration.example",
            "firstname": "Siobhán",
            "lastname": "O'Brien",
            "city": "Fremantle",
            "state": "WA",
            "zip": "6160",
        },
    ),
}

# Customers that Xero has already, some under another name: name → further fields in Xero's words.
XERO_CONTACTS: dict[str, dict[str, Any]] = {
    "Bellbird Cafe": {"TaxNumber": "40999000222", "EmailAddress": "office@bellbirdcafe.example"},
    "Yarra Bend Allied Health Pty Ltd": {"TaxNumber": "78 999 000 333"},
    "Siobhan O’Brien": {"EmailAddress": "siobhan@obrien-illustration.example"},
    "Northern Rivers Surf Co-operative Ltd": {
        "Addresses": [{"AddressType": "POBOX", "City": "Byron Bay", "Region": "NSW", "PostalCode": "2481"}]
    },
    "Meridian Partners": {"Addresses": [{"AddressType": "POBOX", "City": "Melbourne", "PostalCode": "3000"}]},
    "Meridian Partners P/L": {"Addresses": [{"AddressType": "POBOX", "City": "Melbourne", "PostalCode": "3000"}]},
    "Coober Pedy Opal Exchange": {"TaxNumber": "90999000888"},
    "Meadowbank Print & Sign": {"EmailAddress": "hello@meadowbankprint.example"},
}

Lines = tuple[Mapping[str, Any], ...]

# short name, deal, customer, pipeline, stage, lines
DEALS: tuple[tuple[str, str, str, str, str, Lines], ...] = (
    (
        "known_by_abn",
        "Brand refresh",
        "bellbird",
        "New business",
        "Proposal sent",
        ({"product": "CONSULT-BRAND", "quantity": 24}, {"product": "TRAVEL", "quantity": 2}),
    ),
    (
        "known_by_email",
        "Portfolio site",
        "siobhan",
        "New business",
        "Proposal sent",
        ({"product": "CONSULT-WEB", "quantity": "12.5"},),
    ),
    (
        "known_by_name",
        "Membership site",
        "surf",
        "New business",
        "Proposal sent",
        (
            {"product": "CONSULT-WEB", "quantity": 40, "discount_percent": 10},
            {"product": "LICENCE", "quantity": 1},
        ),
    ),
    (
        "new_customer",
        "Online store",
        "saltbush",
        "New business",
        "Proposal sent",
        ({"product": "CONSULT-STRATEGY", "quantity": 2}, {"product": "CONSULT-WEB", "quantity": 60}),
    ),
    (
        "look_alikes",
        "Investor deck",
        "meridian",
        "New business",
        "Proposal sent",
        ({"product": "CONSULT-BRAND", "quantity": 18},),
    ),
    (
        "unmapped",
        "Team days in Manjimup",
        "timbers",
        "New business",
        "Proposal sent",
        ({"product": "WORKSHOP", "quantity": 2}, {"product": "TRAVEL", "quantity": 3, "price": "415.50"}),
    ),
    (
        "export",
        "Course platform",
        "kowhai",
        "New business",
        "Proposal sent",
        ({"product": "EXPORT-DESIGN", "quantity": 30},),
    ),
    (
        "mixed",
        "Clinic wayfinding",
        "yarra",
        "New business",
        "Appointment scheduled",
        (
            {"product": "CONSULT-BRAND", "quantity": "7.25", "price": "148.35"},
            {"product": "TRAVEL", "quantity": 3, "price": "33.3350"},
        ),
    ),
    (
        "small",
        "Website health check",
        "wattle",
        "New business",
        "Appointment scheduled",
        ({"product": "CONSULT-WEB", "quantity": 4},),
    ),
    (
        "discounted",
        "Competition boards",
        "ngaio",
        "New business",
        "Appointment scheduled",
        ({"product": "CONSULT-BRAND", "quantity": 10, "discount": "15.00"},),
    ),
    ("renewal", "CMS licence", "bellbird", "Renewals", "Quote sent", ({"product": "LICENCE", "quantity": 1},)),
    ("renewal_of_several", "CMS licences", "opal", "Renewals", "Quote sent", ({"product": "LICENCE", "quantity": 3},)),
    ("renewal_coming_up", "Booking licence", "dunes", "Renewals", "Coming up", ({"product": "LICENCE"},)),
)
