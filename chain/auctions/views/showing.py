"""What the live page shows of a lot, in words of the reader: the page prints it, and the poll sends it for the script to put in."""

from collections.abc import Mapping
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from chain.auctions.queries.state import bids_after
from chain.auctions.rules import LOT_STATE_LABELS, Outcome
from chain.auctions.rules.terms import KIND_LABELS
from chain.auctions.services.bidding import Answer
from chain.core.i18n import N_
from chain.web.formats import format_moment, money, timezone_name
from chain.web.i18n import current_language, gettext

#: Lines of a lot's log on the live page; all of them stand on the page of the log.
LINES = 5
#: Buttons with the next prices: the lowest bid, and that many steps more.
STEPS = (0, 1, 4)


def alias_name(alias: int | None, *, is_you: bool = False) -> str:
    """Return how a bidder is called."""
    if is_you:
        return gettext(N_("You"))
    return gettext(N_("Bidder %(number)s"), number=alias) if alias else "—"


def _standing(lot: Mapping[str, Any], *, is_bidder: bool) -> tuple[str, str]:
    """Return the words about a lot and their tone, for this reader."""
    if lot["state"] != "open" or lot["is_over"]:
        return _ended(lot)
    if lot["is_leading"]:
        if lot["has_reserve"] and not lot["reserve_met"]:
            return gettext(N_("You lead, but the lowest price of the seller is not reached.")), "warning"
        return gettext(N_("You are winning.")), "success"
    if lot["leader_alias"] is None:
        return gettext(N_("Nobody has bid yet.")), "neutral"
    leader = alias_name(lot["leader_alias"])
    if is_bidder and lot.get("was_yours"):
        return gettext(N_("You were outbid. %(leader)s leads."), leader=leader), "error"
    return gettext(N_("%(leader)s leads."), leader=leader), "info"


def _ended(lot: Mapping[str, Any]) -> tuple[str, str]:
    if lot["state"] == "open":
        return gettext(N_("The time is over. The result comes in a moment.")), "warning"
    if lot["state"] == "paused":
        return gettext(N_("Paused. The clock stands still.")), "warning"
    if lot["state"] in {"awarded", "sold"} and lot["is_leading"]:
        return gettext(N_("You won this lot.")), "success"
    if lot["state"] in {"awarded", "sold"}:
        leader = alias_name(lot["leader_alias"])
        return gettext(N_("Won by %(leader)s."), leader=leader), "neutral"
    return gettext(LOT_STATE_LABELS[lot["state"]]), "neutral"


def lot_facts(
    session: Session, state: Mapping[str, Any], lot: Mapping[str, Any], was_yours: frozenset[Any]
) -> dict[str, Any]:
    """Return what the page shows of a lot; money, times and words as this reader reads them."""
    currency = state["currency"]
    lot = {**lot, "was_yours": lot["id"] in was_yours}
    words, tone = _standing(lot, is_bidder=state["is_registered"])
    takes = state["phase"] == "running" and lot["state"] == "open" and not lot["is_over"]
    amounts = [lot["minimum_minor"] + lot["step_minor"] * more for more in STEPS] if takes else []
    price = lot["price_minor"]
    return {
        "id": str(lot["id"]),
        "n": lot["position"],
        "s": lot["sequence"],
        "state": lot["state"],
        "price": money(price if price is not None else lot["start_minor"], currency),
        "priced": price is not None,
        "seen": "" if price is None else price,
        "words": words,
        "tone": tone,
        "ends": lot["ends_at"].isoformat(),
        "over": not takes and state["phase"] != "upcoming",
        "takes": takes,
        "steps": [[amount, money(amount, currency)] for amount in amounts],
        "max": lot["has_maximum"],
        "reserve": _reserve(lot),
        "log": _lines(session, lot, currency),
    }


def _reserve(lot: Mapping[str, Any]) -> str:
    if not lot["has_reserve"]:
        return ""
    if lot["reserve_met"]:
        return gettext(N_("The lowest price of the seller is reached."))
    return gettext(N_("The seller has a lowest price, which is not reached yet."))


def _lines(session: Session, lot: Mapping[str, Any], currency: str) -> list[list[Any]]:
    after = max(0, lot["sequence"] - LINES)
    return [line_words(line, currency) for line in bids_after(session, g.actor, lot["id"], after)][::-1]


def line_words(line: Mapping[str, Any], currency: str) -> list[Any]:
    """Return number, time, bidder, what was done, and the price that it left."""
    price = line["price_minor"]
    return [
        line["sequence"],
        format_moment(line["at"], current_language(), timezone_name(), "HH:mm:ss"),
        alias_name(line["alias"], is_you=line["is_you"]),
        gettext(KIND_LABELS[line["kind"]]),
        "—" if price is None else money(price, currency),
    ]


def answer_words(answer: Answer, currency: str) -> tuple[str, str]:
    """Return what a bidder is told of a bid, and its tone."""
    price = money(answer.price_minor or 0, currency)
    if answer.outcome is Outcome.DUPLICATE:
        if answer.is_leading:
            return gettext(N_("It was counted once. You are winning with %(price)s."), price=price), "success"
        return gettext(N_("It was counted once. Now others offer more: %(price)s."), price=price), "error"
    texts = {
        Outcome.WINNING: (N_("You are winning with %(price)s."), "success"),
        Outcome.OUTBID: (N_("Somebody had offered more. The price is now %(price)s."), "error"),
        Outcome.CLOSED: (N_("The lot had closed. Your bid does not count."), "error"),
        Outcome.TOO_LOW: (N_("That is under the lowest bid. The price is %(price)s."), "error"),
        Outcome.STALE: (
            N_("The price moved before your bid came: now %(price)s. Look and bid again."),
            "error",
        ),
        Outcome.NOT_OPEN: (N_("The auction takes no bids now. Your bid does not count."), "error"),
    }
    text, tone = texts[answer.outcome]
    return gettext(text, price=price) if "%(price)s" in text else gettext(text), tone
