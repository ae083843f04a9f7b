"""What the worker does for payin: catch up with the card provider."""

from datetime import datetime, timedelta

from chain.core.timers import every
from chain.payin.card_edge import card_provider, catch_up

#: The provider repeats a lost notice by itself; this finds those that it gave up on, and refunds that were not sent.
PAUSE = timedelta(minutes=10)


@every(PAUSE, "card_catch_up")
def catch_up_cards(now: datetime) -> None:
    """Catch up where cards are on."""
    if card_provider() is not None:
        catch_up(now)
