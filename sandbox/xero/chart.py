"""A believable Australian company's settings: accounts, tax rates, currencies, items, tracking.

Tax rates: https://developer.xero.com/documentation/api/accounting/taxrates (the table for Australia).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.xero.records import Record, frozen

# code, name, type, tax type, system account
_ACCOUNTS = (
    ("090", "Business Bank Account", "BANK", "BASEXCLUDED", ""),
    ("091", "Business Savings Account", "BANK", "BASEXCLUDED", ""),
    ("200", "Sales", "REVENUE", "OUTPUT", ""),
    ("205", "Export Sales", "REVENUE", "EXEMPTEXPORT", ""),
    ("210", "Licences", "REVENUE", "OUTPUT", ""),
    ("215", "GST-free Sales", "REVENUE", "EXEMPTOUTPUT", ""),
    ("260", "Other Revenue", "OTHERINCOME", "OUTPUT", ""),
    ("270", "Interest Income", "OTHERINCOME", "INPUTTAXED", ""),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "INPUT", ""),
    ("400", "Advertising", "EXPENSE", "INPUT", ""),
    ("404", "Bank Fees", "EXPENSE", "EXEMPTEXPENSES", ""),
    ("412", "Consulting & Accounting", "EXPENSE", "INPUT", ""),
    ("425", "Freight & Courier", "EXPENSE", "INPUT", ""),
    ("429", "General Expenses", "EXPENSE", "INPUT", ""),
    ("433", "Insurance", "EXPENSE", "INPUT", ""),
    ("453", "Office Expenses", "EXPENSE", "INPUT", ""),
    ("469", "Rent", "EXPENSE", "INPUT", ""),
    ("477", "Wages and Salaries", "EXPENSE", "BASEXCLUDED", ""),
    ("485", "Subscriptions", "EXPENSE", "INPUT", ""),
    ("497", "Bank Revaluations", "EXPENSE", "BASEXCLUDED", "BANKCURRENCYGAIN"),
    ("498", "Unrealised Currency Gains", "EXPENSE", "BASEXCLUDED", "UNREALISEDCURRENCYGAIN"),
    ("499", "Realised Currency Gains", "EXPENSE", "BASEXCLUDED", "REALISEDCURRENCYGAIN"),
    ("610", "Accounts Receivable", "CURRENT", "BASEXCLUDED", "DEBTORS"),
    ("630", "Inventory", "INVENTORY", "BASEXCLUDED", ""),
    ("710", "Office Equipment", "FIXED", "CAPEXINPUT", ""),
    ("800", "Accounts Payable", "CURRLIAB", "BASEXCLUDED", "CREDITORS"),
    ("820", "GST", "CURRLIAB", "BASEXCLUDED", "GST"),
    ("835", "Revenue Received in Advance", "CURRLIAB", "OUTPUT", ""),
    ("840", "Historical Adjustment", "CURRLIAB", "BASEXCLUDED", "HISTORICAL"),
    ("860", "Rounding", "CURRLIAB", "BASEXCLUDED", "ROUNDING"),
    ("877", "Tracking Transfers", "CURRLIAB", "BASEXCLUDED", "TRACKINGTRANSFERS"),
    ("900", "Loan", "TERMLIAB", "BASEXCLUDED", ""),
    ("960", "Retained Earnings", "EQUITY", "BASEXCLUDED", "RETAINEDEARNINGS"),
    ("970", "Owner A Share Capital", "EQUITY", "BASEXCLUDED", ""),
)

_CLASSES = {
    "BANK": "ASSET",
    "CURRENT": "ASSET",
    "FIXED": "ASSET",
    "INVENTORY": "ASSET",
    "REVENUE": "REVENUE",
    "OTHERINCOME": "REVENUE",
    "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE",
    "CURRLIAB": "LIABILITY",
    "TERMLIAB": "LIABILITY",
    "EQUITY": "EQUITY",
}

# The flags of a tax rate, in the order of the letters below.
APPLIES_TO = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}

# tax type, name, rate, which classes of account it fits (asset, equity, expense, liability, revenue)
_TAX_RATES = (
    ("OUTPUT", "GST on Income", "10", "yynyy"),
    ("EXEMPTOUTPUT", "GST Free Income", "0", "yynyy"),
    ("EXEMPTEXPORT", "GST Free Exports", "0", "yynyy"),
    ("INPUTTAXED", "Input Taxed", "0", "yyyyy"),
    ("BASEXCLUDED", "BAS Excluded", "0", "yyyyy"),
    ("INPUT", "GST on Expenses", "10", "yyyyn"),
    ("EXEMPTEXPENSES", "GST Free Expenses", "0", "yyyyn"),
    ("CAPEXINPUT", "GST on Capital", "10", "yyyyn"),
    ("EXEMPTCAPITAL", "GST Free Capital", "0", "yyyyn"),
    ("GSTONIMPORTS", "GST on Imports", "0", "nnnyn"),
    ("GSTONCAPIMPORTS", "GST on Capital Imports", "0", "nnnyn"),
)
_REPORTED_AS = {"CAPEXINPUT": "CAPITALEXINPUT"}

# Units of the currency for one Australian dollar: the day's rate in a world where it never moves.
CURRENCIES = {
    "AUD": ("Australian Dollar", Decimal(1)),
    "USD": ("United States Dollar", Decimal("0.6543")),
    "NZD": ("New Zealand Dollar", Decimal("1.1012")),
    "EUR": ("Euro", Decimal("0.5618")),
    "GBP": ("British Pound", Decimal("0.4872")),
}

_ITEMS = (
    ("LIC-STD", "Standard licence", "Standard licence, 12 months", "1200.00", "210", "OUTPUT"),
    ("INSTALL", "Installation", "Installation on site, per hour", "145.00", "200", "OUTPUT"),
    ("TRAINING", "Training day", "Training at your office, per day", "1650.00", "200", "OUTPUT"),
)

_TRACKING = (("Region", ("NSW", "VIC", "QLD", "WA")), ("Department", ("Projects", "Service")))


def accounts(new_id: Callable[[], str], updated: str) -> dict[str, Record]:
    """The chart of accounts by code."""
    found: dict[str, Record] = {}
    for code, name, kind, tax_type, system in _ACCOUNTS:
        found[code] = Record(
            AccountID=new_id(),
            Code=code,
            Name=name,
            Status="ACTIVE",
            Type=kind,
            TaxType=tax_type,
            Class=_CLASSES[kind],
            EnablePaymentsToAccount=False,
            ShowInExpenseClaims=False,
            HasAttachments=False,
            AddToWatchlist=False,
            UpdatedDateUTC=updated,
            **({"SystemAccount": system} if system else {}),
            **({"BankAccountType": "BANK", "CurrencyCode": "AUD"} if kind == "BANK" else {}),
        )
    return found


def tax_rates() -> dict[str, Record]:
    """Every tax rate by its type."""
    found: dict[str, Record] = {}
    for tax_type, name, rate, fits in _TAX_RATES:
        flags = {flag: letter == "y" for flag, letter in zip(APPLIES_TO.values(), fits, strict=True)}
        component = {"Name": "GST", "Rate": Decimal(rate), "IsCompound": False, "IsNonRecoverable": False}
        found[tax_type] = frozen(
            {
                "Name": name,
                "TaxType": tax_type,
                "ReportTaxType": _REPORTED_AS.get(tax_type, tax_type),
                **flags,
                "DisplayTaxRate": Decimal(rate),
                "EffectiveRate": Decimal(rate),
                "Status": "ACTIVE",
                "TaxComponents": [component],
            }
        )
    return found


def items(new_id: Callable[[], str], updated: str) -> dict[str, Record]:
    """Products by code, none of them tracked as stock."""
    found: dict[str, Record] = {}
    for code, name, description, price, account, tax_type in _ITEMS:
        sales: dict[str, Any] = {"UnitPrice": Decimal(price), "AccountCode": account, "TaxType": tax_type}
        found[code] = frozen(
            {
                "ItemID": new_id(),
                "Code": code,
                "Name": name,
                "Description": description,
                "IsSold": True,
                "IsPurchased": False,
                "IsTrackedAsInventory": False,
                "SalesDetails": sales,
                "UpdatedDateUTC": updated,
            }
        )
    return found


def tracking(new_id: Callable[[], str]) -> dict[str, Record]:
    """The two tracking categories by name."""
    found: dict[str, Record] = {}
    for name, options in _TRACKING:
        found[name] = frozen(
            {
                "Name": name,
                "Status": "ACTIVE",
                "TrackingCategoryID": new_id(),
                "Options": [{"TrackingOptionID": new_id(), "Name": option, "Status": "ACTIVE"} for option in options],
            }
        )
    return found


def organisation(new_id: Callable[[], str], name: str, created: str) -> Record:
    """The company itself; its ABN is a worked example, not a customer's."""
    return frozen(
        {
            "OrganisationID": new_id(),
            "Name": name,
            "LegalName": name,
            "PaysTax": True,
            "Version": "AU",
            "OrganisationType": "COMPANY",
            "OrganisationEntityType": "COMPANY",
            "BaseCurrency": "AUD",
            "CountryCode": "AU",
            "IsDemoCompany": False,
            "OrganisationStatus": "ACTIVE",
            "RegistrationNumber": "53004085616",
            "TaxNumber": "53004085616",
            "FinancialYearEndDay": 30,
            "FinancialYearEndMonth": 6,
            "SalesTaxBasis": "ACCRUALS",
            "SalesTaxPeriod": "QUARTERLY1",
            "DefaultSalesTax": "Tax Exclusive",
            "DefaultPurchasesTax": "Tax Inclusive",
            "CreatedDateUTC": created,
            "Timezone": "AUSEASTERNSTANDARDTIME",
            "ShortCode": "!s4ndB",
            "Edition": "BUSINESS",
            "Class": "STANDARD",
            "LineOfBusiness": "Office fit-outs",
            "Addresses": [],
            "Phones": [],
            "ExternalLinks": [],
            "PaymentTerms": {"Sales": {"Day": 14, "Type": "DAYSAFTERBILLDATE"}},
        }
    )
