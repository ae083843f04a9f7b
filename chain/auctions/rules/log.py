"""The public log of a lot: each line's hash covers the line before."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chain.auctions.rules.terms import Kind

#: What the first line has for the hash of the line before.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the log says. A maximum stands in it as its commitment, the figure follows after the end.

    Buyers stand in it under marks, so that everybody can compute the hashes from the published log.
    """

    sequence: int
    kind: Kind
    at: datetime
    buyer: str | None
    amount_minor: int | None
    commitment: str | None
    price_minor: int | None
    leader: str | None
    ends_at: datetime


def line_hash(previous: str, lot_id: UUID, line: Line) -> str:
    """Return the sha256 of a line and the hash of the line before it; the fields are joined by line feeds, in their order."""
    text = "\n".join(
        (
            previous,
            str(lot_id),
            str(line.sequence),
            line.kind.value,
            line.at.isoformat(),
            line.buyer or "",
            str(line.amount_minor or ""),
            line.commitment or "",
            str(line.price_minor or ""),
            line.leader or "",
            line.ends_at.isoformat(),
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()
