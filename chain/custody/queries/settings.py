"""What an organisation decided for its custody, or what holds until it does."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from chain.custody.models import CustodySetting
from chain.custody.rules.words import DEFAULT_TOLERANCE_BP


@dataclass(frozen=True, slots=True)
class Settings:
    """Tolerance of weights on arrival, and the written rule on losses."""

    tolerance_bp: int
    loss_rule: str | None
    #: the organisation has decided; otherwise these are the project's own choices
    is_own: bool


def settings_of(session: Session, organisation_id: UUID) -> Settings:
    """Return what holds for an organisation."""
    row = session.get(CustodySetting, organisation_id)
    if row is None:
        return Settings(DEFAULT_TOLERANCE_BP, None, is_own=False)
    return Settings(row.tolerance_bp, row.loss_rule, is_own=True)


def tolerance_of(session: Session, organisation_id: UUID) -> int:
    """Return the tolerance of coming dispatches, in hundredths of a percent."""
    return settings_of(session, organisation_id).tolerance_bp
