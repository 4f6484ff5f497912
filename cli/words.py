"""What goes wrong, in one sentence for the person at the keyboard."""

from __future__ import annotations

from cli.processes import NotUp
from connectors.errors import ConnectorError
from connectors.wire import UnsafeAddress
from ledger.secrets import KeyProblem
from ledger.session import OperationalError
from mappings.problems import MappingError
from stages.answering import NoSuchAnswer
from stages.gather import AlreadyAtWork
from stages.privacy import Unknown
from stages.settings import SettingsProblem
from stages.troubles import outside

EXPECTED = (
    AlreadyAtWork,
    ConnectorError,
    KeyProblem,
    MappingError,
    NoSuchAnswer,
    NotUp,
    OperationalError,
    SettingsProblem,
    Unknown,
    UnsafeAddress,
)
"""The mistakes and troubles that are told in a sentence; anything else is a fault of ours and keeps its traceback."""


def sentence(trouble: BaseException) -> str:
    """What happened, and what to do."""
    if isinstance(trouble, ConnectorError):
        return outside(trouble)
    if isinstance(trouble, OperationalError):
        return (
            "The ledger's database can't be opened. Check WONBOOKS_HOME and WONBOOKS_DATABASE, and that it is running."
        )
    return str(trouble)
