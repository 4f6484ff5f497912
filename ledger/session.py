"""What others need of the database's library: the session they pass along, the errors they catch."""

from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlmodel import Session

__all__ = ["IntegrityError", "OperationalError", "SQLAlchemyError", "Session"]
