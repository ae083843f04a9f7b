"""The statement that follows a chain of entries inside the database.

It builds the canonical bytes of every entry, hashes them and compares: no row of a sound chain reaches Python. PostgreSQL
hashes by itself; SQLite calls back for each entry. What it suspects is looked at again, exactly, by `verify`; should a database
spell a text otherwise than our encoder, that costs time and raises no false alarm.
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from chain.ledger.rules import GENESIS

SQLITE_FUNCTION = "chain_sha256"
#: Sorting a million postings in memory instead of on disk; for this transaction only.
WORK_MEMORY = "128MB"


@dataclass(frozen=True, slots=True)
class Followed:
    """What the statement saw."""

    entries: int
    postings: int
    #: the first entry that has to be looked at
    suspect: int | None
    #: entries in more than one currency; their balance is checked apart
    mixed: int


@dataclass(frozen=True, slots=True)
class _Words:
    """How a dialect spells the parts."""

    hex_id: str
    quoted: str
    microseconds: str
    day: str
    lines: str
    hashed: str
    grouped: str


_SQLITE = _Words(
    hex_id="{0}",
    quoted="json_quote({0})",
    microseconds=(
        "(CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER) * 1000000 + CAST(substr({0}, 21, 6) AS INTEGER))"
    ),
    day="{0}",
    lines="group_concat({0})",
    hashed=SQLITE_FUNCTION + "({0})",
    grouped="e.organisation_id, e.sequence",  # in the order of an index, so that nothing is sorted
)
_POSTGRESQL = _Words(
    hex_id="encode(uuid_send({0}), 'hex')",
    quoted="to_json({0}::text)::text",
    microseconds="(extract(epoch FROM {0}) * 1000000)::bigint",
    day="to_char({0}, 'YYYY-MM-DD')",
    lines="string_agg({0}, ',' ORDER BY p.line)",
    hashed="encode(sha256(convert_to({0}, 'UTF8')), 'hex')",
    grouped="e.id",
)


def _statement(words: _Words) -> str:
    """Return the statement; every value in it is a constant of this module or bound."""

    def optional(column: str) -> str:
        return f"coalesce('\"' || {words.hex_id.format(column)} || '\"', 'null')"

    line = (
        f"'[' || p.line || ',\"' || {words.hex_id.format('p.account_id')} || '\",' || {optional('p.party_id')} || ',' ||"
        " p.amount_minor || ',\"' || p.currency || '\"]'"
    )
    head = " || ',' || ".join(
        (
            "'[\"' || f.previous_hash || '\"'",
            f"'\"' || {words.hex_id.format('f.id')} || '\"'",
            f"'\"' || {words.hex_id.format('f.organisation_id')} || '\"'",
            "f.sequence",
            words.microseconds.format("f.posted_at"),
            f"'\"' || {words.day.format('f.occurred_on')} || '\"'",
            words.quoted.format("f.kind"),
            words.quoted.format("f.description"),
            words.quoted.format("f.idempotency_key"),
            optional("f.reverses_id"),
            optional("f.posted_by"),
        )
    )
    canonical = f"{head} || ',[' || f.lines || ']]'"
    return f"""
        WITH f AS (
            SELECT e.id, e.organisation_id, e.sequence, e.posted_at, e.occurred_on, e.kind, e.description, e.idempotency_key,
                e.reverses_id, e.posted_by, e.previous_hash, e.hash, count(p.line) AS postings, sum(p.amount_minor) AS total,
                min(p.currency) AS currency, max(p.currency) AS other, {words.lines.format(line)} AS lines
            FROM journal_entry e LEFT JOIN posting p ON p.entry_id = e.id
            WHERE e.organisation_id = :organisation AND e.sequence > :after AND e.sequence <= :until
            GROUP BY {words.grouped}
        )
        SELECT count(*) AS entries, coalesce(sum(f.postings), 0) AS postings,
            coalesce(sum(CASE WHEN f.currency <> f.other THEN 1 ELSE 0 END), 0) AS mixed,
            min(CASE WHEN f.postings < 2 OR (f.currency = f.other AND f.total <> 0)
                OR f.previous_hash <> coalesce(prior.hash, CASE WHEN f.sequence = 1 THEN :genesis ELSE '' END)
                OR {words.hashed.format(canonical)} <> f.hash
                THEN f.sequence END) AS suspect
        FROM f LEFT JOIN journal_entry prior ON prior.organisation_id = f.organisation_id AND prior.sequence = f.sequence - 1
    """  # noqa: S608 - built from constants


_STATEMENTS = {"sqlite": _statement(_SQLITE), "postgresql": _statement(_POSTGRESQL)}
#: The last number that both databases can hold.
NO_END = 2**62


def follow(session: Session, organisation_id: UUID, after: int = 0, until: int = NO_END) -> Followed:
    """Follow the entries after a number; one that is not as it was posted, or does not balance, is a suspect."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        driver: Any = session.connection().connection.driver_connection
        driver.create_function(SQLITE_FUNCTION, 1, _sha256, deterministic=True)
    else:
        session.execute(text("SELECT set_config('work_mem', :size, true)"), {"size": WORK_MEMORY})
    row = session.execute(
        text(_STATEMENTS[dialect]),
        {
            "organisation": organisation_id.hex if dialect == "sqlite" else organisation_id,
            "after": after,
            "until": until,
            "genesis": GENESIS,
        },
    ).one()
    return Followed(row.entries, int(row.postings), row.suspect, int(row.mixed))


def _sha256(content: str | None) -> str:
    return hashlib.sha256((content or "").encode()).hexdigest()
