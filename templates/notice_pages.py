"""What people are told without asking, in words: reasons, counts and amounts, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from domain.notices import Notice, Trouble
from templates.digest_pages import NAMES
from templates.rendering import render


def notice_subject(notice: Notice) -> str:
    """``acme: 3 new questions; Xero is not connected any more``."""
    parts = [_questions(notice)] if notice.new else []
    parts += [_short(each) for each in notice.troubles]
    if not parts:
        parts = ["all right again"]
    return f"{notice.pair}: {'; '.join(parts)}"


def notice_text(notice: Notice, stakes: str, desk: str, zone: tzinfo) -> str:
    """For any channel; ``stakes`` is the money behind the new questions, ``desk`` where the desk is reached."""
    return _filled("notice.txt.j2", notice, stakes, desk, zone)


def notice_html(notice: Notice, stakes: str, desk: str, zone: tzinfo) -> str:
    return _filled("notice.html.j2", notice, stakes, desk, zone)


def _filled(name: str, notice: Notice, stakes: str, desk: str, zone: tzinfo) -> str:
    return render(
        f"notice/{name}",
        notice=notice,
        subject=notice_subject(notice),
        questions=_questions(notice),
        stakes=stakes,
        reasons=[(_reason(kind), count) for kind, count in notice.reasons()],
        sentences=[_SENTENCES[each.kind].format(**_facts(each, notice.pair, zone)) for each in notice.troubles],
        over=[_over(each) for each in notice.over],
        desk=desk,
    )


def _questions(notice: Notice) -> str:
    count = len(notice.new)
    return f"{count} new question{'s' if count > 1 else ''}"


def _reason(kind: str) -> str:
    """``product_unmapped`` → ``Product unmapped``."""
    plain = kind.replace("_", " ")
    return plain[:1].upper() + plain[1:]


_SENTENCES: Mapping[str, str] = {
    "connection": "{name} is not connected any more: its authorisation has ended. Nothing is lost; connect again under "
    "Connections.",
    "unsigned": "Webhooks of {name} come without a good signature, the last at {at}. Is its key here the one that is "
    "set there? Nothing is lost, only later: the schedules look all the same.",
    "parked": "{name}'s calls for today are used up. Nothing is lost; it goes on by itself at {at}.",
    "failing": "The flow {about} has failed {times} since {at}. Prefect's page shows why; wonbooks check {pair} says "
    "whether it is a setting.",
    "silent": "{silent} since {at}. Is wonbooks up still at work? Nothing is lost; what has changed meanwhile is found "
    "by the next run.",
}


def _facts(trouble: Trouble, pair: str, zone: tzinfo) -> dict[str, str]:
    return {
        "pair": pair,
        "name": NAMES.get(trouble.about, trouble.about),
        "about": trouble.about,
        "at": _clock(trouble.at, zone),
        "times": "once" if trouble.times == 1 else f"{trouble.times} times in a row",
        "silent": f"The flow {trouble.about} of {pair} has not run" if trouble.about else f"Nothing of {pair} has run",
    }


def _short(trouble: Trouble) -> str:
    name = NAMES.get(trouble.about, trouble.about)
    return {
        "connection": f"{name} is not connected any more",
        "unsigned": f"{name}'s webhooks are not believed",
        "parked": f"{name}'s calls for today are used up",
        "failing": f"{trouble.about} fails",
        "silent": f"{trouble.about} does not run" if trouble.about else "nothing runs",
    }[trouble.kind]


def _over(trouble: Trouble) -> str:
    name = NAMES.get(trouble.about, trouble.about)
    return {
        "connection": f"{name} is connected",
        "unsigned": f"{name}'s webhooks are believed, or have stopped",
        "parked": f"{name} answers",
        "failing": f"{trouble.about} works",
        "silent": f"{trouble.about or 'the flows'} run{'s' if trouble.about else ''}",
    }[trouble.kind]


def _clock(moment: datetime | None, zone: tzinfo) -> str:
    """``14:05 on 25 Nov 2026 (AEDT)``."""
    return f"{moment.astimezone(zone):%H:%M on %-d %b %Y (%Z)}" if moment else "some time"
