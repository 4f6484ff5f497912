"""By which server mail leaves; all of it from ``WONBOOKS_MAIL_…`` variables."""

from __future__ import annotations

from ipaddress import ip_address

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.mail import MailServer, Security
from stages.settings import FromVariables, SettingsProblem


class MailSettings(FromVariables):
    """``host`` is empty while no mail is to leave. ``security``: starttls (587), tls (465), or none on this machine."""

    model_config = SettingsConfigDict(env_prefix="WONBOOKS_MAIL_")

    host: str = ""
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""

    def server(self) -> MailServer:
        """Raises ``SettingsProblem`` naming what is missing."""
        if not self.host or not self.sender:
            missing = " and ".join(n for n in ("HOST", "SENDER") if not getattr(self, n.lower()))
            raise SettingsProblem(f"No mail can leave: WONBOOKS_MAIL_{missing} is not set.")
        if self.security == "none" and not _is_here(self.host):
            raise SettingsProblem("Mail leaves in clear only to a server on this machine: set WONBOOKS_MAIL_SECURITY.")
        password = self.password.get_secret_value()
        return MailServer(self.host, self.port, self.sender, self.user, password, self.security)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
