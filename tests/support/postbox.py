"""A mail server on this machine that keeps what it is given: enough of SMTP for one sender at a time.

https://www.rfc-editor.org/rfc/rfc5321
"""

from __future__ import annotations

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self


@dataclass
class Received:
    """One letter as it came over the wire: envelope, source, and the source read."""

    sender: str
    recipients: list[str]
    source: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.source, policy=policy.default)


@dataclass
class PostOffice:
    """``with`` serves it. ``refuses`` is what it answers recipients with instead of taking them."""

    received: list[Received] = field(default_factory=list[Received])
    refuses: str = ""
    port: int = 0

    def __enter__(self) -> Self:
        office = self

        class Counter(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _serve(office, self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Counter)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _serve(office: PostOffice, line: socketserver.StreamRequestHandler) -> None:
    letter = Received("", [], b"")
    _say(line, "220 ready")
    while command := line.rfile.readline().decode().strip():
        match command.upper().split(":")[0].split()[0]:
            case "MAIL":
                letter = Received(_address(command), [], b"")
                _say(line, "250 ok")
            case "RCPT" if office.refuses:
                _say(line, office.refuses)
            case "RCPT":
                letter.recipients.append(_address(command))
                _say(line, "250 ok")
            case "DATA":
                _say(line, "354 go on")
                letter.source = _body(line)
                office.received.append(letter)
                _say(line, "250 kept")
            case "QUIT":
                _say(line, "221 bye")
                return
            case _:
                _say(line, "250 ok")


def _body(line: socketserver.StreamRequestHandler) -> bytes:
    lines: list[bytes] = []
    while (each := line.rfile.readline()) not in {b".\r\n", b""}:
        lines.append(each.removeprefix(b".") if each.startswith(b"..") else each)
    return b"".join(lines)


def _say(line: socketserver.StreamRequestHandler, words: str) -> None:
    line.wfile.write(f"{words}\r\n".encode())


def _address(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]
