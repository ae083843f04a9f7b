"""Bringing lots to another site. They stay what they are, and whose they are."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.errors import AlreadyThere
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Transfer
from chain.genealogy.services.opening import Opened, balance_unit_of, carry_out
from chain.genealogy.services.rooms import check_room, lock_sites
from chain.genealogy.services.store import Head, add_event, line, write_lines
from chain.genealogy.words import LineRole


def transfer_lots(session: Session, *, actor: Actor, now: datetime, event: Transfer) -> LotEvent:
    """Bring lots to another site.

    Raises:
        Whatever `opening.carry_out` raises.
        ValidationFailed: there is no such site, or it is no longer used.
        AlreadyThere: one of the lots lies there.
        SiteFull: there is no room.
    """

    def act(opened: Opened) -> LotEvent:
        sites = lock_sites(session, actor.org, [event.to_site_id])
        for lot in opened.lots:
            if lot.site_id == event.to_site_id:
                raise AlreadyThere(number=lot.number)
        check_room(session, sites, [(event.to_site_id, lot.unit, lot.quantity) for lot in opened.lots], [])
        head = Head(
            kind=opened.kind,
            digest=opened.digest,
            day=opened.day,
            balance_unit=balance_unit_of(opened.lots),
            site_id=event.to_site_id,
        )
        row = add_event(session, actor, now, event, head)
        lines = [
            line(
                LineRole.MOVED,
                lot.quantity,
                lot.unit,
                lot.quantity,
                lot_id=lot.id,
                sites=(lot.site_id, event.to_site_id),
            )
            for lot in opened.lots
        ]
        for lot in opened.lots:
            lot.site_id = event.to_site_id
        session.flush()
        write_lines(session, event.id, lines)
        return row

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=event.lot_ids, act=act)
