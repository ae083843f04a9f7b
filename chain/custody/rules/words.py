"""The words of custody: kinds, reasons, states, and the limits of what may be typed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chain.core.i18n import N_

MAX_NAME = 200
MAX_CODE = 40
MAX_NOTE = 1000
MIN_NOTE = 3
#: Lots of one hold, dispatch or count entry list.
MAX_LOTS = 1000
#: Beyond it a tolerance tolerates everything.
MAX_TOLERANCE_BP = 10_000
#: Half a percent, until the organisation decides: a choice of the project, no norm.
DEFAULT_TOLERANCE_BP = 50


class SiteKind(StrEnum):
    """What a place is."""

    STORE = "store"
    TANK = "tank"
    PLANT = "plant"
    VEHICLE = "vehicle"


SITE_KIND_LABELS = {
    SiteKind.STORE: N_("Store"),
    SiteKind.TANK: N_("Milk tank"),
    SiteKind.PLANT: N_("Plant"),
    SiteKind.VEHICLE: N_("Vehicle"),
}


@dataclass(frozen=True, slots=True)
class ColdLimits:
    """A norm's limits for milk that is kept: below so many tenths of a degree, at most so many hours."""

    max_temperature_tenths: int
    max_hours: int
    source: str


#: Confirmed figures by country. Bolivia: NB 33013. Peru: not known, so the fields stay empty and may be filled in.
TANK_LIMITS: Mapping[str, ColdLimits] = {"BO": ColdLimits(100, 12, "NB 33013")}


class ContainerKind(StrEnum):
    """What a container is."""

    SACK = "sack"
    CAN = "can"
    CRATE = "crate"
    OTHER = "other"


CONTAINER_KIND_LABELS = {
    ContainerKind.SACK: N_("Sack"),
    ContainerKind.CAN: N_("Can"),
    ContainerKind.CRATE: N_("Crate"),
    ContainerKind.OTHER: N_("Other container"),
}


class MovementKind(StrEnum):
    """What happened with lent containers."""

    LENT = "lent"
    RETURNED = "returned"
    LOST = "lost"
    CORRECTED = "corrected"


MOVEMENT_LABELS = {
    MovementKind.LENT: N_("Lent"),
    MovementKind.RETURNED: N_("Returned"),
    MovementKind.LOST: N_("Lost"),
    MovementKind.CORRECTED: N_("Correction"),
}
#: Containers of one movement: more is a slip of the finger.
MAX_CONTAINERS = 10_000


def signed_count(kind: MovementKind, count: int) -> int:
    """Return a movement as the balance takes it: lent adds, returned and lost take away, a correction is signed already."""
    return -count if kind in {MovementKind.RETURNED, MovementKind.LOST} else count


class HoldReason(StrEnum):
    """Why a lot may not be moved, used or sold."""

    QUALITY = "quality"
    SANITARY = "sanitary"
    DISPUTE = "dispute"
    PLEDGED = "pledged"
    COUNT = "count"
    OTHER = "other"
    ON_THE_WAY = "on_the_way"


HOLD_LABELS = {
    HoldReason.QUALITY: N_("Quality"),
    HoldReason.SANITARY: N_("Sanitary"),
    HoldReason.DISPUTE: N_("Dispute"),
    HoldReason.PLEDGED: N_("Pledged for an advance"),
    HoldReason.COUNT: N_("Stock count"),
    HoldReason.OTHER: N_("Other reason"),
    HoldReason.ON_THE_WAY: N_("On the way to another place"),
}
#: Those that a person may choose; the last one belongs to a dispatch.
CHOOSABLE_REASONS = tuple(reason for reason in HoldReason if reason is not HoldReason.ON_THE_WAY)


class CountState(StrEnum):
    """Where a counting stands."""

    OPEN = "open"
    CLOSED = "closed"
    DISCARDED = "discarded"


COUNT_STATE_LABELS = {
    CountState.OPEN: N_("open"),
    CountState.CLOSED: N_("closed"),
    CountState.DISCARDED: N_("discarded"),
}


class GatePurpose(StrEnum):
    """What somebody at the gate comes for."""

    DELIVERY = "delivery"
    COLLECTION = "collection"
    VISIT = "visit"
    OTHER = "other"


PURPOSE_LABELS = {
    GatePurpose.DELIVERY: N_("Brings goods"),
    GatePurpose.COLLECTION: N_("Picks goods up"),
    GatePurpose.VISIT: N_("Visit"),
    GatePurpose.OTHER: N_("Something else"),
}


class DispatchState(StrEnum):
    """Where a dispatch stands."""

    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    DISPUTED = "disputed"
    SETTLED = "settled"
    CANCELLED = "cancelled"


DISPATCH_STATE_LABELS = {
    DispatchState.ON_THE_WAY: N_("on the way"),
    DispatchState.ARRIVED: N_("arrived"),
    DispatchState.DISPUTED: N_("in dispute"),
    DispatchState.SETTLED: N_("dispute settled"),
    DispatchState.CANCELLED: N_("dispatch cancelled"),
}


class ArrivalSource(StrEnum):
    """Who says what arrived."""

    RECEIVER = "receiver"
    SENDER = "sender"


class ArrivalBasis(StrEnum):
    """Whether each lot was weighed on arrival or the whole load."""

    LOTS = "lots"
    TOTAL = "total"


class DocumentKind(StrEnum):
    """Papers of custody whose printings are counted."""

    WAYBILL = "waybill"
    STORAGE_RECEIPT = "storage_receipt"


PAPERS = ("a5", "a4")
