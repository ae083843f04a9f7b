"""What is sealed of a clock: requests until their round closes, the seed of the draw until the allotment."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from chain.auctions.clock.models import ClockRequest
from chain.auctions.clock.rules import Wish
from chain.core.hashing import plain
from chain.core.sealing import sealer


def words_of(wishes: Iterable[Wish]) -> str:
    """Return wishes as the text that is sealed and committed to; the same wishes give the same text."""
    rows = [
        {
            "product": wish.product_id,
            "kilograms": wish.kilograms,
            "least": wish.least,
            "best_minor": wish.best_minor,
        }
        for wish in sorted(wishes, key=lambda one: one.product_id)
        if wish.kilograms or wish.best_minor
    ]
    return json.dumps(plain(rows), sort_keys=True, separators=(",", ":"))


def wishes_from(text: str) -> list[Wish]:
    """Return the wishes of a text that `words_of` made."""
    return [
        Wish(UUID(row["product"]), row["kilograms"], row["least"], row["best_minor"])
        for row in json.loads(text)
    ]


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request with what was sealed in it."""

    row: ClockRequest
    nonce: str
    text: str

    @property
    def wishes(self) -> list[Wish]:
        """What the buyer asked for."""
        return wishes_from(self.text)


def seal_context(request_id: UUID) -> str:
    """Return what a sealed request belongs to."""
    return f"clock request {request_id}"


def seed_context(clock_id: UUID) -> str:
    """Return what a sealed seed belongs to."""
    return f"clock seed {clock_id}"


def open_request(row: ClockRequest) -> OpenedRequest:
    """Return a request opened. Callers: its own buyer, or the closing of the round."""
    nonce, _, text = sealer().open(row.sealed, seal_context(row.id)).partition("\n")
    return OpenedRequest(row, nonce, text)
