"""Forms with a file in them: https://www.rfc-editor.org/rfc/rfc7578."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

PDF = "application/pdf"


def form(fields: Mapping[str, str], name: str, content: bytes) -> tuple[bytes, str]:
    """The body of a form with these fields and a PDF called ``name``, and its content type.

    Raises ``ValueError`` for a name that can't stand in a header.
    """
    if not name.isprintable() or '"' in name:
        raise ValueError("a file's name is printable and has no quotes")
    boundary = f"wonbooks-{hashlib.sha256(content).hexdigest()[:32]}"
    parts = [_part(boundary, f'name="{key}"', value.encode()) for key, value in fields.items()]
    parts.append(_part(boundary, f'name="file"; filename="{name}"\r\nContent-Type: {PDF}', content))
    return b"".join((*parts, f"--{boundary}--\r\n".encode())), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, says: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {says}\r\n\r\n".encode() + content + b"\r\n"
