"""Forms with a file in them, as a server takes them apart: https://www.rfc-editor.org/rfc/rfc7578."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from sandbox.wire import Request


def parts(request: Request) -> tuple[dict[str, str], str, bytes]:
    """The fields, the file's name, and what is in it; raises ``ValueError`` where it is no such form."""
    type_ = request.headers.get("content-type", "")
    if not type_.startswith("multipart/form-data; boundary="):
        raise ValueError("the body is no form")
    read = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {type_}\r\n\r\n".encode() + request.body)
    fields: dict[str, str] = {}
    name, content = "", b""
    for part in read.iter_parts():
        payload = part.get_payload(decode=True)
        held = payload if isinstance(payload, bytes) else b""
        key = part.get_param("name", header="content-disposition")
        if part.get_filename() is None:
            fields[str(key)] = held.decode()
        elif key == "file":
            name, content = str(part.get_filename()), held
    if not name or not content:
        raise ValueError("there is no file")
    return fields, name, content
