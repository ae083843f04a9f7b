"""Separation of duties and the order in which permissions are shown: pure values over the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from chain.accounts.rules import OrganisationKind, Permission, Role, permissions_of
from chain.core.i18n import N_


@dataclass(frozen=True, slots=True)
class DutyPair:
    """Two steps that should lie with two people. `warning` is told when one person may do both."""

    first: Permission
    second: Permission
    rule: str
    warning: str


#: Whatever the roles say, nobody does the second step on what they did in the first (`Actor.require_other_than`).
SEPARATED_DUTIES = (
    DutyPair(
        Permission.LOTS_REGISTER,
        Permission.GRADES_CONFIRM,
        N_("Who weighs and registers a lot does not confirm its class."),
        N_(
            "This person may weigh lots and also confirm classes. Another person must confirm the lots that this one weighs."
        ),
    ),
    DutyPair(
        Permission.RUNS_PREPARE,
        Permission.RUNS_APPROVE,
        N_("Who prepares a settlement does not approve it."),
        N_(
            "This person may prepare settlements and also approve them. Another person must approve those that this one prepares."
        ),
    ),
)

PERMISSION_GROUPS: tuple[tuple[str, tuple[Permission, ...]], ...] = (
    (N_("Producers"), (Permission.PRODUCERS_READ, Permission.PRODUCERS_WRITE)),
    (
        N_("Lots and classes"),
        (
            Permission.LOTS_READ,
            Permission.LOTS_REGISTER,
            Permission.LOTS_IMPORT,
            Permission.GRADES_CONFIRM,
            Permission.SCHEMES_CHOOSE,
        ),
    ),
    (N_("Certificates"), (Permission.CERTIFICATES_READ, Permission.CERTIFICATES_WRITE)),
    (
        N_("Market"),
        (
            Permission.TENDERS_READ,
            Permission.TENDERS_WRITE,
            Permission.AWARDS_ACCEPT,
            Permission.SALES_READ,
            Permission.BOARD_READ,
            Permission.BIDS_PLACE,
            Permission.DEMANDS_READ,
            Permission.DEMANDS_WRITE,
        ),
    ),
    (
        N_("Settlement and books"),
        (
            Permission.RUNS_READ,
            Permission.RUNS_PREPARE,
            Permission.RUNS_APPROVE,
            Permission.RUNS_PAY,
            Permission.RECEIPTS_READ,
            Permission.RECEIPTS_PRINT,
            Permission.ADVANCES_WRITE,
            Permission.DEDUCTIONS_WRITE,
            Permission.PRICES_WRITE,
            Permission.LEDGER_READ,
        ),
    ),
    (N_("Income"), (Permission.INCOME_READ, Permission.INCOME_WRITE, Permission.OWN_INCOME_READ)),
    (
        N_("Organisation and users"),
        (
            Permission.USERS_MANAGE,
            Permission.ORGANISATION_MANAGE,
            Permission.ORGANISATIONS_MANAGE,
            Permission.AUDIT_READ,
            Permission.TOKENS_MANAGE,
        ),
    ),
)


def grouped_permissions() -> Sequence[tuple[str, tuple[Permission, ...]]]:
    """Return every permission, grouped for reading; what no group names stands last."""
    named = {permission for _, permissions in PERMISSION_GROUPS for permission in permissions}
    rest = tuple(permission for permission in Permission if permission not in named)
    return (*PERMISSION_GROUPS, (N_("More"), rest)) if rest else PERMISSION_GROUPS


def doubled_duties(roles: frozenset[Role]) -> tuple[DutyPair, ...]:
    """Return the pairs of which these roles hold both halves."""
    held = permissions_of(roles)
    return tuple(pair for pair in SEPARATED_DUTIES if pair.first in held and pair.second in held)


def keeper_role(kind: OrganisationKind) -> Role:
    """Return the role that an organisation must never be without."""
    return Role.OPERATOR if kind is OrganisationKind.PROGRAMME else Role.ADMIN
