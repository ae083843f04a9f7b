"""`chain dairy import`: a clerk's spreadsheet is taken once and wholly."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.settlement.fortnight.models import ScaleReadingRow
from tests.cli.conftest import ChainCli
from tests.support.databases import Database, make_engine


def test_a_file_is_taken_wholly_or_not_at_all(
    chain_cli: ChainCli, fresh_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "pesajes.csv"
    command = ("dairy", "import", "weighings", str(path), "--organisation", "CC01")
    path.write_text("fecha,litros\n2026-03-02,98.5\n2026-03-03,mucho\n", encoding="utf-8")
    refused = chain_cli(*command)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("pesajes.csv, línea 3, columna litres: «mucho» no es un número")
    path.write_text("fecha,litros\n2026-03-02,98.5\n", encoding="utf-8")
    assert chain_cli(*command, "--dry-run").stdout == "rows=1 added=1 dry_run=true\n"
    assert _readings(fresh_database) == []
    assert chain_cli(*command).stdout == "rows=1 added=1 dry_run=false\n"
    assert _readings(fresh_database) == [98_500]


def _readings(database: Database) -> list[int]:
    engine = make_engine(database.url)
    with Session(engine) as session:
        found = list(session.scalars(select(ScaleReadingRow.quantity_ml)))
    engine.dispose()
    return found
