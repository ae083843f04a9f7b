"""How fast lots come in: API batches over HTTP and CSV import, against raw driver inserts of the same rows.

The product reads JSON or CSV, checks each delivery, grades it, looks up its certificate, numbers it, recognises repeats and
writes three rows (lot, grading, audit record). The reference writes the same three rows with the bare driver, in one transaction
per 1,000 lots. Goal: a quarter of the reference. PostgreSQL runs without fsync, for product and reference alike.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

from bench import raw
from bench.common import KINDS, SEED, database, print_table, run_folder, timed
from chain.core.db import atomic
from chain.core.ids import new_id
from chain.producers.services import register_producer
from tests.support.cast import Cast
from tests.support.databases import Database, Kind, make_app
from tests.support.live import start_server
from tests.support.postgres import run_dir

CAST = Cast()
BATCH = 1000
PRODUCERS = 200
COLOURS = ("white", "light_fawn", "light_brown", "dark_brown", "true_black", "multicolour")


def add_producers(made: Database) -> list[UUID]:
    """Register the producers who deliver; not measured."""
    app = make_app(made.url)
    now = datetime.now(UTC)
    ids = []
    with app.app_context(), atomic() as session:
        for number in range(PRODUCERS):
            ids.append(new_id())
            register_producer(
                session,
                actor=CAST.clerk.actor,
                now=now,
                id=ids[-1],
                full_name=f"Productora {number:03d} Quispe",
                sex="female",
                member_code=f"P{number:03d}",
            )
    return ids


def make_items(producers: list[UUID], count: int) -> list[dict[str, object]]:
    """Draw deliveries as a program would send them."""
    random = Random(SEED)
    start = datetime.now(UTC) - timedelta(days=30)
    return [
        {
            "id": str(new_id()),
            "commodity": "alpaca-fibre",
            "producer_id": str(random.choice(producers)),
            "delivered_at": (start + timedelta(seconds=number)).isoformat(),
            "gross_g": random.randint(2_000, 60_000),
            "tare_g": random.choice((200, 400, 500)),
            "attributes": {
                "breed": "huacaya",
                "colour": random.choice(COLOURS),
                "micron": f"{random.gauss(25, 3):.1f}",
                "length_mm": str(random.randint(60, 130)),
            },
        }
        for number in range(count)
    ]


def send_batches(made: Database, items: list[dict[str, object]]) -> float:
    """Send the items over HTTP to gunicorn, one batch after the other; return the seconds."""
    bodies = [json.dumps({"items": items[start : start + BATCH]}) for start in range(0, len(items), BATCH)]
    headers = {"Authorization": f"Bearer {CAST.clerk.token}", "Content-Type": "application/json"}
    server = start_server(made)
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)

    def run() -> None:
        for body in bodies:
            connection.request("POST", "/api/v1/lots/batch", body, headers)
            answer = json.loads(connection.getresponse().read())
            assert {item["status"] for item in answer["items"]} == {"stored"}, answer["items"][:3]

    seconds = timed(run)
    connection.close()
    server.stop()
    return seconds


def import_csv(made: Database, items: list[dict[str, object]], producers: list[UUID]) -> float:
    """Import the items from a CSV file; return the seconds."""
    from chain.lots.import_edge import import_file

    codes = {str(producer): f"P{number:03d}" for number, producer in enumerate(producers)}
    lines = ["codigo_socio;producto;fecha;bruto_kg;tara_kg;raza;color;micras;largo_mm"]
    for item in items:
        attributes = item["attributes"]
        assert isinstance(attributes, dict)
        gross, tare = int(str(item["gross_g"])), int(str(item["tare_g"]))
        lines.append(
            f"{codes[str(item['producer_id'])]};alpaca-fibre;{str(item['delivered_at'])[:16].replace('T', ' ')};"
            f"{gross / 1000:.3f};{tare / 1000:.3f};{attributes['breed']};{attributes['colour']};"
            f"{attributes['micron']};{attributes['length_mm']}"
        )
    path = Path(run_dir()) / "intake.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    app = make_app(made.url)
    with app.app_context():
        return timed(lambda: import_file(path, actor=CAST.clerk.actor))


def measure(kind: Kind, rows: int, way: str) -> tuple[float, float, float | None]:
    """Return lots per second of the product, of the raw driver and, on PostgreSQL, of COPY."""
    with database(kind) as made:
        producers = add_producers(made)
        items = make_items(producers, rows)
        ways: dict[str, Callable[[], float]] = {
            "API batches": lambda: send_batches(made, items),
            "CSV import": lambda: import_csv(made, items, producers),
        }
        seconds = ways[way]()
        support, written = raw.read_rows(made, raw.SUPPORT), raw.read_rows(made)
    counts = {table: len(found) for table, (_, found) in written.items()}
    assert set(counts.values()) == {rows}, counts
    bare = []
    for copy in (False, True) if kind == "postgresql" else (False,):
        with database(kind) as target:
            raw.insert_support(target, support)
            bare.append(rows / raw.insert_raw(target, written, copy=copy))
    return rows / seconds, bare[0], bare[1] if len(bare) > 1 else None


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ways", default="API batches,CSV import")
    options = parser.parse_args()
    table = []
    with run_folder():
        for kind in KINDS:
            for way in options.ways.split(","):
                runs = [measure(kind, options.rows, way) for _ in range(options.repeats)]
                ours = statistics.median(run[0] for run in runs)
                bare = statistics.median(run[1] for run in runs)
                copies = [run[2] for run in runs if run[2] is not None]
                copied = f"{ours / statistics.median(copies):.2f}" if copies else "–"
                table.append([kind, way, f"{ours:,.0f}", f"{bare:,.0f}", f"{ours / bare:.2f}", copied])
    print_table(
        f"Lots coming in ({options.rows:,} lots, three rows each; medians of {options.repeats})",
        ["database", "way", "lots/s", "raw inserts, lots/s", "ratio", "ratio to COPY"],
        table,
    )


if __name__ == "__main__":
    main()
