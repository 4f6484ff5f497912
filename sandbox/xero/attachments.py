"""Files on invoices: at most ten, https://developer.xero.com/documentation/api/accounting/attachments."""

from __future__ import annotations

from sandbox.wire import Request, Response
from sandbox.xero import answers
from sandbox.xero.books import Books
from sandbox.xero.records import Record

_MOST = 10


def read_attachments(books: Books, _request: Request, invoice_id: str) -> Response:
    if invoice_id not in books.invoices:
        return answers.not_found()
    return answers.found(books, "Attachments", books.attachments.get(invoice_id, ()))


def write_attachment(books: Books, request: Request, invoice_id: str) -> Response:
    """One under the name at the end of the path, in place of one that has it.

    https://docs.linx.software/reference/plugins/xero/content/attachments/createattachment/
    """
    if invoice_id not in books.invoices:
        return answers.not_found()
    if not request.body:
        return answers.refused("The attachment is empty")
    name = request.path.rpartition("/")[2]
    others = [each for each in books.attachments.get(invoice_id, ()) if each["FileName"] != name]
    if len(others) >= _MOST:
        return answers.refused(f"The document has the most attachments that it may have, {_MOST}")
    made = Record(
        AttachmentID=books.new_id(),
        FileName=name,
        Url=f"https://api.xero.com{request.path}",
        MimeType=request.headers.get("content-type", ""),
        ContentLength=len(request.body),
        IncludeOnline=request.query.get("IncludeOnline") == "true",
    )
    books.keep_attachment(invoice_id, made)
    books.keep_invoice(books.invoices[invoice_id].but(HasAttachments=True))
    return answers.found(books, "Attachments", [made])
