"""The reference: the rows that the product wrote, written again by the bare driver."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.support.databases import Database

#: The rows that registering lots writes; lots last read, first written, so that foreign keys hold.
TABLES = ("lot", "lot_grade", "audit_record")
BATCH = 1000
Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


#: Of the audit trail only what registering lots wrote.
CONDITIONS = {"audit_record": "tag LIKE 'lots:lot:%'"}
#: So that each batch holds lots together with what points at them.
ORDERS = {"lot": "id", "lot_grade": "lot_id", "audit_record": "subject_id"}
#: What lots point at: there beforehand, not measured.
SUPPORT = ("producer", "membership", "import_batch")


def read_rows(database: Database, tables: Sequence[str] = TABLES) -> Rows:
    """Return columns and rows of some tables, as the driver gives them."""
    found: Rows = {}
    if database.kind == "sqlite":
        with sqlite3.connect(database.url.removeprefix("sqlite:///")) as connection:
            for table in tables:
                cursor = connection.execute(
                    f"SELECT * FROM {table} WHERE {CONDITIONS.get(table, 'true')} ORDER BY {ORDERS.get(table, '1')}"
                )
                found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
        return found
    with psycopg.connect(database.url.replace("+psycopg", "")) as connection:
        for table in tables:
            condition = sql.SQL(CONDITIONS.get(table, "true"))
            query = sql.SQL("SELECT * FROM {} WHERE {} ORDER BY {}").format(
                sql.Identifier(table), condition, sql.SQL(ORDERS.get(table, "1"))
            )
            answer = connection.execute(query)
            names = [column.name for column in answer.description or ()]
            rows = [
                tuple(Jsonb(cell) if isinstance(cell, dict | list) else cell for cell in row)
                for row in answer
            ]
            found[table] = (names, rows)
    return found


def insert_support(database: Database, rows: Rows) -> None:
    """Insert what lots point at; not measured."""
    if database.kind == "sqlite":
        _insert_sqlite(database, rows)
    else:
        _insert_postgresql(database, rows, copy=False)


def _batches(rows: Rows) -> list[list[tuple[str, list[str], list[tuple[Any, ...]]]]]:
    """Return what one batch of lots writes into each table, batch by batch."""
    lots = max(len(found) for _, found in rows.values())
    batches = []
    for start in range(0, lots, BATCH):
        share = (start / lots, min(1.0, (start + BATCH) / lots))
        batches.append(
            [
                (table, names, found[round(share[0] * len(found)) : round(share[1] * len(found))])
                for table, (names, found) in rows.items()
            ]
        )
    return batches


def insert_raw(database: Database, rows: Rows, *, copy: bool = False) -> float:
    """Insert the rows with the bare driver, a commit per batch of 1,000 lots; return the seconds."""
    return (
        _insert_sqlite(database, rows)
        if database.kind == "sqlite"
        else _insert_postgresql(database, rows, copy=copy)
    )


def _insert_sqlite(database: Database, rows: Rows) -> float:
    connection = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    start = time.perf_counter()
    for batch in _batches(rows):
        connection.execute("BEGIN IMMEDIATE")
        for table, names, found in batch:
            marks = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", found)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def _insert_postgresql(database: Database, rows: Rows, *, copy: bool) -> float:
    with psycopg.connect(database.url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        start = time.perf_counter()
        for batch in _batches(rows):
            for table, names, found in batch:
                columns = sql.SQL(", ").join(map(sql.Identifier, names))
                target = sql.SQL("{} ({})").format(sql.Identifier(table), columns)
                if copy:
                    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(target)) as stream:
                        for row in found:
                            stream.write_row(row)
                else:
                    marks = sql.SQL(", ").join(sql.Placeholder() * len(names))
                    cursor.executemany(sql.SQL("INSERT INTO {} VALUES ({})").format(target, marks), found)
            connection.commit()
        return time.perf_counter() - start
