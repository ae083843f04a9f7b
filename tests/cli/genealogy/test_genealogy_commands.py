"""`chain trace` and `chain genealogy verify`, as a shell runs them."""

import csv
import io
import json
from datetime import datetime

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from tests.cli.conftest import ChainCli, lines
from tests.support.databases import Database
from tests.support.genealogy import merge, split
from tests.support.lots import fibre, make_lot, make_producer


def fill(database: Database, now: datetime) -> None:
    """Two deliveries (1, 2), merged (3), split (4, 5)."""
    engine = create_engine(database.url)
    with Session(engine) as session:
        producer = make_producer(session, now)
        bulk = merge(session, now, *(make_lot(session, now, fibre(producer, now)) for _ in range(2)))
        split(session, now, bulk, 24_000, 1_000)
        session.commit()
    engine.dispose()


def test_a_lot_is_traced_as_a_table_as_csv_and_as_json(
    chain_cli: ChainCli, fresh_database: Database, now: datetime
) -> None:
    fill(fresh_database, now)
    table = chain_cli("trace", "cc01-000004", "--organisation", "CC01")
    assert table.exit_code == 0, table.stderr
    assert [line.split()[:2] for line in lines(table)[1:]] == [
        ["0", "CC01-000004"],
        ["1", "CC01-000003"],
        ["2", "CC01-000001"],
        ["2", "CC01-000002"],
    ]
    asked = ("trace", "CC01-000001", "--organisation", "CC01", "--forward", "--format")
    rows = list(csv.DictReader(io.StringIO(chain_cli(*asked, "csv").stdout)))
    assert [(row["number"], row["quantity"], row["made_by"]) for row in rows] == [
        ("CC01-000001", "12500", ""),
        ("CC01-000003", "25000", "1 merge"),
        ("CC01-000004", "24000", "2 split"),
        ("CC01-000005", "1000", "2 split"),
    ]
    found = json.loads(chain_cli(*asked, "json").stdout)
    assert [one["number"] for one in found["nodes"]] == [row["number"] for row in rows]
    assert [one["kind"] for one in found["events"]] == ["merge", "split"]


def test_what_is_not_there_ends_the_command(chain_cli: ChainCli) -> None:
    missing = chain_cli("trace", "CC01-999999", "--organisation", "CC01")
    assert (missing.exit_code, "CC01-999999" in missing.stderr) == (1, True)
    stranger = chain_cli("trace", "CC01-000001", "--organisation", "NADIE")
    assert (stranger.exit_code, "NADIE" in stranger.stderr) == (1, True)
    assert chain_cli("genealogy", "verify", "--organisation", "NADIE").exit_code == 1


def test_verify_says_what_is_broken(chain_cli: ChainCli, fresh_database: Database, now: datetime) -> None:
    fill(fresh_database, now)
    whole = chain_cli("genealogy", "verify", "--organisation", "CC01")
    assert (whole.exit_code, lines(whole)) == (0, ["organisations=1 events=2 lots=3 problems=0"])
    engine = create_engine(fresh_database.url)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER lot_share_no_update"))
        connection.execute(
            text(
                "UPDATE lot_share SET quantity = quantity + 1 WHERE lot_id = (SELECT id FROM lot WHERE number = 'CC01-000005')"
            )
        )
    engine.dispose()
    broken = chain_cli("genealogy", "verify", "--language", "en")
    assert broken.exit_code == 1
    assert broken.stderr.splitlines() == [
        "CC01, n.º 2: The shares of lot CC01-000005 are not what they should be.",
        "CC01: The shares of lot CC01-000005 do not sum to it.",
    ]
    assert lines(broken)[-1].endswith("problems=2")
