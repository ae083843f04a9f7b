"""Kinds of alerts, their sentences and the pages that they lead to; when a digest goes out. Pure."""

import re
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chain.core.i18n import N_


class AlertKind(StrEnum):
    """What a user can be told of; each can be subscribed to by mail."""

    NEW_EVENT = "new_event"
    OUTBID = "outbid"
    DEADLINE = "deadline"
    RESULT = "result"
    OFFER = "offer"
    PROPOSAL = "proposal"
    CONTRACT = "contract"
    DISPATCH = "dispatch"
    CLAIM = "claim"
    SAMPLE = "sample"


ALERT_LABELS = {
    AlertKind.NEW_EVENT: N_("A tender or auction opens that fits my demands or searches"),
    AlertKind.OUTBID: N_("Somebody bids more than I in an auction"),
    AlertKind.DEADLINE: N_("A deadline is near"),
    AlertKind.RESULT: N_("I won or lost"),
    AlertKind.OFFER: N_("An offer was received or answered"),
    AlertKind.PROPOSAL: N_("A match is proposed"),
    AlertKind.CONTRACT: N_("A sale was confirmed or declined"),
    AlertKind.DISPATCH: N_("Goods are on their way"),
    AlertKind.CLAIM: N_("A claim was made or answered"),
    AlertKind.SAMPLE: N_("A sample moves on"),
}


class Pace(StrEnum):
    """How mails come."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    OFF = "off"


PACE_LABELS = {
    Pace.AT_ONCE: N_("A mail for each alert, at once"),
    Pace.DAILY: N_("One mail a day, in the morning"),
    Pace.OFF: N_("No mail, only this page"),
}

#: A deadline is told of so long before it.
DEADLINE_NOTICES = (timedelta(hours=24), timedelta(hours=1))
#: An auction is looked at for outbid buyers so often while it runs.
OUTBID_EVERY = timedelta(minutes=1)
#: Hour of the centre or mill at which the daily mail goes out.
DIGEST_HOUR = time(7, 0)
CODE_DIGITS = 6
CODE_LIVES = timedelta(hours=24)
#: Nobody fills a stranger's mailbox with codes.
CODE_PAUSE = timedelta(minutes=1)
MAX_CODE_TRIES = 5
MAX_EMAIL = 254
MAX_SEARCHES = 50
#: Mail addresses that people have; what no server would take is refused by the server.
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,187}[A-Za-z0-9])?\.[A-Za-z]{2,24}"
)


def is_email(text: str) -> bool:
    """Tell whether a text can be a mail address: no blank, no line break, one @, a domain with a dot."""
    return len(text) <= MAX_EMAIL and _EMAIL.fullmatch(text) is not None and ".." not in text


def next_digest(now: datetime, timezone: str) -> datetime:
    """Return the next morning mail: today's when its hour has not come, else tomorrow's. 06:59 → 07:00, 07:00 → tomorrow."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    day = local.date() if local.time() < DIGEST_HOUR else local.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_HOUR, zone).astimezone(UTC)


#: Sentences. `title` is the event as its seller called it; no sentence tells a price.
TENDER_OPENED = N_("A sealed tender opened that fits: %(title)s, of %(seller)s.")
AUCTION_OPENED = N_("A live auction was announced that fits: %(title)s, of %(seller)s.")
CLOCK_OPENED = N_("A two-round clock opened that fits: %(title)s, of %(seller)s.")
DEADLINE_DAY = N_("“%(title)s” closes in a day.")
DEADLINE_HOUR = N_("“%(title)s” closes in an hour.")
OUTBID = N_("Somebody bid more than you in “%(title)s”.")
WON = N_("You won in “%(title)s”. The seller's officers confirm it now.")
LOST = N_("“%(title)s” ended. Your bid did not win.")
PASSED_IN = N_("“%(title)s” ended without a sale.")
CANCELLED = N_("“%(title)s” was cancelled.")
OFFER_RECEIVED = N_("%(other)s makes you an offer (no. %(number)s).")
OFFER_COUNTERED = N_("%(other)s proposes other terms in offer no. %(number)s.")
OFFER_ACCEPTED = N_("%(other)s accepted offer no. %(number)s.")
OFFER_REFUSED = N_("%(other)s refused offer no. %(number)s.")
OFFER_WITHDRAWN = N_("%(other)s took offer no. %(number)s back.")
OFFER_EXPIRED = N_("Nobody answered offer no. %(number)s with %(other)s in time.")
OFFER_GONE = N_("The lots of offer no. %(number)s with %(other)s were gone. The offer has ended.")
PROPOSED = N_("A match is proposed to you: no. %(number)s, with %(other)s.")
PROPOSAL_MOVED = N_("Proposal no. %(number)s with %(other)s was answered.")
CONFIRMED = N_("%(seller)s confirmed the sale. Contract no. %(number)s is ready.")
AWARD_ENDED = N_("%(seller)s did not confirm the award. The lots go back.")
DISPATCHED = N_("%(seller)s sent you goods with waybill no. %(number)s.")
CLAIM_MADE = N_("%(buyer)s claims about a lot of sale no. %(number)s.")
CLAIM_ANSWERED = N_("%(seller)s answered your claim about sale no. %(number)s.")
SAMPLE_ASKED = N_("%(other)s asks for sample no. %(number)s.")
SAMPLE_AGREED = N_("%(other)s will send sample no. %(number)s.")
SAMPLE_REFUSED = N_("%(other)s refused sample no. %(number)s.")
SAMPLE_WITHDRAWN = N_("%(other)s does not need sample no. %(number)s any more.")
SAMPLE_SENT = N_("%(other)s sent sample no. %(number)s.")
SAMPLE_JUDGED = N_("%(other)s says what was found in sample no. %(number)s.")
