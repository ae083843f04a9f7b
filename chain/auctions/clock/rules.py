"""Rules of the two-round clock, pure: the raised price, the activity rule, the allotment, how lots are cut.

The rules in words, as they stand on the page of every clock (docs/clock.md has worked examples):

1. Round 1 has a price for each product. Buyers say in sealed requests how many whole kilograms they take at it.
2. A product of which no more is wanted than there is, is allotted at that price. There is no second round for it.
3. The price of any other product rises by the share by which too much was wanted, at most by the limit of the clock, at
   least by one step, rounded up to whole steps. Round 2 is the last.
4. In round 2 nobody may ask for more of a product than in round 1. Who wants to be served first may state a best price.
5. When too much is wanted still, the higher best price goes first; then the earlier minute; then the lot drawn from the seed.
   The last one in the row gets what is left, unless that is under the least quantity that was stated; then the next one.
6. All of them pay one price: what the first who was left out had offered, at least the price of round 2, and never more
   than any of those served had offered.
7. Kilograms that nobody took in round 2 go to the requests of round 1, at the price of round 1, by minute and lot drawn.
8. What is still left returns to the stock, with what is under a whole kilogram.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chain.auctions.clock.errors import ClockStateRefused
from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.money import BASIS_POINTS

FIRST, SECOND = 1, 2
#: Prices in minor units per kilogram or litre.
PRICE_LOW, PRICE_HIGH = 1, 100_000
#: No raise takes a price further than twice what it was, and a step.
BEST_HIGH = 3 * PRICE_HIGH
MAX_PRODUCTS = 50
MAX_LOTS = 5_000
MAX_TITLE = 200
MAX_KILOGRAMS = 10_000_000
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=60)
LONGEST_SECOND = 7 * 24 * 60
MAX_RAISE_BP = 10_000
MAX_STEP_MINOR = 10_000


class ClockState(StrEnum):
    """Where a clock stands."""

    FIRST = "first"
    SECOND = "second"
    AWARDED = "awarded"
    SOLD = "sold"
    DECLINED = "declined"
    PASSED_IN = "passed_in"
    CANCELLED = "cancelled"


CLOCK_STATE_LABELS = {
    ClockState.FIRST: N_("Round 1 is open"),
    ClockState.SECOND: N_("Round 2 is open"),
    ClockState.AWARDED: N_("Allotted, to be confirmed"),
    ClockState.SOLD: N_("Sold"),
    ClockState.DECLINED: N_("Nothing was confirmed"),
    ClockState.PASSED_IN: N_("Nobody asked"),
    ClockState.CANCELLED: N_("Cancelled"),
}

TRANSITIONS: Mapping[ClockState, frozenset[ClockState]] = {
    ClockState.FIRST: frozenset(
        {ClockState.SECOND, ClockState.AWARDED, ClockState.PASSED_IN, ClockState.CANCELLED}
    ),
    ClockState.SECOND: frozenset({ClockState.AWARDED, ClockState.PASSED_IN, ClockState.CANCELLED}),
    ClockState.AWARDED: frozenset({ClockState.SOLD, ClockState.DECLINED}),
    ClockState.SOLD: frozenset(),
    ClockState.DECLINED: frozenset(),
    ClockState.PASSED_IN: frozenset(),
    ClockState.CANCELLED: frozenset(),
}

OPEN_STATES = frozenset({ClockState.FIRST, ClockState.SECOND})


def check_transition(state: str, to: ClockState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        ClockStateRefused: the transition table has no such step.
    """
    if to not in TRANSITIONS[ClockState(state)]:
        raise ClockStateRefused(state=Message(CLOCK_STATE_LABELS[ClockState(state)]))


def round_of(state: str) -> int | None:
    """Return the round that is open; None: none is."""
    return {ClockState.FIRST: FIRST, ClockState.SECOND: SECOND}.get(ClockState(state))


@dataclass(frozen=True, slots=True)
class Raise:
    """How the price of round 2 follows from what was wanted in round 1."""

    #: hundredths of a percent: 2,000 is 20 %
    limit_bp: int
    step_minor: int


@dataclass(frozen=True, slots=True)
class Supply:
    """What there is of a product, in whole kilograms, and its price in round 1."""

    product_id: UUID
    kilograms: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What a buyer asks of one product in one round; the last request of a round counts, with its moment."""

    buyer_id: UUID
    kilograms: int
    at: datetime
    #: takes nothing rather than less than this
    least: int = 1
    #: of round 2 only: would pay up to this to be served first
    best_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What a buyer gets of a product at one price."""

    buyer_id: UUID
    kilograms: int
    price_minor: int
    #: the round whose request it fills
    round: int


def wanted(asks: Iterable[Ask]) -> int:
    """Return the kilograms of all requests together."""
    return sum(ask.kilograms for ask in asks)


def raised_price(supply: Supply, demand: int, rule: Raise) -> int | None:
    """Return the price of round 2; None: no more is wanted than there is, or there is nothing.

    At 1,000 kg, 100.00 and a limit of 20 % with steps of 0.50: 1,080 kg wanted → 108.00; 1,500 kg → 120.00; 1,001 kg → 100.50.
    """
    if demand <= supply.kilograms or supply.kilograms == 0:
        return None
    excess_bp = -(-(demand - supply.kilograms) * BASIS_POINTS // supply.kilograms)
    rise = -(-supply.price_minor * min(excess_bp, rule.limit_bp) // BASIS_POINTS)
    steps = max(1, -(-rise // rule.step_minor))
    return supply.price_minor + steps * rule.step_minor


def draw(seed: str, product_id: UUID, buyer_id: UUID) -> str:
    """Return the lot that a buyer draws for a product: the sha256 of the published seed and both ids; the smaller goes first."""
    return hashlib.sha256(f"{seed}:{product_id}:{buyer_id}".encode()).hexdigest()


def minute_of(moment: datetime) -> datetime:
    """Return the minute in which a request came: what is quicker than a minute is the line's, not the buyer's."""
    return moment.replace(second=0, microsecond=0)


def _row(asks: Iterable[Ask], product_id: UUID, seed: str, floor: int) -> list[Ask]:
    """Return requests in the order in which they are served."""
    return sorted(
        (ask for ask in asks if ask.kilograms > 0),
        key=lambda ask: (
            -(ask.best_minor or floor),
            minute_of(ask.at),
            draw(seed, product_id, ask.buyer_id),
        ),
    )


def serve_first(supply: Supply, asks: Sequence[Ask], seed: str) -> list[Part]:
    """Allot a product of which no more was wanted in round 1 than there is: everybody gets everything.

    Should a lot have been held back since, the earlier minute goes first, then the lot drawn.
    """
    left, parts = supply.kilograms, []
    for ask in _row(asks, supply.product_id, seed, supply.price_minor):
        gets = min(left, ask.kilograms)
        if gets >= max(1, min(ask.least, ask.kilograms)):
            parts.append(Part(ask.buyer_id, gets, supply.price_minor, FIRST))
            left -= gets
    return sorted(parts, key=lambda part: part.buyer_id)


def serve_second(
    supply: Supply, clock_minor: int, first: Sequence[Ask], second: Sequence[Ask], seed: str
) -> list[Part]:
    """Allot a product after round 2: rules 5, 6 and 7 above."""
    left = supply.kilograms
    taken: dict[UUID, int] = {}
    lowest, left_out = BEST_HIGH, clock_minor
    is_short = False
    for ask in _row(second, supply.product_id, seed, clock_minor):
        gets = min(left, ask.kilograms)
        offered = max(ask.best_minor or clock_minor, clock_minor)
        if gets < ask.kilograms and not is_short:
            is_short, left_out = True, offered
        if gets < max(1, min(ask.least, ask.kilograms)):
            continue
        taken[ask.buyer_id] = gets
        lowest = min(lowest, offered)
        left -= gets
    price = max(clock_minor, min(left_out, lowest)) if taken else clock_minor
    parts = [Part(buyer_id, kilograms, price, SECOND) for buyer_id, kilograms in taken.items()]
    for ask in _row(first, supply.product_id, seed, supply.price_minor):
        has = taken.get(ask.buyer_id, 0)
        more = min(left, ask.kilograms - has)
        if more < 1 or has + more < min(ask.least, ask.kilograms):
            continue
        parts.append(Part(ask.buyer_id, more, supply.price_minor, FIRST))
        left -= more
    return sorted(parts, key=lambda part: (part.round, part.buyer_id))


def serve(
    supply: Supply, clock_minor: int | None, first: Sequence[Ask], second: Sequence[Ask], seed: str
) -> list[Part]:
    """Allot a product; `clock_minor` is its price in round 2, None when it had no second round."""
    if clock_minor is None:
        return serve_first(supply, first, seed)
    return serve_second(supply, clock_minor, first, second, seed)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer typed for one product."""

    product_id: UUID
    kilograms: int
    least: int = 1
    best_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What of a product decides whether a wish may stand."""

    supply: Supply
    #: of round 2; None: no second round
    clock_minor: int | None
    #: what this buyer asked for in round 1
    asked_first: int


def check_wishes(wishes: Sequence[Wish], products: Mapping[UUID, ProductFacts], round_number: int) -> None:
    """Refuse a request that cannot stand; every product at once. Field names are those of the form and the API.

    Raises:
        ValidationFailed: kilograms out of bounds, more than in round 1, a best price under the clock's, nothing asked.
    """
    errors = FieldErrors()
    for wish in wishes:
        facts = products.get(wish.product_id)
        name = f"kilograms-{wish.product_id}"
        if facts is None or (round_number == SECOND and facts.clock_minor is None):
            errors.add(name, N_("This product is not in the round."))
            continue
        limit = facts.supply.kilograms if round_number == FIRST else facts.asked_first
        if not 0 <= wish.kilograms <= limit:
            text = (
                N_("Ask for 0 to %(limit)s.")
                if round_number == FIRST
                else N_("Ask for at most %(limit)s, as in round 1.")
            )
            errors.add(name, text, limit=limit)
        if not 1 <= wish.least <= max(1, wish.kilograms):
            errors.add(f"least-{wish.product_id}", N_("The least must lie between 1 and what you ask for."))
        _check_best(errors, wish, facts, round_number)
    if round_number == FIRST and not any(wish.kilograms for wish in wishes):
        errors.add("kilograms", N_("Ask for at least one product."))
    errors.raise_any()


def most_value(wishes: Sequence[Wish], products: Mapping[UUID, ProductFacts]) -> int:
    """Return the most, in minor units, that a buyer can come to owe: at its best prices, and what it asked for in round 1.

    60 kg at 100.00 in round 1, of them 50 kg at best 125.00 in round 2: 50 x 125.00 + 10 x 100.00 = 7,250.00.
    """
    now = {wish.product_id: wish for wish in wishes}
    total = 0
    for product_id, facts in products.items():
        first, wish = facts.supply.price_minor, now.get(product_id)
        kilograms = wish.kilograms if wish else 0
        price = (wish.best_minor if wish else None) or facts.clock_minor or first
        total += kilograms * price + max(0, facts.asked_first - kilograms) * first
    return total


def _check_best(errors: FieldErrors, wish: Wish, facts: ProductFacts, round_number: int) -> None:
    if wish.best_minor is None:
        return
    floor = facts.clock_minor or facts.supply.price_minor
    if round_number == FIRST:
        errors.add(f"best-{wish.product_id}", N_("A best price can be stated in round 2 only."))
    elif not floor <= wish.best_minor <= BEST_HIGH:
        errors.add(f"best-{wish.product_id}", N_("The best price must not be under the price of the round."))


@dataclass(frozen=True, slots=True)
class Cut:
    """How a lot is divided: the parts in order, the grams of each, and who gets it (None: returns to the stock)."""

    lot_id: UUID
    parts: tuple[tuple[UUID | None, int, int], ...]

    @property
    def is_whole(self) -> bool:
        """Whether the lot stays one."""
        return len(self.parts) == 1


def cut_lots(lots: Sequence[tuple[UUID, int]], takes: Sequence[tuple[UUID, int, int]]) -> list[Cut]:
    """Fill what buyers take, in order, from lots, in order; at most one lot is cut for each taker.

    `lots` are (id, grams); `takes` are (buyer, grams, price). Each part is (buyer, grams, price). What is left has no buyer
    and price 0. Lots of 60 and 40 kg for A with 50 kg and B with 30 kg: the first is cut into A 50 and B 10, the second
    into B 20 and 20 for the stock.
    """
    queue = deque(take for take in takes if take[1])
    cuts: list[Cut] = []
    for lot_id, grams in lots:
        rest = grams
        parts: list[tuple[UUID | None, int, int]] = []
        while rest and queue:
            buyer, open_grams, price = queue.popleft()
            piece = min(rest, open_grams)
            parts.append((buyer, piece, price))
            rest -= piece
            if open_grams > piece:
                queue.appendleft((buyer, open_grams - piece, price))
        if rest:
            parts.append((None, rest, 0))
        cuts.append(Cut(lot_id, tuple(parts)))
    return cuts


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """The terms of a new clock."""

    title: str
    note: str | None
    first_closes_at: datetime
    #: how long round 2 lasts, counted from the moment in which round 1 was opened
    second_minutes: int
    rule: Raise


def check_terms(terms: ClockTerms, prices: Sequence[int], *, now: datetime, max_note: int) -> None:
    """Refuse the terms of a new clock; every field at once.

    Raises:
        ValidationFailed.
    """
    errors = FieldErrors()
    if not terms.title.strip() or len(terms.title) > MAX_TITLE:
        errors.add("title", N_("Write a title of at most %(limit)s characters."), limit=MAX_TITLE)
    if terms.note and len(terms.note) > max_note:
        errors.add("note", N_("Write at most %(limit)s characters."), limit=max_note)
    if terms.first_closes_at - now < SHORTEST:
        errors.add("first_closes_at", N_("Leave the buyers at least a minute."))
    elif terms.first_closes_at - now > LONGEST:
        errors.add("first_closes_at", N_("Round 1 may last %(days)s days at most."), days=LONGEST.days)
    if not 1 <= terms.second_minutes <= LONGEST_SECOND:
        errors.add("second_minutes", N_("Round 2 lasts from 1 minute to 7 days."))
    if not 1 <= terms.rule.limit_bp <= MAX_RAISE_BP:
        errors.add("raise_limit", N_("The price may rise by more than 0 and at most 100 percent."))
    if not 1 <= terms.rule.step_minor <= MAX_STEP_MINOR:
        errors.add("step", N_("The step must be above zero and at most 100.00."))
    _check_prices(errors, prices)
    errors.raise_any()


def _check_prices(errors: FieldErrors, prices: Sequence[int]) -> None:
    if not prices:
        errors.add("products", N_("Give at least one product a price."))
    elif len(prices) > MAX_PRODUCTS:
        errors.add("products", N_("A clock takes at most %(limit)s products."), limit=MAX_PRODUCTS)
    if any(not PRICE_LOW <= price <= PRICE_HIGH for price in prices):
        errors.add("products", N_("A price lies between 0.01 and 1,000.00."))
