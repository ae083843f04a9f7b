"""Decisions about samples, pure: the steps from the wish to the judgement."""

from enum import StrEnum

from chain.core.i18n import N_, Message
from chain.negotiation.errors import SampleStateRefused

MIN_G, MAX_G = 1, 5_000
MAX_ADDRESS = 500
MAX_WORDS = 200
MAX_MICRON_TENTHS = 600


class SampleState(StrEnum):
    """Where a sample stands."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SENT = "sent"
    RECEIVED = "received"
    JUDGED = "judged"


SAMPLE_STATE_LABELS = {
    SampleState.ASKED: N_("Sample asked for"),
    SampleState.AGREED: N_("Sample agreed, to be sent"),
    SampleState.REFUSED: N_("Sample refused"),
    SampleState.WITHDRAWN: N_("Not wanted any more"),
    SampleState.SENT: N_("Sample on its way"),
    SampleState.RECEIVED: N_("Sample received"),
    SampleState.JUDGED: N_("Judged by the buyer"),
}

TRANSITIONS: dict[SampleState, frozenset[SampleState]] = {
    SampleState.ASKED: frozenset({SampleState.AGREED, SampleState.REFUSED, SampleState.WITHDRAWN}),
    # a small seller agrees and sends in one go, and may find that it cannot
    SampleState.AGREED: frozenset({SampleState.SENT, SampleState.REFUSED, SampleState.WITHDRAWN}),
    SampleState.SENT: frozenset({SampleState.RECEIVED}),
    SampleState.RECEIVED: frozenset({SampleState.JUDGED}),
    SampleState.REFUSED: frozenset(),
    SampleState.WITHDRAWN: frozenset(),
    SampleState.JUDGED: frozenset(),
}


class WouldBuy(StrEnum):
    """What the buyer says of the goods after having seen the sample."""

    YES = "yes"
    NO = "no"
    AT_PRICE = "at_price"


WOULD_BUY_LABELS = {
    WouldBuy.YES: N_("Would buy it"),
    WouldBuy.NO: N_("Would not buy it"),
    WouldBuy.AT_PRICE: N_("Would buy it at a price"),
}


def check_step(state: str, to: SampleState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        SampleStateRefused.
    """
    if to not in TRANSITIONS[SampleState(state)]:
        raise SampleStateRefused(state=Message(SAMPLE_STATE_LABELS[SampleState(state)]))
