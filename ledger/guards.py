"""What the database itself refuses, whatever code runs."""

from __future__ import annotations

from sqlalchemy import DDL, event
from sqlmodel import SQLModel

# An invoice once chosen stays the invoice, whatever code runs.
_CHOSEN_ONCE_SQLITE = """
CREATE TRIGGER effect_chosen_once BEFORE UPDATE OF xero_id ON effect
WHEN OLD.xero_id IS NOT NULL AND OLD.xero_id IS NOT NEW.xero_id
BEGIN SELECT RAISE(ABORT, 'the record of an effect is chosen once'); END
"""
_CHOSEN_ONCE_POSTGRES = """
CREATE FUNCTION effect_chosen_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.xero_id IS NOT NULL AND OLD.xero_id IS DISTINCT FROM NEW.xero_id THEN
    RAISE EXCEPTION 'the record of an effect is chosen once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER effect_chosen_once BEFORE UPDATE ON effect FOR EACH ROW EXECUTE FUNCTION effect_chosen_once()
"""
GUARDS = {"sqlite": _CHOSEN_ONCE_SQLITE, "postgresql": _CHOSEN_ONCE_POSTGRES}

for _dialect, _ddl in GUARDS.items():
    event.listen(SQLModel.metadata, "after_create", DDL(_ddl.replace("%", "%%")).execute_if(dialect=_dialect))
