"""Pages of dues: debts, loans, what is taken from every payment, and what is passed on."""

from decimal import Decimal
from typing import Any

from flask import Blueprint
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.i18n import N_
from chain.dues.loan_rules import EVERY_LABELS
from chain.dues.pages import local_today
from chain.dues.passing_rules import GOODS_LABELS, PASSING_KIND_LABELS, SEX_LABELS, STANDING_LABELS, Standing
from chain.dues.queries.passing import count_due
from chain.dues.rules import APPLICATION_KIND_LABELS, BASIS_LABELS, DUE_KIND_LABELS, SOURCE_LABELS
from chain.web.navigation import PAYMENTS, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("dues", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Debts and deductions"),
        "dues.debtor_list",
        Permission.RUNS_READ,
        order=54,
        about=N_("What producers owe, and what is taken from every payment"),
        covers=("/advances", "/deductions", "/loans", "/group-charges", "/recovery-cap", "/pass-on"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("Pass-on of animals and seed"),
        "dues.passing_list",
        Permission.PRODUCERS_READ,
        order=58,
        about=N_("What families must pass on to the next one"),
        group=PAYMENTS,
        unless=Permission.RUNS_READ,
    ),
    NavigationItem(
        N_("My debts"),
        "dues.own_debts",
        Permission.OWN_INCOME_READ,
        order=62,
        about=N_("What you owe, and how it is paid back"),
    ),
]

STANDING_TONES = {
    Standing.DONE: "success",
    Standing.RUNNING: "info",
    Standing.SOON: "warning",
    Standing.OVERDUE: "error",
}


def percent_of(basis_points: int) -> Decimal:
    """Return percent for hundredths of a percent, without zeros at the end: 250 → 2.5."""
    return Decimal(basis_points) / 100


def _count_due(session: Session, actor: Actor) -> int:
    return count_due(session, actor, local_today())


register_waiting(
    Permission.PASSING_ON_WRITE, N_("Animals or seed to be passed on soon"), "dues.passing_list", _count_due
)


@blueprint.context_processor
def dues_words() -> dict[str, Any]:
    """Give the templates of this area the words for kinds and states."""
    return {
        "due_kind_labels": DUE_KIND_LABELS,
        "basis_labels": BASIS_LABELS,
        "source_labels": SOURCE_LABELS,
        "application_kind_labels": APPLICATION_KIND_LABELS,
        "every_labels": EVERY_LABELS,
        "goods_labels": GOODS_LABELS,
        "sex_labels": SEX_LABELS,
        "standing_labels": STANDING_LABELS,
        "standing_tones": STANDING_TONES,
        "passing_kind_labels": PASSING_KIND_LABELS,
        "percent_of": percent_of,
        "today": local_today(),
    }


from chain.dues.views import (  # noqa: E402 - register their routes on the blueprint above
    debts,
    importing,
    loans,
    own,
    passing,
    terms,
)

__all__ = ["NAVIGATION", "blueprint", "debts", "importing", "loans", "own", "passing", "terms"]
