"""Telling producers that another price counts: before, after, and what it makes of their own deliveries (C18)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.clock import local_date
from chain.core.i18n import N_
from chain.lots.products import PRODUCT_LABELS
from chain.lots.services.notices import Told, sentence, tell_producers
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.queries.comparing import Compared, compare
from chain.pricing.queries.preview import last_deliveries, on_all_days
from chain.pricing.queries.spans import schemes_between, span_of
from chain.pricing.rules import PriceContent, SchemeSpan
from chain.pricing.rules.content import SchemeKind
from chain.pricing.rules.explain import EACH
from chain.pricing.rules.states import Lane
from chain.pricing.services.announcing import Change
from chain.settlement.queries.deliveries import unpaid_deliveries
from chain.settlement.queries.touched import who_delivers
from chain.settlement.services.notices import planned_words

PRICE_SET = N_(
    "%(product)s: from %(day)s on the price is %(after)s; before, %(before)s. Decided by: %(decided_by)s. %(example)s"
)
PRICE_ENDED = N_(
    "%(product)s: the price of %(before)s counts up to %(last_day)s; after that, %(after)s. %(planned)s %(example)s"
)
PRICE_WITHDRAWN = N_(
    "%(product)s: the price of %(before)s that counted from %(day)s on was withdrawn; now, %(after)s. Reason: %(reason)s. "
    "%(example)s"
)
NO_PRICE = N_("none is set")
PER_UNIT = N_("%(price_minor)s per %(unit)s")
BY_CLASS = N_("%(low_minor)s to %(high_minor)s per %(unit)s, by class")
OF_PROCEEDS = N_("%(share_bp)s %% of what the sale brings")
WITH_QUALITY = N_("%(base)s, with premiums and penalties")
CHANGED = N_(
    "For what you delivered on those days and is not paid yet (deliveries: %(count)s) we owe you %(after_minor)s, not "
    "%(before_minor)s."
)
PRICED = N_(
    "For what you delivered on those days and is not paid yet (deliveries: %(count)s) we owe you %(after_minor)s; it had no "
    "price before."
)
UNPRICED = N_(
    "What you delivered on those days and is not paid yet (deliveries: %(count)s, until now %(before_minor)s) waits for "
    "another price."
)
LAST_ONES = N_(
    "Your last deliveries (%(count)s) would bring %(after_minor)s by it, instead of %(before_minor)s."
)
ONE_DAY = timedelta(days=1)


def tell_of_version(session: Session, now: datetime, payload: Mapping[str, Any]) -> int:
    """Tell everybody who delivers the product that a version came into force, ended or was withdrawn; return how many."""
    version = session.get_one(PriceVersion, UUID(payload["version_id"]))
    organisation = session.get_one(Organisation, version.organisation_id)
    today = local_date(now, organisation.timezone)
    span = _span(session, version)
    change = Change(payload["change"])
    if change is Change.IN_FORCE:
        old = payload["previous_id"]
        before = [on_all_days(_span(session, session.get_one(PriceVersion, UUID(old))))] if old else []
        if before and before[0].content == span.content:
            return 0
        after, first, last = [span], version.valid_from, version.valid_to
    else:
        first, last = _days(version, change, payload)
        lane = Lane(version.lane)
        before = [on_all_days(span)]
        after = schemes_between(
            session, organisation, version.commodity, first, last or max(first, today), lane=lane
        )
    examples = _examples(session, organisation, version, before, after, (first, min(last or today, today)))
    told = who_delivers(session, organisation.id, today, commodity=version.commodity)
    msgid, params = _sentence(version, change, payload, before, after)
    params |= {"product": sentence(PRODUCT_LABELS[version.commodity]), "currency": version.currency}
    return tell_producers(
        session,
        organisation_id=organisation.id,
        now=now,
        told=[
            Told(one, msgid, {**params, "example": examples.get(one, "")})
            for one in sorted({*told, *examples})
        ],
    )


def _span(session: Session, version: PriceVersion) -> SchemeSpan:
    return span_of(session.get_one(PriceScheme, version.scheme_id), version)


def _days(version: PriceVersion, change: Change, payload: Mapping[str, Any]) -> tuple[date, date | None]:
    """Return the days on which a version does not count any more."""
    if change is Change.WITHDRAWN:
        return version.valid_from, version.valid_to
    planned = payload["last_day_before"]
    return date.fromisoformat(payload["last_day"]) + ONE_DAY, date.fromisoformat(planned) if planned else None


def _sentence(
    version: PriceVersion,
    change: Change,
    payload: Mapping[str, Any],
    before: Sequence[SchemeSpan],
    after: Sequence[SchemeSpan],
) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {"before": _headline(before), "after": _headline(after)}
    if change is Change.IN_FORCE:
        return PRICE_SET, {
            **params,
            "day": version.valid_from.isoformat(),
            "decided_by": version.decided_by,
        }
    if change is Change.WITHDRAWN:
        return PRICE_WITHDRAWN, {
            **params,
            "day": version.valid_from.isoformat(),
            "reason": version.end_reason or "—",
        }
    planned = payload["last_day_before"]
    return PRICE_ENDED, {**params, "last_day": payload["last_day"], "planned": planned_words(planned)}


def _headline(spans: Sequence[SchemeSpan]) -> dict[str, Any]:
    """Return the price of the first version in a few words."""
    if not spans:
        return sentence(NO_PRICE)
    content = spans[0].content
    words = _base(content)
    return sentence(WITH_QUALITY, base=words) if content.adjustments or content.composition else words


def _base(content: PriceContent) -> dict[str, Any]:
    if content.kind is SchemeKind.SHARE:
        return sentence(OF_PROCEEDS, share_bp=content.share_basis_points or 0)
    unit = sentence(EACH[content.unit])
    prices = [row.price_minor for row in content.classes]
    if content.base_minor is not None:
        prices.append(content.base_minor)
    if not prices:
        return sentence(NO_PRICE)
    if min(prices) == max(prices):
        return sentence(PER_UNIT, price_minor=prices[0], unit=unit)
    return sentence(BY_CLASS, low_minor=min(prices), high_minor=max(prices), unit=unit)


def _examples(  # noqa: PLR0917 - private; what two sets of versions make of the deliveries
    session: Session,
    organisation: Organisation,
    version: PriceVersion,
    before: Sequence[SchemeSpan],
    after: Sequence[SchemeSpan],
    days: tuple[date, date],
) -> dict[UUID, dict[str, Any]]:
    """Return what changes for each producer: of unpaid deliveries of those days, else by the last three deliveries."""
    if version.lane == Lane.SHARE:
        return {}  # what a sale brings is not known yet
    found: dict[UUID, dict[str, Any]] = {}
    if days[0] <= days[1]:
        waiting = unpaid_deliveries(session, organisation.id, version.commodity, *days)
        for one in compare(session, organisation.id, waiting, before, after).values():
            if one.before_minor != one.after_minor:
                found[one.producer_id] = _waiting(one)
    if before and after:
        facts, _ = last_deliveries(session, organisation.id, version.commodity)
        rest = [one for one in facts if one.producer_id not in found]
        always = [on_all_days(after[0])]
        for one in compare(session, organisation.id, rest, before, always).values():
            if one.before_minor is not None and one.after_minor is not None:
                found[one.producer_id] = _amounts(LAST_ONES, one)
    return found


def _waiting(one: Compared) -> dict[str, Any]:
    if one.after_minor is None:
        return _amounts(UNPRICED, one)
    return _amounts(PRICED if one.before_minor is None else CHANGED, one)


def _amounts(msgid: str, one: Compared) -> dict[str, Any]:
    amounts = {"before_minor": one.before_minor, "after_minor": one.after_minor}
    return sentence(
        msgid, count=one.deliveries, **{key: value for key, value in amounts.items() if value is not None}
    )
