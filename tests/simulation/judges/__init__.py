"""What must hold, whatever happened: small named functions over the doubles' own logs, never over our tables alone.

Each takes a history's result and yields a sentence for each breach. The numbers are those of the catalogue that
CONTRIBUTING.md refers to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.simulation.judges import (
    crm,
    customers,
    deals,
    details,
    invoices,
    looks,
    manners,
    money,
    months,
    ourselves,
    papers,
    templates,
)
from tests.simulation.result import Result

Judge = Callable[[Result], Iterator[str]]

JUDGES: tuple[Judge, ...] = (
    invoices.at_most_one_approved,
    invoices.one_credit_note,
    invoices.only_drafts_are_put,
    invoices.bodies_stay_frozen,
    invoices.totals_are_the_deals,
    customers.customers_are_the_deals,
    invoices.no_strays,
    invoices.nothing_of_theirs_touched,
    customers.no_contact_twice,
    months.one_for_each_month,
    months.months_are_their_deals,
    months.shares_come_to_the_whole,
    money.never_more_than_the_deal,
    money.each_payer_has_its_share,
    templates.only_draft_templates_are_put,
    templates.one_template,
    templates.what_recurs_has_a_template,
    looks.orders_are_named,
    looks.lines_look_as_the_mapping_says,
    looks.terms_are_the_contacts,
    looks.currencies_are_the_deals,
    looks.nothing_too_large_is_approved,
    looks.only_deals_that_are_meant,
    looks.nothing_for_customers_on_hold,
    looks.nothing_is_dated_in_locked_books,
    papers.mailed_once,
    papers.approved_are_mailed,
    papers.only_by_choice,
    papers.files_are_on_the_invoice,
    papers.pdfs_are_on_the_deal,
    papers.links_are_told,
    deals.each_is_settled,
    deals.each_change_is_told_or_asked,
    crm.mirrors_xero,
    crm.only_our_fields,
    crm.moved_only_between_won_and_paid,
    details.numbers_agree,
    details.no_number_travels_for_ever,
    manners.every_create_has_a_key,
    manners.waits_when_told,
    manners.within_their_limits,
    manners.not_too_often,
    manners.few_tokens,
    ourselves.no_program_failed,
    ourselves.no_canary,
    ourselves.came_to_rest,
    ourselves.the_healthy_are_not_delayed,
    ourselves.nothing_left_over,
    ourselves.the_trail_holds,
    ourselves.questions_have_pages,
    ourselves.cursors_by_their_clocks,
)


def breaches(result: Result) -> list[str]:
    """Everything that did not hold, the judge's name first."""
    return [f"{judge.__name__}: {breach}" for judge in JUDGES for breach in judge(result)]
