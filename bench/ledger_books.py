"""Books of any size for measurements and tests: the same entries for the same seed, written in bulk, chained as by the product."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.ledger.models import JournalEntry, LedgerAccount, LedgerHead, Posting
from chain.ledger.rules import (
    ACCOUNT_KINDS,
    GENESIS,
    AccountCode,
    EntryHead,
    EntryKind,
    PostingRow,
    day_text,
    entry_hash,
    hex_id,
    microseconds,
)

START = datetime(2025, 1, 2, 15, tzinfo=UTC)
DAYS = 365
AT_ONCE = 5_000
PARTIES = 2_000
#: What an entry debits and credits, and how many postings the debit is shared over.
PATTERNS = (
    (EntryKind.ADVANCE, AccountCode.ADVANCES_TO_PRODUCERS, AccountCode.CASH, 1),
    (EntryKind.PAYOUT, AccountCode.PAYABLE_PRODUCERS, AccountCode.BANK, 1),
    (EntryKind.RUN_ACCOUNT, AccountCode.PURCHASES, AccountCode.PAYABLE_PRODUCERS, 6),
    (EntryKind.BUYER_PAYMENT, AccountCode.BANK, AccountCode.RECEIVABLE_BUYERS, 1),
)


def _ids(random: Random) -> Iterator[UUID]:
    """Return ids that look like UUIDv7 and grow."""
    number = 0x0194_0000_0000
    while True:
        number += 1
        yield UUID(int=(number << 80) | (7 << 76) | (0b10 << 62) | random.getrandbits(60))


def fill_books(session: Session, organisation_id: UUID, currency: str, postings: int, seed: int) -> int:
    """Write at least so many postings to the empty books of an organisation; return how many there are."""
    random = Random(seed)
    ids = _ids(random)
    accounts = {code: next(ids) for code in AccountCode}
    parties = [next(ids) for _ in range(PARTIES)]
    balances = dict.fromkeys(accounts, 0)
    previous, sequence, written = GENESIS, 0, 0
    entry_rows: list[dict[str, Any]] = []
    posting_rows: list[dict[str, Any]] = []
    session.execute(insert(LedgerAccount), _account_rows(organisation_id, currency, accounts))
    while written < postings:
        sequence += 1
        kind, debit, credit, parts = PATTERNS[random.randrange(len(PATTERNS))]
        at = START + timedelta(seconds=sequence * (DAYS * 86_400) // max(1, postings // 3))
        day = at.date()
        lines: list[PostingRow] = []
        for line in range(1, parts + 1):
            amount = random.randrange(100, 500_000)
            party = parties[random.randrange(PARTIES)]
            code = credit if parts > 1 else debit
            signed = -amount if parts > 1 else amount
            balances[code] += signed
            lines.append((line, accounts[code].hex, hex_id(party), signed, currency))
        rest, other = -sum(one[3] for one in lines), (debit if parts > 1 else credit)
        balances[other] += rest
        lines.append((parts + 1, accounts[other].hex, None, rest, currency))
        entry_id = next(ids)
        head = EntryHead(
            entry_id.hex, organisation_id.hex, sequence, microseconds(at), day_text(day), kind.value,
            f"Asiento de prueba n.º {sequence}", f"bench:{sequence}", None, None,
        )  # fmt: skip
        digest = entry_hash(previous, head, lines)
        entry_rows.append(_entry_row(entry_id, organisation_id, at, day, head, previous, digest))
        posting_rows += [_posting_row(entry_id, one) for one in lines]
        previous, written = digest, written + len(lines)
        if len(entry_rows) >= AT_ONCE:
            _write(session, entry_rows, posting_rows)
    _write(session, entry_rows, posting_rows)
    _finish(session, organisation_id, accounts, balances, sequence, previous)
    return written


def _account_rows(
    organisation_id: UUID, currency: str, accounts: dict[AccountCode, UUID]
) -> list[dict[str, Any]]:
    return [
        {
            "id": account_id,
            "organisation_id": organisation_id,
            "code": code.value,
            "kind": ACCOUNT_KINDS[code].value,
            "currency": currency,
            "balance_minor": 0,
        }
        for code, account_id in accounts.items()
    ]


def _entry_row(  # noqa: PLR0917 - private; one line of facts
    entry_id: UUID,
    organisation_id: UUID,
    at: datetime,
    day: date,
    head: EntryHead,
    previous: str,
    digest: str,
) -> dict[str, Any]:
    return {
        "id": entry_id,
        "organisation_id": organisation_id,
        "sequence": head.sequence,
        "posted_at": at,
        "occurred_on": day,
        "kind": head.kind,
        "description": head.description,
        "idempotency_key": head.idempotency_key,
        "reverses_id": None,
        "posted_by": None,
        "previous_hash": previous,
        "hash": digest,
    }


def _posting_row(entry_id: UUID, one: PostingRow) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "line": one[0],
        "account_id": UUID(one[1]),
        "party_id": UUID(one[2]) if one[2] else None,
        "amount_minor": one[3],
        "currency": one[4],
    }


def _write(session: Session, entries: list[dict[str, Any]], postings: list[dict[str, Any]]) -> None:
    if entries:
        session.execute(insert(JournalEntry), entries)
        session.execute(insert(Posting), postings)
        entries.clear()
        postings.clear()


def _finish(  # noqa: PLR0917 - private
    session: Session,
    organisation_id: UUID,
    accounts: dict[AccountCode, UUID],
    balances: dict[AccountCode, int],
    sequence: int,
    digest: str,
) -> None:
    for code, account_id in accounts.items():
        session.get_one(LedgerAccount, account_id).balance_minor = balances[code]
    session.add(LedgerHead(organisation_id=organisation_id, sequence=sequence, hash=digest))
    session.flush()
