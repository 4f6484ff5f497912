"""Sending mail through the server of one's own provider.

https://www.rfc-editor.org/rfc/rfc5321, https://www.rfc-editor.org/rfc/rfc8314 (TLS from the start on port 465)
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from connectors.errors import NotConnected, OutcomeUnknown, Rejected, Unavailable

SYSTEM = "mail"
CALL = "sending mail"
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, as text and as HTML. ``id`` is the same for the same message, so that a second copy is known.

    ``pictures`` are PNGs that the HTML shows as ``cid:`` and their names: https://www.rfc-editor.org/rfc/rfc2392
    """

    to: str
    subject: str
    text: str
    html: str
    id: str
    pictures: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass(frozen=True, slots=True)
class MailServer:
    """The provider's server; ``security`` "none" is for a server on this machine only."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    security: Security = "starttls"
    timeout: float = 30.0

    def send(self, mail: Mail, now: datetime) -> None:
        """Raises ``Unavailable``, ``NotConnected``, ``Rejected``, or ``OutcomeUnknown`` where it may have left."""
        message = letter(mail, self.sender, now)
        try:
            with self._opened() as server:
                if self.user:
                    server.login(self.user, self.password)
                self._hand_over(server, message)
        except smtplib.SMTPAuthenticationError:
            raise NotConnected(SYSTEM, CALL, "the mail server does not accept the user and password") from None
        except smtplib.SMTPNotSupportedError:
            raise NotConnected(SYSTEM, CALL, "the mail server does not offer what the settings ask of it") from None
        except (smtplib.SMTPException, OSError) as trouble:
            raise Unavailable(SYSTEM, CALL, f"can't be reached ({type(trouble).__name__})") from None

    def _opened(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        if self.security == "starttls":
            server.starttls(context=context)
        return server

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refusal:
            raise Rejected(SYSTEM, CALL, words=(_words(refusal),)) from None
        except (smtplib.SMTPServerDisconnected, TimeoutError) as trouble:
            raise OutcomeUnknown(SYSTEM, CALL, f"no answer ({type(trouble).__name__})") from None


def letter(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The message as it is sent: text first, HTML as the richer alternative."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    _, html = message.iter_parts()
    for name, picture in mail.pictures.items():
        html.add_related(picture, "image", "png", cid=f"<{name}>", disposition="inline", filename=f"{name}.png")
    return message


def _domain(sender: str) -> str:
    return Address(addr_spec=sender.rpartition("<")[2].rstrip("> ")).domain or "localhost"


def _words(refusal: smtplib.SMTPException) -> str:
    """The status alone: what the server says may repeat an address."""
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        codes = sorted({str(code) for code, _ in refusal.recipients.values()})
        return f"The mail server refused the recipient ({', '.join(codes)})."
    code = getattr(refusal, "smtp_code", "")
    return f"The mail server refused the message ({code})."
