"""`chain dues import`: a sheet of debts is taken once and wholly; bad cells are named by line, and nothing is stored."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.dues.models import Movement
from chain.ledger.models import JournalEntry
from chain.lots.models import ProducerNotice
from tests.cli.conftest import ChainCli
from tests.support.databases import Database, make_engine
from tests.support.settling import add_members

TITLES = "codigo,tipo,fecha,monto,detalle"


def _write(database: Database, path: Path, *rows: str) -> None:
    """Write a sheet; `CODE` stands for the code of a member."""
    engine = make_engine(database.url)
    with Session(engine) as session:
        (member,) = add_members(session, 1)
        session.commit()
    engine.dispose()
    lines = [TITLES, *(row.replace("CODE", member.code) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _stored(database: Database) -> tuple[list[tuple[str, int]], int, int]:
    """Return the debts, and how many entries and notices there are."""
    engine = make_engine(database.url)
    with Session(engine) as session:
        debts = [
            (row.kind, row.amount_minor)
            for row in session.execute(select(Movement.kind, Movement.amount_minor).order_by(Movement.number))
        ]
        entries = len(session.scalars(select(JournalEntry.id)).all())
        told = len(session.scalars(select(ProducerNotice.id)).all())
    engine.dispose()
    return debts, entries, told


def test_a_sheet_is_brought_in_once(chain_cli: ChainCli, fresh_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "deudas.csv"
    _write(fresh_database, path, "CODE,vet,2026-03-02,10.50,Vacuna", "CODE,adelanto,02/03/2026,20,Esquila")
    command = ("dues", "import", str(path), "--organisation", "CC01")
    dry = chain_cli(*command, "--dry-run")
    assert (dry.exit_code, dry.stdout) == (0, "stored=2 duplicates=0 dry_run=true\n")
    assert _stored(fresh_database) == ([], 0, 0)
    first = chain_cli(*command)
    assert (first.exit_code, first.stdout) == (0, "stored=2 duplicates=0 dry_run=false\n")
    stored = _stored(fresh_database)
    assert stored == ([("vet", 1_050), ("advance", 2_000)], 2, 1)
    assert chain_cli(*command).stdout == "stored=0 duplicates=2 dry_run=false\n"
    assert _stored(fresh_database) == stored


def test_bad_cells_are_named_by_line_and_nothing_is_stored(
    chain_cli: ChainCli, fresh_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "deudas.csv"
    _write(
        fresh_database,
        path,
        "CODE,vet,2026-03-02,10,Vacuna",
        "NADIE,vet,2026-03-02,10,Vacuna",
        "CODE,vaca,2026-03-02,10,Vacuna",
        "CODE,vet,ayer,diez,Vacuna",
        "CODE,vet,2126-03-02,0,Vacuna",
        "CODE,vet,2026-03-02,10,",
    )
    result = chain_cli("dues", "import", str(path), "--organisation", "CC01")
    assert (result.exit_code, result.stdout) == (1, "")
    named = [tuple(line.split("\t")[:2]) for line in result.stderr.splitlines() if "\t" in line]
    assert named == [
        ("3", "member_code"), ("4", "kind"), ("5", "date"), ("5", "amount"), ("6", "amount"), ("6", "date"), ("7", "note"),
    ]  # fmt: skip
    assert "No se incorporó nada" in result.stderr
    assert _stored(fresh_database) == ([], 0, 0)


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        ("codigo,monto\nX,1\n", "CC01", "Falta la columna"),
        ("", "CC01", ""),
        (f"{TITLES}\n", "NADA", "There is no organisation with the code NADA."),
    ],
)
def test_a_file_that_is_no_sheet_of_debts_and_an_unknown_house_are_refused(
    chain_cli: ChainCli, fresh_database: Database, tmp_path: Path, content: str, code: str, told: str
) -> None:
    path = tmp_path / "deudas.csv"
    path.write_text(content, encoding="utf-8")
    result = chain_cli("dues", "import", str(path), "--organisation", code)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert _stored(fresh_database)[0] == []
