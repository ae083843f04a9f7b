"""`chain payin`: a statement is stored once and books nothing; without the provider's keys the catch-up says so."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.clock import utc_now
from chain.core.ids import new_id
from chain.ledger.models import JournalEntry
from chain.payin.bank_files import Columns
from chain.payin.models import StatementLine
from chain.payin.services.statements import add_bank_account, set_columns
from tests.cli.conftest import ChainCli
from tests.support.cast import Cast
from tests.support.databases import Database, make_engine

COMMAND = ("payin", "statement")
ACCOUNT = ("--organisation", "CC01", "--account", "191-55")
ROWS = "fecha;detalle;monto\n02/03/2026;Abono F001-1;120,50\n03/03/2026;Comision;-3,50\n"


@pytest.fixture
def account(fresh_database: Database) -> None:
    """Keep an account of the centre with the columns of its bank's files."""
    actor = Cast().treasurer.actor
    engine = make_engine(fresh_database.url)
    with Session(engine) as session:
        made = add_bank_account(
            session,
            actor=actor,
            now=utc_now(),
            account_id=new_id(),
            bank="BCP",
            number="191-55",
            currency="PEN",
        )
        columns = Columns(date="fecha", text="detalle", amount="monto")
        set_columns(session, actor=actor, now=utc_now(), account_id=made.id, columns=columns)
        session.commit()
    engine.dispose()


def stored(database: Database) -> tuple[list[int], int]:
    """Return the amounts of the lines that are kept, and how many entries there are."""
    engine = make_engine(database.url)
    with Session(engine) as session:
        amounts = session.scalars(
            select(StatementLine.amount_minor).order_by(StatementLine.booked_on, StatementLine.position)
        )
        found = list(amounts), session.scalar(select(func.count()).select_from(JournalEntry)) or 0
    engine.dispose()
    return found


@pytest.mark.usefixtures("account")
def test_a_statement_is_stored_once_and_books_nothing(
    chain_cli: ChainCli, fresh_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "marzo.csv"
    path.write_text(ROWS, encoding="utf-8")
    first = chain_cli(*COMMAND, str(path), *ACCOUNT)
    assert (first.exit_code, first.stdout) == (0, "2 lines stored, 0 came before.\n")
    assert chain_cli(*COMMAND, str(path), *ACCOUNT).stdout == "This file was imported before.\n"
    path.write_text(f"{ROWS}04/03/2026;Abono;7\n", encoding="utf-8")
    assert chain_cli(*COMMAND, str(path), *ACCOUNT).stdout == "1 lines stored, 2 came before.\n"
    assert stored(fresh_database) == ([12_050, -350, 700], 0)


@pytest.mark.usefixtures("account")
def test_what_cannot_be_read_is_refused_in_one_line(
    chain_cli: ChainCli, fresh_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "marzo.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]><Document>&b;</Document>', encoding="utf-8")
    refused = chain_cli(*COMMAND, str(path), *ACCOUNT)
    assert refused.exit_code == 1
    assert "The XML of the statement is broken" in refused.stderr
    unknown = chain_cli(*COMMAND, str(path), "--organisation", "CC01", "--account", "999")
    assert (unknown.exit_code, unknown.stderr) == (1, "Error: CC01 has no bank account 999.\n")
    assert stored(fresh_database) == ([], 0)


@pytest.mark.usefixtures("fresh_database")
def test_without_keys_the_catch_up_says_that_cards_are_off(chain_cli: ChainCli) -> None:
    refused = chain_cli("payin", "catch-up")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr
