"""What the portal registers with the areas below it, and its outbox messages: news, timers, mails."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.audit import WATCHED_MESSAGE, watch
from chain.core.outbox import handles
from chain.core.rounds import make_rounds
from chain.core.sealing import sealer
from chain.market.queries.shown import lots_of_tender, lots_shown_by_tenders
from chain.portal.mailer import AddressRefused, Mail, Mailer, mailer
from chain.portal.mails import alert_mail, code_mail, digest_mail
from chain.portal.models import Alert, AlertSetting
from chain.portal.news import deals, openings
from chain.portal.news.events import find_event
from chain.portal.rules import OUTBID_EVERY, Pace
from chain.portal.services.alerts import DIGEST_MESSAGE, MAIL_MESSAGE
from chain.portal.services.settings import CODE_MESSAGE
from chain.sales.showing import register_event_lots, register_showing

log = structlog.get_logger(__name__)

#: Records of events and what they are.
EVENT_TAGS = {
    "market:tender:opened": ("tender", "opened"),
    "market:tender:awarded": ("tender", "ended"),
    "market:tender:passed_in": ("tender", "ended"),
    "market:tender:cancelled": ("tender", "cancelled"),
    "auctions:auction:opened": ("auction", "opened"),
    "auctions:auction:closed": ("auction", "ended"),
    "auctions:auction:cancelled": ("auction", "cancelled"),
    "auctions:clock:opened": ("clock", "opened"),
    "auctions:clock:awarded": ("clock", "ended"),
    "auctions:clock:passed_in": ("clock", "ended"),
    "auctions:clock:cancelled": ("clock", "cancelled"),
}
AWARD_TAGS = ("sales:award:made", "sales:award:confirmed", "sales:award:declined", "sales:award:lapsed")
PROPOSAL_TAGS = (
    "matching:proposal:accepted",
    "matching:proposal:refused",
    "matching:proposal:expired",
    "matching:proposal:stale",
)
CLAIM_TAGS = ("sales:claim:made", "sales:claim:answered")
RUN_TAG, DISPATCH_TAG = "matching:run:made", "custody:dispatch:left"

make_rounds("outbid", OUTBID_EVERY, openings.look_for_outbid, openings.tell_outbid)
register_showing("tenders", lots_shown_by_tenders)
register_event_lots("tenders", lots_of_tender)
watch(
    *EVENT_TAGS,
    *AWARD_TAGS,
    *PROPOSAL_TAGS,
    *CLAIM_TAGS,
    *deals.OFFER_TEXTS,
    *deals.SAMPLE_TEXTS,
    RUN_TAG,
    DISPATCH_TAG,
)


@handles(WATCHED_MESSAGE)
def tell_of_record(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell those whom a change concerns."""
    tag, subject_id = payload["tag"], payload["subject_id"]
    if subject_id is None:
        return
    subject, by = UUID(subject_id), payload["organisation_id"]
    actor_org = UUID(by) if by else None
    if tag in EVENT_TAGS:
        _event_news(session, now, tag, subject)
    elif tag in AWARD_TAGS:
        deals.award_news(session, now, tag, subject)
    elif tag in deals.OFFER_TEXTS:
        deals.offer_news(session, now, tag, subject, actor_org)
    elif tag in deals.SAMPLE_TEXTS:
        deals.sample_news(session, now, tag, subject, actor_org)
    elif tag in PROPOSAL_TAGS:
        deals.proposal_news(session, now, tag, subject, actor_org)
    elif tag in CLAIM_TAGS:
        deals.claim_news(session, now, tag, subject)
    elif tag == RUN_TAG:
        deals.run_news(session, now, subject)
    elif tag == DISPATCH_TAG:
        deals.dispatch_news(session, now, subject)


def _event_news(session: Session, now: datetime, tag: str, event_id: UUID) -> None:
    kind, what = EVENT_TAGS[tag]
    event = find_event(session, kind, event_id)
    if event is None:
        return
    if what == "opened":
        openings.announce(session, now, event)
    else:
        openings.tell_end(session, now, event, cancelled=what == "cancelled")


@handles(openings.OPENING_MESSAGE)
def tell_when_open(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell of an event whose hour to open has come."""
    event = find_event(session, payload["kind"], UUID(payload["event_id"]))
    if event is not None:
        openings.announce(session, now, event)


@handles(openings.DEADLINE_MESSAGE)
def tell_deadline(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell of a deadline that is near."""
    event = find_event(session, payload["kind"], UUID(payload["event_id"]))
    if event is not None:
        openings.tell_deadline(session, now, event, int(payload["hours"]))


@handles("portal.outbid")
def end_old_look(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Do nothing: a message of before there were rounds, which look whose bids were topped."""
    del session, payload, now


@handles(MAIL_MESSAGE)
def send_alert(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Send one alert; nothing happens when it was sent, was not wanted any more, or there is no mail server."""
    line = mailer()
    alert = session.scalar(select(Alert).where(Alert.id == UUID(payload["alert_id"])).with_for_update())
    if line is None or alert is None or alert.mailed_at is not None:
        return
    setting = session.get(AlertSetting, alert.user_id)
    if setting is None or setting.confirmed_at is None or setting.pace == Pace.OFF:
        return
    if _send(line, setting, alert_mail(session, line, setting, alert)):
        alert.mailed_at = now


@handles(DIGEST_MESSAGE)
def send_digest(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Send the morning mail with all alerts that no mail told of yet, and that were not read on the page."""
    line, user_id = mailer(), UUID(payload["user_id"])
    setting = session.get(AlertSetting, user_id)
    if line is None or setting is None or setting.confirmed_at is None or setting.pace != Pace.DAILY:
        return
    alerts = session.scalars(
        select(Alert)
        .where(
            Alert.user_id == user_id,
            Alert.mailed_at.is_(None),
            Alert.read_at.is_(None),
            Alert.kind.in_(setting.kinds),
            Alert.created_at >= setting.confirmed_at,
        )
        .order_by(Alert.created_at, Alert.id)
        .with_for_update()
    ).all()
    if alerts and _send(line, setting, digest_mail(session, line, setting, alerts)):
        for alert in alerts:
            alert.mailed_at = now


@handles(CODE_MESSAGE)
def send_code(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Send the code that proves an address."""
    del now
    line, user_id = mailer(), UUID(payload["user_id"])
    setting = session.get(AlertSetting, user_id)
    if line is None or setting is None or setting.email is None:
        return
    code = sealer().open(payload["sealed"], f"{CODE_MESSAGE}:{user_id}")
    _send(line, setting, code_mail(session, line, setting, code))


def _send(line: Mailer, setting: AlertSetting, mail: Mail) -> bool:
    """Send a mail; an address that is refused for good gets no more, until its owner confirms it anew."""
    try:
        line.send(mail)
    except AddressRefused:
        setting.confirmed_at = None
        log.warning("mail_address_refused", user_id=str(setting.user_id))
        return False
    return True
