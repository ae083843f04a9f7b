"""What goes into a matching: lots on offer, standing demands with their prices, freight.

Quantities are whole grams (or millilitres), prices whole minor units (cents) for a kilogram (or litre), all of one
currency; a gram at one cent a kilogram is worth one unit of `value`, so that a thousand units make a cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

#: From the weakest to the strongest: organic satisfies transition, both satisfy conventional.
CLAIMS = ("conventional", "transition", "organic")
#: Grams in all: with prices below MAX_PRICE_MINOR no sum leaves 64 bits (docs/matching.md, Numbers).
MAX_TOTAL_QUANTITY = 10**15
#: What a kilogram or litre may cost in minor units, premiums and freight included.
MAX_PRICE_MINOR = 10**9
MAX_LOTS = 1_000_000
MAX_DEMANDS = 10_000


@dataclass(frozen=True, slots=True)
class LotOffer:
    """A lot on offer. None: not known, which satisfies only who does not ask."""

    id: str
    commodity: str
    #: grams or millilitres, above zero
    quantity: int
    grade: str | None = None
    colour: str | None = None
    micron_tenths: int | None = None
    claim: str = "conventional"
    #: where it lies: decides the freight and whether a demand collects there
    centre: str = ""
    #: least that the producers must receive after freight, for a kilogram or litre; None: anything above zero
    reserve_minor: int | None = None
    #: False: all of it to one demand, or none
    divisible: bool = True
    #: earlier goes first; ties go to the smaller id
    registered_at_key: int = 0
    #: the association that sells it; matters where a demand is private to some
    seller: str = ""


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One line of a price grid, or a premium: for which lots it counts (empty or None: for any), and how much.

    Microns are tenths, both limits included. A lot whose micron is not known is in no step that has a micron limit.
    """

    amount_minor: int
    grades: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    micron_min_tenths: int | None = None
    micron_max_tenths: int | None = None
    #: the weakest claim for which it counts
    claim: str = "conventional"


@dataclass(frozen=True, slots=True)
class DemandAsk:
    """A standing demand. Empty tuples and None mean any.

    The price for a lot is the first line of `grid` that fits it, otherwise `price_minor` (None: such lots are not bought),
    plus every one of `premiums` that fits (a negative one is a discount).
    """

    id: str
    buyer: str
    #: empty: any
    commodity: str
    price_minor: int | None = None
    grades: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    #: tenths of a micrometre, both included
    micron_min_tenths: int | None = None
    micron_max_tenths: int | None = None
    #: the weakest claim that is accepted
    claim: str = "conventional"
    #: where the buyer collects
    centres: tuple[str, ...] = ()
    grid: tuple[PriceStep, ...] = ()
    premiums: tuple[PriceStep, ...] = ()
    #: it takes at least this much in all, or nothing
    min_quantity: int = 0
    #: it takes at most this much in all; None: as much as there is
    max_quantity: int | None = None
    #: True: the price is at the centre, the freight is the buyer's
    buyer_pays_freight: bool = False
    #: associations to which it is private; empty: to all
    sellers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Freight:
    """What it costs to bring a kilogram or litre from a centre to a buyer, or to one demand of that buyer."""

    centre: str
    buyer: str
    cost_minor: int
    #: None: to every demand of the buyer that has no freight of its own
    demand_id: str | None = None


@dataclass(frozen=True)
class Instance:
    """All that takes part in one matching. Ways without freight cost nothing."""

    lots: Sequence[LotOffer]
    demands: Sequence[DemandAsk]
    freight: Sequence[Freight] = field(default=())
