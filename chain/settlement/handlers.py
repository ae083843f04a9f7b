"""Outbox messages of the areas below that change what producers are owed: the producers are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.core.outbox import handles
from chain.dues.services.announcing import CAP_CHANGED, CHARGE_CHANGED, RULE_CHANGED
from chain.pricing.services.announcing import VERSION_CHANGED
from chain.settlement.services.dues_told import tell_of_cap, tell_of_charge, tell_of_rule
from chain.settlement.services.prices_told import tell_of_version


@handles(RULE_CHANGED)
def rule_changed(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell producers of a rule that begins or ends."""
    tell_of_rule(session, now, payload)


@handles(CAP_CHANGED)
def cap_changed(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell those who owe something of another cap."""
    tell_of_cap(session, now, payload)


@handles(CHARGE_CHANGED)
def charge_changed(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell the producers of a zone of a group charge."""
    tell_of_charge(session, now, payload)


@handles(VERSION_CHANGED)
def version_changed(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Tell those who deliver a product of another price."""
    tell_of_version(session, now, payload)
