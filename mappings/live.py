"""Whether everything a mapping names exists in the CRM and in Xero, as both are right now: values in, problems out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.booking import sales_account, sales_rate
from domain.records import Books, TaxRate
from domain.rules import ANY, WON, ProductRule, Rules
from domain.write_back import stage_names
from mappings import reference_text
from mappings.problems import Path, Place, Problem, did_you_mean, nearest, quoted

# The rates that an organisation on Xero's "basic tax rates" has archived, with what Xero itself puts in their place
# for revenue: https://help.xero.com/au/Tax-AboutRateOptions
_NOT_BASIC = ("exemptexport", "inputtaxed", "gst free exports", "input taxed")
_INSTEAD = "GST Free Income"


@dataclass(frozen=True, slots=True)
class Crm:
    """What the CRM account offers: stages by pipeline, as it shows them, and those of the named fields it lacks.

    ``makes_fields``: Wonbooks can create them there; ``own_fields`` are those of the customers' fields that are there,
    by what they hold; ``owners`` the names and ids of whoever may own a deal, where a rule asks for them;
    ``marks_won``: deals are marked as won there, whatever their stage; ``unknown`` are companies that are named by
    their ids and are not there; ``tells_rhythm``: it says how often a line recurs; ``files_need`` the permission
    that files on deals take; ``gives_files``: the files of deals can be read; ``takes_notes``: deals can have notes.
    """

    pipelines: Mapping[str, Sequence[str]]
    missing_fields: Sequence[str] = ()
    makes_fields: bool = True
    owners: Sequence[str] = ()
    own_fields: frozenset[str] = frozenset()
    marks_won: bool = False
    unknown: Sequence[str] = ()
    tells_rhythm: bool = True
    files_need: str = ""
    gives_files: bool = False
    takes_notes: bool = True


@dataclass(frozen=True, slots=True)
class _Check:
    rules: Rules
    crm: Crm
    books: Books
    places: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    file: str = ""

    def problem(self, path: Path, sentence: str, hint: str = "", *, warning: bool = False) -> Problem:
        while path and path not in self.places:
            path = path[:-1]
        return Problem(self.file, *self.places.get(path, (0, 0)), sentence, hint, warning)


def check_live(
    rules: Rules, books: Books, crm: Crm, *, places: Mapping[Path, Place] | None = None, file: str = ""
) -> list[Problem]:
    """Everything the mapping names that isn't there or can't be used, in the order of the file.

    ``places`` and ``file`` are those of ``mappings.loader.Reading``, for problems to say where they are.
    """
    check = _Check(rules, crm, books, places or {}, file or f"{rules.pair}.yaml")
    found = [
        *_organisation(check),
        *_stages(check),
        *_looks(check),
        *_can(check),
        *_owners(check),
        *_payers(check),
        *_products(check),
        *_fields(check),
        *_own(check),
    ]
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.column))


def _organisation(check: _Check) -> Iterator[Problem]:
    wanted, found = check.rules.xero.organisation, check.books.organisation.name
    if wanted != found:
        sentence = f"Xero is connected to {quoted(found)}, not to {quoted(wanted)}."
        hint = "Write the name exactly as Xero shows it, or connect the other organisation."
        yield check.problem(("xero", "organisation"), sentence, hint)
    if not check.books.organisation.pays_tax and any(rule.amounts_are != "no tax" for rule in check.rules.invoices):
        sentence = f"{quoted(found)} isn't registered for GST in Xero, so its invoices can't have any."
        yield check.problem(("xero", "organisation"), sentence, 'Write "amounts are: no tax", or mend it in Xero.')


def _stages(check: _Check) -> Iterator[Problem]:
    ours = stage_names(check.rules.write_back)
    known = {_plain(name): stages for name, stages in check.crm.pipelines.items()}
    for index, rule in enumerate(check.rules.invoices):
        path: Path = ("invoices", index)
        stages = known.get(_plain(rule.pipeline))
        if stages is None:
            sentence = f"The CRM has no pipeline {quoted(rule.pipeline)}."
            yield check.problem((*path, "pipeline"), sentence, _meant(rule.pipeline, check.crm.pipelines))
            continue
        if _plain(rule.stage) not in {WON, ANY, *map(_plain, stages)}:
            sentence = f"The pipeline {quoted(rule.pipeline)} has no stage {quoted(rule.stage)}."
            yield check.problem((*path, "stage"), sentence, _meant(rule.stage, stages))
        for state, name in ours.items():
            if _plain(name) not in {*map(_plain, stages), *([WON] if check.crm.marks_won else [])}:
                sentence = (
                    f"The pipeline {quoted(rule.pipeline)} has no stage {quoted(name)} for {state} deals to move to."
                )
                where = ("write back", f"move to stage when {state}")
                yield check.problem(where, sentence, _meant(name, stages) or "Add the stage in the CRM.")


def _looks(check: _Check) -> Iterator[Problem]:
    """Themes, tracking, and what Xero's plan does not allow."""
    categories, themes = dict(check.books.tracking), [name for _, name in check.books.themes]
    for index, rule in enumerate(check.rules.invoices):
        path: Path = ("invoices", index)
        if rule.branding_theme and _plain(rule.branding_theme) not in map(_plain, themes):
            sentence = f"Xero has no branding theme {quoted(rule.branding_theme)}."
            yield check.problem((*path, "branding theme"), sentence, _meant(rule.branding_theme, themes))
        for at, each in enumerate(rule.tracking):
            where: Path = (*path, "tracking", at)
            options = next((o for name, o in categories.items() if _plain(name) == _plain(each.category)), None)
            if options is None:
                sentence = f"Xero has no tracking category {quoted(each.category)}."
                yield check.problem((*where, "category"), sentence, _meant(each.category, categories))
            elif each.option and _plain(each.option) not in map(_plain, options):
                sentence = f"The tracking category {quoted(each.category)} has no option {quoted(each.option)}."
                yield check.problem((*where, "option"), sentence, _meant(each.option, options))
        if "CreateDraftInvoice" in check.books.forbidden:
            sentence = "Your plan with Xero does not let draft invoices be made."
            yield check.problem((*path, "create"), sentence, "Change the plan in Xero.", warning=True)
        if rule.create == "authorised" and "CreateApprovedInvoice" in check.books.forbidden:
            sentence = "Your plan with Xero does not let further invoices be approved."
            hint = "Write draft, or change the plan in Xero."
            yield check.problem((*path, "create"), sentence, hint, warning=True)


def _can(check: _Check) -> Iterator[Problem]:
    """What the CRM can't tell, and what its key needs for what is wanted."""
    for index, rule in enumerate(check.rules.invoices):
        if rule.recurring_lines == "template" and not check.crm.tells_rhythm:
            sentence = "This CRM does not say how often a line recurs, so that a person is asked about each such deal."
            hint = "Write ask, or first period."
            yield check.problem(("invoices", index, "recurring lines"), sentence, hint, warning=True)
        if rule.attach != "never" and not check.crm.gives_files:
            sentence = "The files of deals can't be read from this CRM yet, so that none is attached."
            yield check.problem(("invoices", index, "attach"), sentence, "Write never.", warning=True)
        elif rule.attach != "never":
            ours = f", the CRM's key {quoted(check.crm.files_need)}" if check.crm.files_need else ""
            sentence = f'For attachments the connection to Xero needs the permission "accounting.attachments"{ours}.'
            yield check.problem(("invoices", index, "attach"), sentence, "Add it there, if it lacks.", warning=True)
    if check.rules.write_back.note != "never" and not check.crm.takes_notes:
        sentence = "This CRM's deals get no notes from Wonbooks, so that none is written."
        yield check.problem(("write back", "note"), sentence, "Write never.", warning=True)
    if check.rules.write_back.pdf != "never" and check.crm.files_need:
        sentence = f"For PDFs on deals the key needs the permission {quoted(check.crm.files_need)}."
        yield check.problem(("write back", "pdf"), sentence, "Add it in the CRM, if it lacks.", warning=True)


def _owners(check: _Check) -> Iterator[Problem]:
    """People whose deals a rule is for."""
    for index, rule in enumerate(check.rules.invoices):
        for name in rule.owners:
            if _plain(name) not in map(_plain, check.crm.owners):
                sentence = f"The CRM has nobody called {quoted(name)}."
                yield check.problem(("invoices", index, "owners"), sentence, _meant(name, check.crm.owners))


def _payers(check: _Check) -> Iterator[Problem]:
    for index, rule in enumerate(check.rules.invoices):
        if rule.payer in check.crm.unknown:
            sentence = f"The CRM has no company with the id {rule.payer}."
            hint = "The id stands in the address of the company's page, or name a field of the deal."
            yield check.problem(("invoices", index, "payer"), sentence, hint)


def _fields(check: _Check) -> Iterator[Problem]:
    told = check.rules.write_back.model_dump(by_alias=True, exclude_none=True)
    missing = set(check.crm.missing_fields)
    for fact, name in told.items():
        if fact != "note" and not fact.startswith("move to stage") and name in missing:
            sentence = f"The deal has no field {quoted(str(name))} yet."
            hint = "Wonbooks creates it before it first writes to a deal."
            if not check.crm.makes_fields:
                sentence = f"The deal has no field {quoted(str(name))}, or the connection may not write it."
                hint = "Ask whoever administers the CRM to add it and to let the connection write it."
            yield check.problem(("write back", fact), sentence, hint, warning=check.crm.makes_fields)
            missing.discard(str(name))
    for index, rule in enumerate(check.rules.invoices):
        for name, setting in reference_text.fields_of(rule):
            if name in missing:
                sentence = f"The deal has no field {quoted(name)}, which the setting {setting} names."
                hint = "Check its internal name in the CRM, and that the connection may see it."
                yield check.problem(("invoices", index, setting), sentence, hint, warning=not check.crm.makes_fields)


def _own(check: _Check) -> Iterator[Problem]:
    for what, name in check.rules.crm.customer_fields.named().items():
        if what not in check.crm.own_fields:
            sentence = f"Neither companies nor persons have a field {quoted(name)} in the CRM."
            hint = "Check its internal name, and that the connection may see it."
            yield check.problem(("crm", "customer fields", what), sentence, hint)


def _products(check: _Check) -> Iterator[Problem]:
    for index, rule in enumerate(check.rules.products):
        for setting, sentence, hint in product_troubles(rule, check.books):
            yield check.problem(("products", index, setting), sentence, hint)


def product_troubles(rule: ProductRule, books: Books) -> Iterator[tuple[str, str, str]]:
    """What a product's rule names that isn't there or can't be used: the setting, a sentence, a hint."""
    account = sales_account(rule.account_code, books.accounts)
    if isinstance(account, str):
        codes = [each.code for each in books.accounts if not isinstance(sales_account(each.code, [each]), str)]
        yield "account code", account, _meant(rule.account_code, codes)
    rate = sales_rate(rule.tax_type, books.tax_rates)
    if isinstance(rate, str):
        yield "tax type", rate, _other_rate(rule.tax_type, books.tax_rates)
    if rule.item_code and books.item_codes and rule.item_code not in books.item_codes:
        sentence = f"Xero has no item {quoted(rule.item_code)}."
        yield "item code", sentence, _meant(rule.item_code, books.item_codes)


def _other_rate(named: str, rates: Sequence[TaxRate]) -> str:
    usable = [each.name for each in rates if each.status == "ACTIVE" and each.for_revenue]
    if named.casefold() in _NOT_BASIC and _INSTEAD in usable:
        return (
            f"An organisation on Xero's basic tax rates doesn't have it; Xero itself puts {quoted(_INSTEAD)} in its "
            "place for sales. Write that if your accountant agrees, or change to all rates in Xero."
        )
    return _meant(named, usable)


def _meant(word: str, words: Iterable[str]) -> str:
    """The near one, saying so where it only looks the same."""
    close = nearest(word, words)
    if close and _plain(close) == _plain(word):
        return f"Write it exactly as it is there: {quoted(close)}."
    return did_you_mean(word, words)


def _plain(text: str) -> str:
    return text.strip().casefold()
