"""What may be said of goods on a day, by the certificates of whoever delivered them. Pure.

Source: facts R2 of docs/certification.md. A claim needs a certificate in date on the delivery day, both ends included,
that is not suspended; an unknown source is conventional.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.i18n import N_

#: From so many days before the last one a certificate is shown as expiring.
EXPIRY_NOTICE = timedelta(days=60)
FIRST_DAY = date(2000, 1, 1)
#: How far ahead a certificate may begin, and how long it may run: anything more is a slip in the year.
MAX_AHEAD = timedelta(days=366)
MAX_DURATION = timedelta(days=5 * 366)
NUMBER_LENGTH = (1, 60)
ISSUED_BY_LENGTH = (2, 200)
REASON_LENGTH = (3, 2000)
#: SENASA authorised the first participatory systems in 2024; papers dated before are not official organic certificates.
PERU_SPG_SINCE = date(2024, 1, 1)


class Claim(StrEnum):
    """What may be said of goods, from nothing to everything."""

    CONVENTIONAL = "conventional"
    TRANSITION = "transition"
    ORGANIC = "organic"

    def rank(self) -> int:
        """0 for conventional, 1 for transition, 2 for organic."""
        return list(Claim).index(self)


CLAIM_LABELS = {
    Claim.CONVENTIONAL: N_("Conventional"),
    Claim.TRANSITION: N_("In transition (white seal)"),
    Claim.ORGANIC: N_("Organic (green seal)"),
}


class Level(StrEnum):
    """The level that a certificate grants."""

    TRANSITION = "transition"
    FULL = "full"


LEVEL_LABELS = {
    Level.TRANSITION: N_("in transition (white seal)"),
    Level.FULL: N_("organic (green seal)"),
}
CLAIM_OF_LEVEL = {Level.TRANSITION: Claim.TRANSITION, Level.FULL: Claim.ORGANIC}


class SchemeKey(StrEnum):
    """Under which rules a certificate was granted."""

    SPG_PERU = "spg-peru"
    SPG_BOLIVIA = "spg-bolivia"
    THIRD_PARTY = "third-party-organic"


SCHEME_LABELS = {
    SchemeKey.SPG_PERU: N_("Participatory guarantee (SGP), Peru"),
    SchemeKey.SPG_BOLIVIA: N_("Participatory guarantee (SPG), Bolivia"),
    SchemeKey.THIRD_PARTY: N_("Third-party organic certification"),
}
#: The country of a scheme; a third party certifies in both.
SCHEME_COUNTRY = {SchemeKey.SPG_PERU: "PE", SchemeKey.SPG_BOLIVIA: "BO"}


def schemes_of(country: str) -> list[SchemeKey]:
    """Return the schemes under which producers of a country are certified."""
    return [key for key in SchemeKey if SCHEME_COUNTRY.get(key, country) == country]


class State(StrEnum):
    """How a certificate stands on a day."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


STATE_LABELS = {
    State.NOT_YET: N_("Not yet in force"),
    State.IN_FORCE: N_("In force"),
    State.EXPIRING: N_("Expires within 60 days"),
    State.EXPIRED: N_("No longer in force"),
    State.SUSPENDED: N_("Suspended"),
}


class Dated(Protocol):
    """What the rules need to know of a certificate."""

    @property
    def level(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date: ...
    @property
    def suspended_from(self) -> date | None: ...


C = TypeVar("C", bound=Dated)


def at_least(claim: str, wanted: str) -> bool:
    """Tell whether a claim is as good as the wanted one."""
    return Claim(claim).rank() >= Claim(wanted).rank()


def worst_of(claims: Iterable[str]) -> Claim:
    """Return the claim of a mixture: that of its worst source; of no source at all: conventional."""
    return min((Claim(claim) for claim in claims), key=Claim.rank, default=Claim.CONVENTIONAL)


def in_force(certificate: Dated, day: date) -> bool:
    """Tell whether a certificate speaks on a day: first and last day included, from the suspension on not."""
    if certificate.suspended_from is not None and day >= certificate.suspended_from:
        return False
    return certificate.valid_from <= day <= certificate.valid_to


def best_on(certificates: Iterable[C], day: date) -> C | None:
    """Return the certificate that says the most on a day; of equals the one that lasts longest."""
    speaking = [one for one in certificates if in_force(one, day)]
    return max(speaking, key=lambda one: (claim_of_level(one.level).rank(), one.valid_to), default=None)


def claim_of(certificates: Iterable[Dated], day: date) -> Claim:
    """Return what may be said on a day of the goods of somebody who holds these certificates."""
    best = best_on(certificates, day)
    return Claim.CONVENTIONAL if best is None else claim_of_level(best.level)


def claim_of_level(level: str) -> Claim:
    """Return the claim that a level allows: transition → transition, full → organic."""
    return CLAIM_OF_LEVEL[Level(level)]


def state_on(certificate: Dated, today: date) -> State:
    """Return how a certificate stands. One that ran out is expired, also when it had been suspended."""
    if today > certificate.valid_to:
        return State.EXPIRED
    if certificate.suspended_from is not None and today >= certificate.suspended_from:
        return State.SUSPENDED
    if today < certificate.valid_from:
        return State.NOT_YET
    if certificate.valid_to - today <= EXPIRY_NOTICE:
        return State.EXPIRING
    return State.IN_FORCE


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a certificate."""

    producer_id: UUID
    scheme: str
    level: str
    number: str
    issued_by: str
    valid_from: date
    #: last day, included
    valid_to: date


def check_paper(paper: Paper, country: str, today: date) -> FieldErrors:
    """Return everything that cannot be right on a certificate."""
    errors = FieldErrors()
    if paper.scheme not in set(SchemeKey):
        errors.add("scheme", N_("Choose one of the options."))
    elif paper.scheme not in schemes_of(country):
        errors.add("scheme", N_("This scheme belongs to another country."))
    if paper.level not in set(Level):
        errors.add("level", N_("Choose one of the options."))
    _check_length(errors, "number", paper.number, NUMBER_LENGTH)
    _check_length(errors, "issued_by", paper.issued_by, ISSUED_BY_LENGTH)
    _check_days(errors, paper, today)
    return errors


def _check_length(errors: FieldErrors, field: str, text: str, limits: tuple[int, int]) -> None:
    low, high = limits
    if not low <= len(text) <= high:
        errors.add(field, N_("Write %(low)s to %(high)s letters."), low=low, high=high)


def _check_days(errors: FieldErrors, paper: Paper, today: date) -> None:
    latest = today + MAX_AHEAD
    if not FIRST_DAY <= paper.valid_from <= latest:
        text = N_("The first day must lie from %(first)s to %(last)s.")
        errors.add("valid_from", text, first=FIRST_DAY, last=latest)
    elif paper.valid_to < paper.valid_from:
        errors.add("valid_to", N_("The last day lies before the first one."))
    elif paper.valid_to - paper.valid_from > MAX_DURATION:
        errors.add("valid_to", N_("A certificate runs for at most 5 years. Check the year."))


def is_before_authorisation(scheme: str, valid_from: date) -> bool:
    """Tell whether a Peruvian participatory certificate is older than the authorisation of such systems."""
    return scheme == SchemeKey.SPG_PERU and valid_from < PERU_SPG_SINCE
