"""Tags of the audit trail of dues."""

from enum import StrEnum


class DuesAudit(StrEnum):
    """area:subject:action."""

    RULE_SET = "dues:rule:set"
    RULE_ENDED = "dues:rule:ended"
    RULE_CONFIRMED = "dues:rule:confirmed"
    CHARGE_SET = "dues:charge:set"
    CHARGE_WITHDRAWN = "dues:charge:withdrawn"
    CAP_SET = "dues:cap:set"
    ADVANCE_GIVEN = "dues:advance:given"
    MOVEMENT_ADDED = "dues:movement:added"
    MOVEMENTS_IMPORTED = "dues:movement:imported"
    MOVEMENT_REPAID = "dues:movement:repaid"
    MOVEMENT_WRITTEN_OFF = "dues:movement:written_off"
    MOVEMENT_CANCELLED = "dues:movement:cancelled"
    APPLICATION_RESTORED = "dues:application:restored"
    LOAN_GIVEN = "dues:loan:given"
    LOAN_PAID_EARLY = "dues:loan:paid_early"
    LOAN_CANCELLED = "dues:loan:cancelled"
    PROGRAMME_SET = "dues:programme:set"
    PROGRAMME_CHANGED = "dues:programme:changed"
    OBLIGATION_RECEIVED = "dues:obligation:received"
    OBLIGATION_PASSED = "dues:obligation:passed"
    OBLIGATION_LOST = "dues:obligation:lost"
    OBLIGATION_CORRECTED = "dues:obligation:corrected"
