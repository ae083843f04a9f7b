"""Telling producers that what is taken off their payments changes: before, after, and what it makes of the last payment (C18)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.clock import local_date
from chain.core.i18n import N_
from chain.dues.models import DeductionRule, GroupCharge, RecoveryCap
from chain.dues.queries.dues import rule_facts
from chain.dues.rules import Basis, Cap, DueKind, GrossFacts, asked_of
from chain.dues.services.announcing import Change
from chain.dues.services.debt_notices import open_debts
from chain.lots.services.notices import Told, sentence, tell_producers
from chain.settlement.fortnight.queries.facts import MILK, zone_of_lot, zones_of
from chain.settlement.queries.touched import LastPayment, last_payments, was_taken, who_delivers
from chain.settlement.services.notices import planned_words

RULE_SET = N_(
    "%(name)s: from %(day)s on, %(after)s is taken off your payments; before that, %(before)s. Decided by: "
    "%(decided_by)s. %(example)s"
)
RULE_ENDED = N_(
    "%(name)s: %(before)s is taken off your payments up to %(last_day)s; after that, %(after)s. %(planned)s %(example)s"
)
NOTHING = N_("nothing")
PERCENT = N_("%(value_bp)s %% of the amount")
PER_UNIT = N_("%(value_minor)s for each kilogram or litre")
FIXED = N_("%(value_minor)s each time")
RULE_EXAMPLE = N_(
    "Of a payment like your last one, %(gross_minor)s, that is %(after_minor)s instead of %(before_minor)s."
)
CAP_SET = N_(
    "From %(day)s on, at least %(after_bp)s %% of each payment stays with you, whatever you owe; before that, "
    "%(before_bp)s %%. Decided by: %(decided_by)s. You owe %(open_minor)s. %(example)s"
)
CAP_EXAMPLE = N_(
    "Of a payment like your last one, %(gross_minor)s, at least %(after_minor)s stays with you instead of %(before_minor)s."
)
CHARGE_SET = N_(
    "%(name)s, %(day)s: the producers of %(zone)s owe %(after_minor)s together, shared by quantity; before, "
    "%(before_minor)s. Decided by: %(decided_by)s."
)
CHARGE_WITHDRAWN = N_(
    "%(name)s, %(day)s, was withdrawn: the producers of %(zone)s owe %(after_minor)s of it together, not %(before_minor)s."
)
EVERYBODY = N_("the whole organisation")


def tell_of_rule(session: Session, now: datetime, payload: Mapping[str, Any]) -> int:
    """Tell everybody who delivers that a rule begins or ends; return how many were told."""
    rule = session.get_one(DeductionRule, UUID(payload["rule_id"]))
    organisation = session.get_one(Organisation, rule.organisation_id)
    if payload["change"] == Change.SET:
        replaced = payload["replaces_id"]
        before = session.get_one(DeductionRule, UUID(replaced)) if replaced else None
        msgid, params, after = RULE_SET, _begins(rule, before), rule
    else:
        msgid, params = RULE_ENDED, _ends(rule, payload["last_day"], payload["last_day_before"])
        before, after = rule, None
    producers = who_delivers(session, organisation.id, local_date(now, organisation.timezone))
    paid = last_payments(session, organisation.id, organisation.currency, set(producers))
    old, new = _asked(before, paid), _asked(after, paid)
    told = []
    for producer_id in producers:
        example: Any = ""
        if producer_id in old and producer_id in new:
            example = sentence(
                RULE_EXAMPLE,
                gross_minor=paid[producer_id].gross_minor,
                after_minor=new[producer_id],
                before_minor=old[producer_id],
            )
        told.append(
            Told(producer_id, msgid, {**params, "example": example, "currency": organisation.currency})
        )
    return tell_producers(session, organisation_id=organisation.id, now=now, told=told)


def _begins(rule: DeductionRule, before: DeductionRule | None) -> dict[str, Any]:
    return {
        "name": rule.name,
        "day": rule.valid_from.isoformat(),
        "before": _terms(before),
        "after": _terms(rule),
        "decided_by": rule.decided_by,
    }


def _ends(rule: DeductionRule, last_day: str, last_day_before: str | None) -> dict[str, Any]:
    return {
        "name": rule.name,
        "last_day": last_day,
        "before": _terms(rule),
        "after": _terms(None),
        "planned": planned_words(last_day_before),
    }


def _terms(rule: DeductionRule | None) -> dict[str, Any]:
    if rule is None:
        return sentence(NOTHING)
    if rule.basis == Basis.PERCENT_OF_GROSS:
        return sentence(PERCENT, value_bp=rule.value)
    return sentence(PER_UNIT if rule.basis == Basis.PER_UNIT else FIXED, value_minor=rule.value)


def _asked(rule: DeductionRule | None, paid: Mapping[UUID, LastPayment]) -> Mapping[UUID, int]:
    """Return what a rule asks of payments like the last ones. Of a tax that depends on licences no example is given."""
    if rule is None:
        return dict.fromkeys(paid, 0)
    if rule.kind == DueKind.WITHHOLDING:
        return {}
    return asked_of(rule_facts(rule), {key: GrossFacts(one.gross_minor, one.quantity) for key, one in paid.items()})  # fmt: skip


def tell_of_cap(session: Session, now: datetime, payload: Mapping[str, Any]) -> int:
    """Tell everybody who owes something that another part of each payment stays with the household."""
    row = session.get_one(RecoveryCap, UUID(payload["cap_id"]))
    organisation = session.get_one(Organisation, row.organisation_id)
    before, after = Cap(int(payload["before_basis_points"])), Cap(row.left_basis_points)
    owed = open_debts(session, organisation.id, organisation.currency)
    paid = last_payments(session, organisation.id, organisation.currency, set(owed))
    told = []
    for producer_id, open_minor in sorted(owed.items()):
        example: Any = ""
        if producer_id in paid:
            gross = paid[producer_id].gross_minor
            example = sentence(
                CAP_EXAMPLE,
                gross_minor=gross,
                after_minor=after.kept(gross),
                before_minor=before.kept(gross),
            )
        params = {
            "day": row.valid_from.isoformat(),
            "before_bp": before.basis_points_left_at_least,
            "after_bp": after.basis_points_left_at_least,
            "decided_by": row.decided_by,
            "open_minor": open_minor,
            "currency": organisation.currency,
            "example": example,
        }
        told.append(Told(producer_id, CAP_SET, params))
    return tell_producers(session, organisation_id=organisation.id, now=now, told=told)


def tell_of_charge(session: Session, now: datetime, payload: Mapping[str, Any]) -> int:
    """Tell the producers of a zone, or of all, what they owe together; nothing when a run that stands took it before."""
    charge = session.get_one(GroupCharge, UUID(payload["charge_id"]))
    is_set = payload["change"] == Change.SET
    if not is_set and was_taken(session, charge.id):
        return 0
    organisation = session.get_one(Organisation, charge.organisation_id)
    params = {
        "name": charge.name,
        "day": charge.charged_on.isoformat(),
        "zone": charge.zone_name or sentence(EVERYBODY),
        "before_minor": 0 if is_set else charge.amount_minor,
        "after_minor": charge.amount_minor if is_set else 0,
        "currency": charge.currency,
        "decided_by": charge.decided_by,
    }
    today: date = local_date(now, organisation.timezone)
    producers = _of_zone(session, charge, today)
    msgid = CHARGE_SET if is_set else CHARGE_WITHDRAWN
    told = [Told(one, msgid, params) for one in producers]
    return tell_producers(session, organisation_id=organisation.id, now=now, told=told)


def _of_zone(session: Session, charge: GroupCharge, today: date) -> list[UUID]:
    """Return who delivers in the zone of a charge."""
    if charge.zone_id is None:
        return who_delivers(session, charge.organisation_id, today)
    zones = zones_of(session, charge.organisation_id)
    if charge.zone_id not in {zone.id for zone in zones}:
        return []
    route = zone_of_lot(zones) == charge.zone_id
    return who_delivers(session, charge.organisation_id, today, commodity=MILK, of_route=[route])
