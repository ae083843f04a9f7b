"""The states of a version and the steps between them. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from chain.core.i18n import N_, Message
from chain.pricing.errors import VersionStateRefused
from chain.pricing.rules.content import SchemeKind


class VersionState(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


STATE_LABELS: Mapping[str, str] = {
    VersionState.DRAFT: N_("a draft"),
    VersionState.IN_FORCE: N_("in force"),
    VersionState.ENDED: N_("ended"),
    VersionState.WITHDRAWN: N_("withdrawn"),
}

#: An ended version still prices the days on which it was in force; a withdrawn one prices nothing any more.
SERVING = (VersionState.IN_FORCE.value, VersionState.ENDED.value)

TRANSITIONS: Mapping[VersionState, frozenset[VersionState]] = {
    VersionState.DRAFT: frozenset({VersionState.IN_FORCE}),
    VersionState.IN_FORCE: frozenset({VersionState.ENDED, VersionState.WITHDRAWN}),
    VersionState.ENDED: frozenset({VersionState.WITHDRAWN}),
    VersionState.WITHDRAWN: frozenset(),
}


class Lane(StrEnum):
    """On each day one version of each lane may be in force for a product."""

    PRICE = "price"
    SHARE = "share"


def lane_of(kind: SchemeKind) -> Lane:
    """Return the lane of a kind: a share of the sale stands beside a price for deliveries."""
    return Lane.SHARE if kind is SchemeKind.SHARE else Lane.PRICE


def check_transition(number: int, state: str, to: VersionState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        VersionStateRefused: the transition table has no such step.
    """
    now = VersionState(state)
    if to not in TRANSITIONS[now]:
        raise VersionStateRefused(number=number, state=Message(STATE_LABELS[now]))
