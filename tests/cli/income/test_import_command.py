from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.income.models import IncomeRecord
from chain.producers.queries import names_of
from tests.cli.conftest import ChainCli
from tests.support.cast import CENTRE
from tests.support.databases import Database, make_engine
from tests.support.lots import make_producer

NOW = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)


def prepare(database: Database, path: Path, *, bad: bool = False) -> None:
    engine = make_engine(database.url)
    with Session(engine) as session:
        rosa = make_producer(session, NOW)
        code = names_of(session, CENTRE.id, [rosa])[rosa].member_code
        session.commit()
    engine.dispose()
    rows = [f"{code},2023,alpaca-fibre,100,2300,46,PEN,Libro"]
    if bad:
        rows.append("NOBODY,2023,alpaca-fibre,100,2300,46,PEN,Libro")
    titles = "member_code,season,commodity,quantity,gross,deductions,currency,source"
    path.write_text("\n".join([titles, *rows]) + "\n", encoding="utf-8")


def kept(database: Database) -> int | None:
    engine = make_engine(database.url)
    with Session(engine) as session:
        count = session.scalar(select(func.count()).select_from(IncomeRecord))
    engine.dispose()
    return count


def test_a_file_is_brought_in_once(chain_cli: ChainCli, fresh_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "libro.csv"
    prepare(fresh_database, path)
    dry = chain_cli("income", "import", str(path), "--organisation", "CC01", "--dry-run")
    assert (dry.exit_code, dry.stdout) == (0, "stored=1 duplicates=0 dry_run=true\n")
    assert kept(fresh_database) == 0
    first = chain_cli("income", "import", str(path), "--organisation", "CC01")
    assert (first.exit_code, first.stdout) == (0, "stored=1 duplicates=0 dry_run=false\n")
    again = chain_cli("income", "import", str(path), "--organisation", "CC01")
    assert again.stdout == "stored=0 duplicates=1 dry_run=false\n"
    assert kept(fresh_database) == 1


def test_bad_rows_are_named_and_nothing_is_kept(
    chain_cli: ChainCli, fresh_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "libro.csv"
    prepare(fresh_database, path, bad=True)
    result = chain_cli("income", "import", str(path), "--organisation", "CC01")
    assert result.exit_code == 1
    assert "3\tmember_code\tNingún socio" in result.stderr
    assert kept(fresh_database) == 0


def test_an_unknown_organisation_and_a_file_without_columns_are_refused(
    chain_cli: ChainCli, tmp_path: Path
) -> None:
    path = tmp_path / "libro.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    unknown = chain_cli("income", "import", str(path), "--organisation", "NOPE")
    assert unknown.exit_code == 1
    assert "NOPE" in unknown.stderr
    wrong = chain_cli("income", "import", str(path), "--organisation", "CC01", "--language", "en")
    assert wrong.exit_code == 1
    assert "The column “member_code” is missing." in wrong.stderr
