"""The week in figures, shown in Prefect and mailed to whoever asked."""

from __future__ import annotations

from stages import digest as stages
from stages.mail_settings import MailSettings
from stages.opening import opened
from stages.settings import SettingsProblem
from tasks import trail
from tasks.stage import stage
from templates.digest_pages import digest_markdown


@stage(name="digest", task_run_name="digest of {pair}")
def digest(pair: str) -> str:
    """What became of it, in a sentence."""
    with opened(pair) as at_work:
        told = stages.gather(at_work)
        trail.markdown(f"digest {pair}", digest_markdown(told), f"The week of {pair}")
        if not stages.recipients(at_work):
            return "Shown here; the mapping names nobody to send it to."
        try:
            server = MailSettings().server()
        except SettingsProblem as problem:
            return f"Shown here and not sent. {problem}"
        return "Sent." if stages.send(at_work, told, server) else "Sent before."
