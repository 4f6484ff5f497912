"""The defects: one replacement each, and what it stands for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` stands exactly once in the file at ``path``."""

    name: str
    path: str
    before: str
    after: str


MUTANTS: tuple[Mutant, ...] = (
    # ── one invoice ──
    Mutant(
        "invoices created by POST, which overwrites",
        "connectors/xero_lists.py",
        'body = self._write("PUT", kind, elements, key, **params)',
        'body = self._write("POST", kind, elements, key, **params)',
    ),
    Mutant(
        "created approved, in one phase", "connectors/xero_writing.py", '"Status": "DRAFT"', '"Status": "AUTHORISED"'
    ),
    Mutant(
        "an idempotency key without the attempt",
        "stages/create.py",
        'b"\\n".join(bodies), max(e.epoch for e in sending))',
        'b"", 0)',
    ),
    Mutant(
        "no look before a repeat",
        "stages/look.py",
        "            if marker is not None:\n                wanted[marker",
        "            if False:\n                wanted[marker",
    ),
    Mutant(
        "a refused look taken for an empty one",
        "stages/create.py",
        "    seen = look(pair, watched, paper)",
        "    try:\n        seen = look(pair, watched, paper)\n    except TryLater:\n        seen = {}",
    ),
    Mutant(
        "a lost answer taken for nothing sent",
        "connectors/http.py",
        'raise unknown(self.system, call, f"no answer',
        'raise Unavailable(self.system, call, f"no answer',
    ),
    Mutant(
        "a server's error taken for nothing done",
        "connectors/http.py",
        'return unknown(self.system, call, f"answered {status}")',
        'return Unavailable(self.system, call, f"answered {status}")',
    ),
    Mutant(
        "an answer without sense taken for nothing done",
        "connectors/http.py",
        'raise unknown(self.system, call, f"an answer without sense',
        'raise Unavailable(self.system, call, f"an answer without sense',
    ),
    Mutant(
        "sent without saying so first",
        "stages/create.py",
        'session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=now, first_sent_at=first',
        'session, effect, "planned", "planned", attempts=effect.attempts + 1, sent_at=now, first_sent_at=first',
    ),
    Mutant(
        "chosen again, over another choice",
        "ledger/outbox.py",
        "_UNCHOSEN = (*_THIS, _ROW.xero_id.is_(None))",
        "_UNCHOSEN = _THIS",
    ),
    Mutant("strays are never swept", "stages/look.py", "    if not strays:\n", "    if strays or not strays:\n"),
    Mutant(
        "an invoice's identity changes with the mapping",
        "stages/deals_ledger.py",
        "return outbox.invoice_identity(pair.crm.system, pair.crm.account, deal_id,",
        "return outbox.invoice_identity(pair.crm.system, pair.mapping_version, deal_id,",
    ),
    Mutant(
        "merged deals forget that they were merged",
        "stages/capture.py",
        "            if deal.merged_ids:\n                links",
        "            if False:\n                links",
    ),
    Mutant(
        "no quiet time after a restore",
        "stages/restored.py",
        "    if pair.now() < until:\n        return False\n",
        "",
    ),
    Mutant("a restored ledger is not noticed", "ledger/restores.py", "row.sent < reached", "row.sent < 0 * reached"),
    # ── the right invoice ──
    Mutant("halves rounded to even", "domain/money.py", "rounding=ROUND_HALF_UP", 'rounding="ROUND_HALF_EVEN"'),
    Mutant(
        "approved without four decimals",
        "connectors/xero_lists.py",
        'return self._update(kind, kind.id, elements, unitdp="4")',
        "return self._update(kind, kind.id, elements)",
    ),
    Mutant(
        "answers matched by their place",
        "stages/create.py",
        "effect = by_marker.pop(invoice.marker, None)",
        "effect = by_marker.pop(next(iter(reversed(by_marker)), ''), None)",
    ),
    Mutant(
        "a draft that differs is approved",
        "domain/steps.py",
        "    if differing and not intended.accepted:",
        "    if differing and not differing:",
    ),
    Mutant("archived contacts are used", "ledger/customers.py", "rows[at].status == ACTIVE", "rows[at].status"),
    Mutant("contacts without our number", "connectors/xero_writing.py", '        "ContactNumber": plan.number,\n', ""),
    Mutant(
        "errors summarised: a batch fails as one",
        "connectors/xero_lists.py",
        'params={"summarizeErrors": "false", **params}',
        "params=params",
    ),
    Mutant(
        "a deposit that was never sent counts as taken",
        "stages/deals_ledger.py",
        'taken = [e for e in effects if e.xero_id or e.state in {"sending", "unknown"}]',
        "taken = [e for e in effects if e.xero_id or e.state not in outbox.DONE]",
    ),
    Mutant(
        "a deposit on top of the whole",
        "stages/map_gst.py",
        "taken = () if made or milestone in (FULL, REPEATING) else",
        "taken = () if made or milestone else",
    ),
    Mutant(
        "a mail is sent again in doubt",
        "stages/once.py",
        '        _give_up(pair, effect, "Xero\'s answer was lost.")\n    except Rejected as refusal:',
        "        with pair.ledger.write() as session:\n"
        '            outbox.move(session, effect, "sending", "planned")\n    except Rejected as refusal:',
    ),
    # ── no deal lost ──
    Mutant(
        "the cursor by our own clock",
        "stages/capture.py",
        "    read_until = max(newest, pair.xero.listed_at or newest)",
        "    read_until = max(newest, pair.now())",
    ),
    Mutant(
        "no overlap between polls",
        "stages/capture.py",
        "OVERLAP = timedelta(minutes=10)",
        "OVERLAP = timedelta(0)",
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
    ),
    Mutant(
        "handled, whatever was hinted meanwhile",
        "ledger/inbox.py",
        "        entry.handled = version\n",
        "        entry.handled = entry.version + 1\n",
    ),
    Mutant(
        "a deal that changed meanwhile is sent as it was",
        "stages/create.py",
        "            if deals[effect.id] & changed:",
        "            if deals[effect.id] & set():",
    ),
    Mutant(
        "a lost write to the CRM is not repeated",
        "stages/sync_back.py",
        "            again = pair.now() + growing(effect.attempts)\n"
        '            outbox.move(session, effect, "sending", "planned", next_at=again)',
        "            again = pair.now() + growing(effect.attempts)\n"
        '            outbox.move(session, effect, "sending", "posted", next_at=again)',
    ),
    Mutant(
        "what is told is keyed by what it says",
        "stages/sync_back.py",
        'key = f"{kind}:{row.id}:{row.told}"',
        'key = f"{kind}:{row.id}:{outbox.text_of(plan)}"',
    ),
    Mutant(
        "payments taken for nothing",
        "stages/capture.py",
        "            noticed += inbox.notice(session, pair.name, inbox.INVOICES, changed, pair.now())",
        "            noticed += len(changed)",
    ),
    Mutant(
        "archived deals are looked at once and never again",
        "connectors/pipedrive.py",
        "if last_look is None or now - last_look >= LOOK_AT_ARCHIVED_EVERY:",
        "if last_look is None:",
    ),
    Mutant(
        "a record that others hold taken for written",
        "connectors/salesforce.py",
        "            if not locked:\n                return refused\n",
        "            if locked is not None:\n                return refused\n",
    ),
    Mutant(
        "rows that show late are passed",
        "connectors/salesforce.py",
        "OVERLAP = timedelta(minutes=15)",
        "OVERLAP = timedelta(0)",
    ),
    # ── manners ──
    Mutant(
        "a pause is not kept",
        "ledger/budget.py",
        "row.paused_until is not None and row.paused_until > now:",
        "row.paused_until is not None and row.paused_until < now:",
    ),
    Mutant("tokens are not saved", "connectors/oauth.py", "        self._store.save(token.to_text())\n", ""),
    Mutant(
        "what Xero never answers is tried for ever",
        "stages/create.py",
        "    if settled and effect.attempts >= TRIES:",
        "    if settled and effect.attempts < 0:",
    ),
    Mutant(
        "what the CRM never answers is tried for ever",
        "stages/sync_back.py",
        "        if batch[0].attempts < TRIES:",
        "        if batch[0].attempts > 0:",
    ),
    Mutant(
        "a customer's name in a log",
        "stages/exceptions.py",
        "def _route(session: Session, pair: Pair, case: Decided) -> Outcome:\n",
        'def _route(session: Session, pair: Pair, case: Decided) -> Outcome:\n    log.warning("deciding %s", case)\n',
    ),
    Mutant(
        "the trail forgets the entry before",
        "ledger/audit.py",
        'seq, seal = (before.seq, before.seal) if before else (0, "")',
        'seq, seal = (before.seq, "") if before else (0, "")',
    ),
    Mutant(
        "what a list shows late is believed",
        "stages/doubt.py",
        "    if read is None or not told or read >= datetime.fromisoformat(told):",
        "    if read is None or told is not None:",
    ),
    Mutant(
        "a call within a transaction",
        "stages/sync_back.py",
        "        waits = outbox.waits(session, pair.name, outbox.ON_DEALS, pair.now())\n",
        "        waits = outbox.waits(session, pair.name, outbox.ON_DEALS, pair.now())\n"
        '        pair.crm.stages(["1"])\n',
    ),
)
