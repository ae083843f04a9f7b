"""Replay: the public log of a clock, run through the rules again, and compared with what the database holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.auctions.clock.models import Clock, ClockAllotment
from chain.auctions.clock.rules import FIRST, SECOND, Ask, Part, Raise, Supply, raised_price, serve, wanted
from chain.auctions.clock.sealed import wishes_from
from chain.core.i18n import N_, Message
from chain.core.sealing import commitment
from chain.sales.errors import LogBroken
from chain.sales.methods import Replayed
from chain.sales.models import Award as AwardRow
from chain.sales.models import AwardLine, MarketEntry
from chain.sales.queries.log import check_chain, log_of

CHAIN_HOLDS = N_("The lines hang together: none was changed, added or taken out.")
CHAIN_BROKEN = N_("The log was changed at line %(sequence)s.")
SEALS_HOLD = N_("Every request says what its buyer had committed to.")
SEAL_BROKEN = N_("Line %(sequence)s does not say what its buyer had committed to.")
SEED_BROKEN = N_("The seed is not the one that was committed to.")
PRICES_AGREE = N_("The prices of round 2 follow from what was wanted.")
PRICES_DIFFER = N_("The prices of round 2 do not follow from what was wanted.")
SAME_RESULT = N_("The rules give the same allotment again.")
OTHER_RESULT = N_("The rules give another allotment than the one that was made.")
AWARDS_AGREE = N_("The awards hold the kilograms and prices of the allotment.")
AWARDS_DIFFER = N_("The awards do not hold the kilograms and prices of the allotment.")
NOT_CLOSED = N_("The clock has not been allotted yet.")


@dataclass(slots=True)
class _Told:
    """What the log tells."""

    opened: Mapping[str, Any] = field(default_factory=dict)
    committed: dict[str, str] = field(default_factory=dict)
    asks: dict[int, dict[str, list[Ask]]] = field(default_factory=lambda: {FIRST: {}, SECOND: {}})
    rounds: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    seed: Mapping[str, Any] | None = None
    allotted: list[tuple[str, Part]] = field(default_factory=list)
    wrong_seals: list[int] = field(default_factory=list)


def replay_clock(session: Session, clock_id: UUID) -> Replayed:
    """Run the log of a clock through the rules again. The caller has checked that the reader may."""
    lines = log_of(session, clock_id)
    try:
        check_chain(lines)
        told = _read(lines)
    except LogBroken as broken:
        sequence = broken.params["sequence"]
        return Replayed(False, len(lines), (Message(CHAIN_BROKEN, {"sequence": sequence}),))
    found: list[Message] = [Message(CHAIN_HOLDS)]
    agrees = not told.wrong_seals
    if told.wrong_seals:
        found.append(Message(SEAL_BROKEN, {"sequence": told.wrong_seals[0]}))
    else:
        found.append(Message(SEALS_HOLD))
    if FIRST in told.rounds:
        same = _prices_agree(told)
        found.append(Message(PRICES_AGREE if same else PRICES_DIFFER))
        agrees = agrees and same
    if told.seed is None:
        found.append(Message(NOT_CLOSED))
    else:
        agrees = _check_result(session, clock_id, told, found) and agrees
    return Replayed(agrees, len(lines), tuple(found))


def _read(lines: Sequence[MarketEntry]) -> _Told:
    told = _Told()
    for line in lines:
        data = line.data
        match line.kind:
            case "opened":
                told.opened = data
            case "request":
                told.committed[data["request"]] = data["commitment"]
            case "request_opened":
                _read_request(told, line)
            case "round_closed":
                told.rounds[data["round"]] = data
            case "seed":
                told.seed = data
            case "allotted":
                part = Part(_buyer(line), data["kilograms"], data["price_minor"], data["round"])
                told.allotted.append((data["product"], part))
    return told


def _buyer(line: MarketEntry) -> UUID:
    if line.buyer_id is None:
        raise LogBroken(sequence=line.sequence)
    return line.buyer_id


def _read_request(told: _Told, line: MarketEntry) -> None:
    data = line.data
    if told.committed.get(data["request"]) != commitment(data["wishes"], data["nonce"]):
        told.wrong_seals.append(line.sequence)
    for wish in wishes_from(data["wishes"]):
        ask = Ask(
            _buyer(line), wish.kilograms, datetime.fromisoformat(data["at"]), wish.least, wish.best_minor
        )
        told.asks[data["round"]].setdefault(str(wish.product_id), []).append(ask)


def _supplies(told: _Told, round_number: int) -> dict[str, Supply]:
    kilograms = told.rounds[round_number]["supply"]
    return {
        row["product"]: Supply(UUID(row["product"]), kilograms[row["product"]], row["price_minor"])
        for row in told.opened["products"]
    }


def _prices_agree(told: _Told) -> bool:
    rule = Raise(told.opened["raise_limit_bp"], told.opened["step_minor"])
    expected = {}
    for product, supply in _supplies(told, FIRST).items():
        price = raised_price(supply, wanted(told.asks[FIRST].get(product, [])), rule)
        if price is not None:
            expected[product] = price
    return json.dumps(expected, sort_keys=True) == json.dumps(told.rounds[FIRST]["prices"], sort_keys=True)


def _check_result(session: Session, clock_id: UUID, told: _Told, found: list[Message]) -> bool:
    seed = told.seed or {}
    if commitment(seed["seed"], seed["nonce"]) != told.opened["seed_commitment"]:
        found.append(Message(SEED_BROKEN))
        return False
    last = SECOND if SECOND in told.rounds else FIRST
    prices = told.rounds[FIRST]["prices"]
    again = {
        (product, part)
        for product, supply in _supplies(told, last).items()
        for part in serve(
            supply,
            prices.get(product),
            told.asks[FIRST].get(product, []),
            told.asks[SECOND].get(product, []),
            seed["seed"],
        )
    }
    stored = {
        (str(row.product_id), Part(row.buyer_id, row.kilograms, row.price_minor, row.round))
        for row in session.scalars(select(ClockAllotment).where(ClockAllotment.clock_id == clock_id))
    }
    same = again == set(told.allotted) == stored
    found.append(Message(SAME_RESULT if same else OTHER_RESULT))
    awarded = _awards_agree(session, clock_id, stored)
    found.append(Message(AWARDS_AGREE if awarded else AWARDS_DIFFER))
    return same and awarded


def _awards_agree(session: Session, clock_id: UUID, stored: set[tuple[str, Part]]) -> bool:
    """Compare by buyer and price: the grams of the awards' lots are the whole kilograms that were allotted."""
    clock = session.get_one(Clock, clock_id)
    wanted_grams: dict[tuple[UUID, int], int] = {}
    for _, part in stored:
        key = (part.buyer_id, part.price_minor)
        wanted_grams[key] = wanted_grams.get(key, 0) + part.kilograms * 1000
    rows = session.execute(
        select(AwardRow.buyer_id, AwardLine.price_minor_per_unit, AwardLine.quantity)
        .join(AwardLine, AwardLine.award_id == AwardRow.id)
        .where(AwardRow.event_id == clock.id)
    )
    grams: dict[tuple[UUID, int], int] = {}
    for row in rows:
        key = (row.buyer_id, row.price_minor_per_unit)
        grams[key] = grams.get(key, 0) + row.quantity
    return grams == wanted_grams
