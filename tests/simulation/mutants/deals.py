"""Defects by which a deal would be lost, or by which manners would."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

DEALS: tuple[Mutant, ...] = (
    # ── no deal lost ──
    Mutant(
        "the cursor by our own clock",
        "stages/capture.py",
        "    read_until = max(newest, pair.xero.listed_at or newest)",
        "    read_until = max(newest, pair.now())",
        "tests/stories/test_cursors.py::test_a_worker_whose_clock_is_fast_passes_no_payment",
    ),
    Mutant(
        "no overlap between polls",
        "stages/capture.py",
        "OVERLAP = timedelta(minutes=10)",
        "OVERLAP = timedelta(0)",
        "tests/stories/test_cursors.py::test_a_change_that_the_list_shows_late_is_not_passed",
    ),
    Mutant(
        "the cursor saved before what it passed",
        "stages/capture.py",
        "            noticed += inbox.notice(session, pair.name, inbox.DEALS, page.versions, pair.now())\n"
        "            inbox.move_cursor",
        "            inbox.move_cursor(session, pair.name, inbox.DEALS, page.cursor)\n"
        "        with pair.ledger.write() as session:\n"
        "            noticed += inbox.notice(session, pair.name, inbox.DEALS, page.versions, pair.now())\n"
        "            inbox.move_cursor",
        "tests/stories/test_cursors.py::test_a_process_killed_while_it_notices_passes_no_deal",
    ),
    Mutant(
        "handled, whatever was hinted meanwhile",
        "ledger/inbox.py",
        '.values(handled=bindparam("this_version"), attempts=0)',
        ".values(handled=_ROW.version + 1, attempts=0)",
        "tests/ledger/test_inbox.py::test_a_hint_during_the_work_keeps_the_record_in_the_inbox",
    ),
    Mutant(
        "a deal that changed meanwhile is sent as it was",
        "stages/create.py",
        "            if deals[effect.id] & changed:",
        "            if deals[effect.id] & set():",
        "tests/stories/test_changes.py::test_a_deal_noticed_again_is_not_sent_before_it_was_read",
    ),
    Mutant(
        "a lost write to the CRM is not repeated",
        "stages/sync_back.py",
        'outbox.move(session, effect, "sending", "planned", next_at=pair.now() + growing',
        'outbox.move(session, effect, "sending", "posted", next_at=pair.now() + growing',
        "tests/stories/test_lost_answers.py::test_the_deal_is_told_whatever_becomes_of_hubspots_answer",
    ),
    Mutant(
        "what is told is keyed by what it says",
        "stages/sync_back.py",
        'key = f"{kind}:{row.id}:{row.told}"',
        'key = f"{kind}:{row.id}:{outbox.text_of(plan)}"',
        "tests/stories/test_payments.py::test_a_full_payment_moves_the_deal_and_a_removed_one_moves_it_back_each_time",
    ),
    Mutant(
        "payments taken for nothing",
        "stages/capture.py",
        "            noticed += inbox.notice(session, pair.name, inbox.INVOICES, changed, pair.now())",
        "            noticed += len(changed)",
        "tests/stories/test_payments.py::test_a_payment_is_noticed_even_if_the_invoice_keeps_its_date",
    ),
    Mutant(
        "archived deals are looked at once and never again",
        "connectors/pipedrive.py",
        "if last_look is None or now - last_look >= LOOK_AT_ARCHIVED_EVERY:",
        "if last_look is None:",
        "tests/connectors/test_pipedrive.py::test_archived_deals_are_looked_at_once_an_hour",
    ),
    Mutant(
        "a record that others hold taken for written",
        "connectors/salesforce.py",
        "            if not locked:\n                return refused\n",
        "            if locked is not None:\n                return refused\n",
        "tests/connectors/test_salesforce_deals.py::test_rows_that_others_hold_are_sent_again_and_only_they",
    ),
    Mutant(
        "rows that show late are passed",
        "connectors/salesforce.py",
        "OVERLAP = timedelta(minutes=15)",
        "OVERLAP = timedelta(0)",
        "tests/connectors/test_salesforce.py::test_a_row_that_shows_later_than_a_newer_one_is_not_lost",
    ),
    # ── manners ──
    Mutant(
        "a pause is not kept",
        "ledger/budget.py",
        "row.paused_until is not None and row.paused_until > now:",
        "row.paused_until is not None and row.paused_until < now:",
        "tests/ledger/test_budget.py::test_a_pause_holds_for_every_process_and_survives_it",
    ),
    Mutant(
        "tokens are not saved",
        "connectors/oauth.py",
        "        self._store.save(token.to_text())\n",
        "",
        "tests/stories/test_limits.py::test_a_token_is_kept_between_runs",
    ),
    Mutant(
        "what Xero never answers is tried for ever",
        "stages/create.py",
        "    if settled and effect.attempts >= TRIES:",
        "    if settled and effect.attempts < 0:",
        "tests/stories/test_lost_answers.py::test_what_xero_never_answers_is_asked_about_after_eight_tries",
    ),
    Mutant(
        "what the CRM never answers is tried for ever",
        "stages/sync_back.py",
        "        if batch[0].attempts < TRIES:",
        "        if batch[0].attempts > 0:",
        "tests/stories/test_lost_answers.py::test_what_the_crm_never_answers_is_asked_about_after_eight_tries",
    ),
    Mutant(
        "a customer's name in a log",
        "stages/exceptions.py",
        "def _route(session: Session, pair: Pair, case: Decided) -> Outcome:\n",
        'def _route(session: Session, pair: Pair, case: Decided) -> Outcome:\n    log.warning("deciding %s", case)\n',
        "tests/stories/test_privacy.py::test_no_log_names_a_customer_whatever_is_decided",
    ),
    Mutant(
        "the trail forgets the entry before",
        "ledger/audit.py",
        'seq, seal = (before.seq, before.seal) if before else (0, "")',
        'seq, seal = (before.seq, "") if before else (0, "")',
        "tests/ledger/test_audit.py::test_a_sound_trail_holds_and_tells_each_subjects_story",
    ),
    Mutant(
        "what a list shows late is believed",
        "stages/doubt.py",
        "    if read is None or not told or read >= datetime.fromisoformat(told):",
        "    if read is None or told is not None:",
        "tests/stories/test_lost_answers.py::test_a_list_that_lags_behind_undoes_nothing_that_the_deal_was_told_since",
    ),
    Mutant(
        "a call within a transaction",
        "stages/sync_back.py",
        "        due = outbox.kinds_due(session, pair.name, outbox.ON_DEALS, pair.now())\n",
        "        due = outbox.kinds_due(session, pair.name, outbox.ON_DEALS, pair.now())\n"
        '        pair.crm.stages(["1"])\n',
        "tests/stories/test_payments.py::test_a_part_payment_shows_its_amounts_and_moves_nothing",
    ),
)
