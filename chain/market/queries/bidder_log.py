"""The public log of a tender as a bidder sees it: rivals by alias and never what they bid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.market.queries.tenders import TenderView
from chain.market.rules import TenderState
from chain.sales.queries.log import aliases, log_of

#: What bidders read of lines that are about a rival: that it happened, not what.
OPEN_TO_ALL = frozenset({"opened", "terms", "opening", "seed", "decided", "passed_in", "unsold", "cancelled"})
#: What they read before the opening beside their own bids.
TOLD_AT_ONCE = frozenset({"opened", "terms"})


@dataclass(frozen=True, slots=True)
class BidderLine:
    """A line of the log for one bidder."""

    sequence: int
    kind: str
    at: datetime
    #: the alias of the buyer whom it is about; None: nobody
    alias: int | None
    is_own: bool
    #: None: it is a rival's and stays hidden
    data: Mapping[str, Any] | None
    hash: str


def bidder_log(session: Session, actor: Actor, tender: TenderView) -> Sequence[BidderLine]:
    """Return the log of a tender in which the actor's organisation has bid.

    Before the opening only the first line, changes of the terms and the own bids: the others would tell how many rivals bid and when.
    """
    entries = log_of(session, tender.id)
    names = aliases(entries)
    is_over = tender.state != TenderState.OPEN
    lines = []
    for entry in entries:
        is_own = entry.buyer_id is not None and entry.buyer_id == actor.organisation_id
        if not (is_over or is_own or entry.kind in TOLD_AT_ONCE):
            continue
        is_shown = is_own or (entry.buyer_id is None and entry.kind in OPEN_TO_ALL)
        lines.append(
            BidderLine(
                entry.sequence if is_over else 0,
                entry.kind,
                entry.at,
                names.get(entry.buyer_id) if entry.buyer_id is not None and is_over else None,
                is_own,
                entry.data if is_shown else None,
                entry.hash,
            )
        )
    return lines
