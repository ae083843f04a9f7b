"""What the worker does for payin: catch up with the card provider, and prepare the settlement of secured sales."""

from datetime import datetime, timedelta

import structlog

from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.timers import every
from chain.payin.card_edge import card_provider, catch_up
from chain.payin.services.secured import sales_to_share, share_accepted

log = structlog.get_logger(__name__)

#: The provider repeats a lost notice by itself; this finds those that it gave up on, and refunds that were not sent.
PAUSE = timedelta(minutes=10)
#: Goods are accepted by the day; sooner than this nobody waits for a settlement.
SHARE_PAUSE = timedelta(minutes=5)


@every(PAUSE, "card_catch_up")
def catch_up_cards(now: datetime) -> None:
    """Catch up where cards are on."""
    if card_provider() is not None:
        catch_up(now)


@every(SHARE_PAUSE, "share_secured_sales")
def share_secured_sales(now: datetime) -> None:
    """Prepare the settlement of each secured sale whose goods are accepted; one that cannot be is tried again later."""
    waiting = sales_to_share(db.session)
    db.session.rollback()
    for sale_id in waiting:
        try:
            with atomic() as session:
                run = share_accepted(session, now=now, sale_id=sale_id)
                number = None if run is None else run.number
        except DomainError as refused:
            log.info("secured_sale_waits", sale=str(sale_id), why=refused.code)
        else:
            if number is not None:
                log.info("secured_sale_prepared", sale=str(sale_id), run=number)
