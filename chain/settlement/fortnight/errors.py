"""Refusals of a fortnight."""

from collections.abc import Mapping, Sequence

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_, Message

#: Names in one refusal; more are counted.
MAX_NAMED = 10
#: Cells of a file that an answer names.
MAX_CELLS = 50


def named(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are: `A, B, … (+3)`."""
    shown = ", ".join(names[:MAX_NAMED])
    more = len(names) - MAX_NAMED
    return f"{shown}, … (+{more})" if more > 0 else shown


class NotAFortnight(DomainError):
    """The days are not those of a fortnight: 1 to 15, or 16 to the end of the month."""

    code = "not_a_fortnight"
    kind = Kind.INVALID
    text = N_("A fortnight runs from day 1 to 15, or from 16 to the end of the month.")
    field = "period_from"


class NoPriceForFortnight(DomainError):
    """No enabled price row covers the fortnight from its first day to its last."""

    code = "no_price_for_fortnight"
    text = N_("No milk price covers the days from %(first)s to %(last)s. Set the price first.")
    field = "period_from"


class RowsOverlap(DomainError):
    """Two rows of prices, quotas or rates are in force on the same day."""

    code = "rows_overlap"
    text = N_("Two rows are in force at once (%(what)s): %(names)s.")
    field = "valid_from"


class TwoReservesInForce(DomainError):
    """On the last day two reserve fractions are in force."""

    code = "two_reserves_in_force"
    text = N_("On %(day)s two reserve fractions are in force. End one of them first.")
    field = "period_from"


class ScaleReadingMissing(DomainError):
    """A weekday has deliveries and no reading of the zone's scale; a blank is not zero."""

    code = "scale_reading_missing"
    text = N_("The scale reading is missing in zone %(zone)s for: %(days)s.")
    field = "period_from"


class EarnedBelowZero(DomainError):
    """Weighing difference and reserve take more than the milk is worth."""

    code = "earned_below_zero"
    text = N_(
        "Weighing difference and reserve take more than the milk of these producers is worth: %(producers)s. Check the scale readings."
    )
    field = "period_from"


class NobodyToBear(DomainError):
    """A zone has a weighing difference or a reserve and no weekday milk within the quota to share it by."""

    code = "nobody_to_bear"
    text = N_(
        "Zone %(zone)s has scale readings that differ from its deliveries, and no weekday milk within the quota to share the difference by."
    )
    field = "period_from"


class ScaleBelowExcess(DomainError):
    """With a reserve in force, the scale of a zone shows less than its milk that is over the quota or paid elsewhere."""

    code = "scale_below_excess"
    text = N_(
        "The scale of zone %(zone)s shows less than the milk that is over the quota or paid in other settlements."
    )
    field = "period_from"


class RatesMissing(DomainError):
    """Nobody said which rates of IT and IUE are withheld, not even that there are none."""

    code = "rates_missing"
    text = N_("Nobody has set the rates of the withholding (IT and IUE) for %(day)s, not even to none.")
    field = "period_from"


class RatesNotConfirmed(DomainError):
    """The rates of IT and IUE in force were not confirmed by an accountant."""

    code = "rates_not_confirmed"
    text = N_("The rates of the withholding in force on %(day)s are not confirmed by an accountant.")
    field = "period_from"


class FortnightWaits(DomainError):
    """Several things are missing before a fortnight can be calculated; all are named."""

    code = "fortnight_waits"
    text = N_("%(count)s things are missing before this fortnight can be calculated.")
    field = "period_from"

    def __init__(self, problems: Sequence[DomainError]) -> None:
        super().__init__(count=len(problems))
        self.problems = tuple(problems)

    @property
    def errors(self) -> Mapping[str, Sequence[Message]]:
        """Every problem, at the field of the period."""
        return {"period_from": tuple(problem.message for problem in self.problems)}


class EarlierFortnightOpen(DomainError):
    """An earlier fortnight with deliveries is not accounted."""

    code = "earlier_fortnight_open"
    text = N_("The fortnight from %(first)s has deliveries and is not accounted. Settle it first.")
    field = "period_from"


class LateDeliveries(DomainError):
    """Milk of an earlier fortnight was written down after that fortnight was accounted."""

    code = "late_deliveries"
    text = N_(
        "The fortnight from %(first)s is settled, and milk of %(day)s was written down later. If the scale had shown it, the others got its money: take that settlement back and prepare it again. If not, settle that day as a period or pay it at the gate."
    )
    field = "period_from"


class FortnightSettled(Conflict):
    """The zone's fortnight already has payrolls that stand."""

    code = "fortnight_settled"
    text = N_("The fortnight from %(first)s already has the settlement no. %(number)s.")
    field = "period_from"


class FortnightLocked(Conflict):
    """A scale reading of a fortnight whose settlement stands; it must be discarded or reversed first."""

    code = "fortnight_locked"
    text = N_("The fortnight of %(day)s has a settlement: discard it before you correct a scale reading.")
    field = "day"


class IncomePaid(Conflict):
    """An other income that a settlement in the books paid; it is withdrawn only after that settlement was taken back."""

    code = "income_paid"
    text = N_("The settlement no. %(number)s paid this income: it can no longer be withdrawn.")


class NothingDelivered(DomainError):
    """A fortnight without deliveries gets no payroll; debts wait."""

    code = "nothing_delivered"
    text = N_("No milk waits for payment in this fortnight. It is skipped, and debts wait.")
    field = "period_from"


class BadTableRows(DomainError):
    """A table of the dairy with cells that cannot be used; nothing of it was stored."""

    code = "bad_table_rows"
    kind = Kind.INVALID
    text = N_("%(count)s cells of the file cannot be used. Nothing was brought in.")
    field = "file"

    def __init__(self, listed: Sequence[Message]) -> None:
        super().__init__(count=len(listed))
        #: every cell by file, line and column
        self.listed = tuple(listed)

    @property
    def errors(self) -> Mapping[str, Sequence[Message]]:
        """How many cells, and the first of them."""
        return {"file": (self.message, *self.listed[:MAX_CELLS])}


class NotFourPrices(DomainError):
    """The milk price in force has no price of a litre: it pays by the kilogram, the gram of a constituent, classes or a share."""

    code = "not_four_prices"
    text = N_(
        "The price list “%(name)s” has no price per litre: it pays by the kilogram, the gram of a constituent, by classes or as a share. Settle these days under Settlements → Settle a period; quotas count there too, weighing and reserve do not."
    )
    field = "period_from"
