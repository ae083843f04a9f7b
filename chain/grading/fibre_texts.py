"""What is said about a class of fibre: reasons, warnings, and the one sentence for the producer. Pure.

Names of classes stand in the sentences by language; numbers are Decimal, written by the edge as the reader expects them.
"""

from collections.abc import Mapping
from decimal import Decimal

from chain.core.i18n import N_, Message
from chain.grading.scheme import Names, Strength

REASON_FINEST = N_("The fibre measures %(micron)s microns. This class takes fibre up to %(upper)s microns.")
REASON_MIDDLE = N_(
    "The fibre measures %(micron)s microns. This class goes from %(lower)s to %(upper)s microns."
)
REASON_COARSEST = N_(
    "The fibre measures %(micron)s microns. This class takes fibre from %(lower)s microns up."
)
REASON_STEP = N_("With %(limit)s microns or less it would be one class finer.")
REASON_SORTER = N_(
    "The sorter found the fibre too short: such fibre has its own class, whatever its microns."
)
REASON_APPRAISER = N_("An appraiser chose this class; it overrides microns and length.")
REASON_OUTSIDE = N_(
    "The fibre measures %(micron)s microns. The classes of this list end at %(upper)s microns."
)
REASON_NO_MICRON = N_("The microns of the fibre have not been measured yet.")
REASON_NO_LENGTH = N_("The class depends on the length of the staple, which has not been measured yet.")
REASON_NOT_PLAUSIBLE = N_(
    "%(micron)s microns cannot be right: alpaca and llama fibre has from %(low)s to %(high)s."
)
REASON_NOT_CONFIRMED = N_(
    "The limit of this class is not confirmed in the organisation, so it is switched off."
)
REASON_CLASS_UNKNOWN = N_("The class that was chosen is none that a person decides in this list.")
REASON_LENGTH_CLASS = N_("By the length of its staple it is %(length)s.")
REASON_LENGTH_REFUSED = N_("This list does not take %(name)s in length %(length)s.")
REASON_LENGTH_GRADE = N_("Fibre of length %(length)s has a grade of its own in this list.")
REASON_LENGTH_SHORT = N_("The fibre is shorter than the %(minimum)s mm that this class asks for.")
REASON_SILENT = N_(
    "The list says nothing about fibre of these microns and this length. An appraiser decides."
)
WARN_NEAR = N_(
    "The measurement lies within %(margin)s microns of the limit %(limit)s: another measurement may give the class next to it."
)
WARN_SORTER_CLASS_OFF = N_(
    "The sorter found the fibre short, but this edition has no class for short fibre: the microns decide."
)
WARN_ANALOGY = N_("This list was made for alpaca. For llama fibre it is used by analogy.")
WARN_ALSO_REQUIRES = N_(
    "This class also asks for things that no instrument measures here, such as a soft touch and an even staple. A person checks them."
)
WARN_SHORT = {
    Strength.CONFIRMED: N_("The fibre is shorter than the %(minimum)s mm that the norm asks for."),
    Strength.SECONDARY: N_(
        "The fibre is shorter than %(minimum)s mm, the length asked for according to an exporter (secondary source)."
    ),
    Strength.THIRD_HAND: N_(
        "The fibre is shorter than %(minimum)s mm, the length asked for according to a third-hand source."
    ),
    Strength.UNCONFIRMED: N_(
        "The fibre is shorter than the %(minimum)s mm that the organisation has confirmed for this class."
    ),
}
WARN_ABOVE = {
    "moisture_max_pct": N_("The moisture is %(value)s %%. At most %(limit)s %% is allowed."),
    "mineral_solids_max_pct": N_("The mineral solids are %(value)s %%. At most %(limit)s %% is allowed."),
    "grease_max_pct": N_("The grease is %(value)s %%. At most %(limit)s %% is allowed."),
}

SAY_FINEST = N_(
    "Your fibre measures %(micron)s microns, so it is %(name)s, the finest class of this list (up to %(upper)s microns)."
)
SAY_MIDDLE = N_(
    "Your fibre measures %(micron)s microns, so it is %(name)s (%(lower)s to %(upper)s microns); with %(limit)s or less it would be %(finer)s."
)
SAY_COARSEST = N_(
    "Your fibre measures %(micron)s microns, so it is %(name)s (from %(lower)s microns up); with %(limit)s or less it would be %(finer)s."
)
SAY_OUTSIDE = N_(
    "Your fibre measures %(micron)s microns, coarser than any class of this list; with %(limit)s or less it would be %(finer)s."
)
SAY_NO_MICRON = N_("Your fibre has no class yet, because its microns have not been measured.")
SAY_NO_LENGTH = N_(
    "Your fibre has no class yet, because this list also needs the length of the staple; have it measured."
)
SAY_NOT_PLAUSIBLE = N_(
    "Your fibre has no class yet, because %(micron)s microns cannot be right; it must be measured again."
)
SAY_NOT_CONFIRMED = N_(
    "Your fibre measures %(micron)s microns, but it gets no class, because nobody in the organisation has confirmed the limit of %(name)s."
)
SAY_SORTER = N_(
    "The sorter found your fibre short, so it is %(name)s; with a longer staple its microns would decide."
)
SAY_APPRAISER = N_(
    "A person looked at your fibre and put it in %(name)s; ask what would bring it into a class by microns."
)
SAY_CLASS_UNKNOWN = N_(
    "Your fibre has no class yet, because this list does not have the class that was chosen; choose again."
)
SAY_LENGTH_SHORT = N_(
    "Your fibre measures %(micron)s microns, but its staple is too short; with %(minimum)s mm or more it would be %(finer)s."
)
SAY_SHORT_CLASS = N_(
    "The staple of your fibre is too short, so it is %(name)s; with %(minimum)s mm or more it would be %(finer)s."
)
SAY_GRADE = N_(
    "Your fibre measures %(micron)s microns and has length %(length)s, so it is %(name)s; with %(limit)s microns or less it would be %(finer)s."
)
SAY_GRADE_FINEST = N_(
    "Your fibre measures %(micron)s microns and has length %(length)s, so it is %(name)s, the finest grade of this list."
)
SAY_GRADE_LONGER = N_(
    "Your fibre measures %(micron)s microns and has length %(length)s, so it is %(name)s; from %(minimum)s mm on its length would be %(longer)s."
)
SAY_LENGTH_REFUSED = N_(
    "Your fibre measures %(micron)s microns, so it is %(name)s, but this list does not take it in length %(length)s; from %(minimum)s mm on it would be taken."
)
SAY_LENGTH_GRADE = N_(
    "The staple of your fibre is short (length %(length)s), so it is %(name)s; from %(minimum)s mm on it would be %(finer)s."
)
SAY_SILENT = N_(
    "This list says nothing about fibre of %(micron)s microns and this length, so an appraiser has to choose its class."
)


def microns(tenths: int) -> Decimal:
    """Return tenths of a micron as microns."""
    return Decimal(tenths).scaleb(-1)


def reasons_by_micron(tenths: int, lower: int | None, upper: int | None) -> tuple[Message, ...]:
    """Say why, and the step to the next finer class when there is one. A class starts a tenth above the one before."""
    micron = microns(tenths)
    if lower is None:
        return (Message(REASON_FINEST, {"micron": micron, "upper": microns(upper or tenths)}),)
    starts = microns(lower + 1)
    step = Message(REASON_STEP, {"limit": microns(lower)})
    if upper is None:
        return Message(REASON_COARSEST, {"micron": micron, "lower": starts}), step
    return Message(REASON_MIDDLE, {"micron": micron, "lower": starts, "upper": microns(upper)}), step


def sentence_by_micron(
    tenths: int, name: Names, lower: int | None, upper: int | None, finer: Names | None
) -> Message:
    """Return the sentence for a class that the microns alone decide."""
    params: Mapping[str, object] = {"micron": microns(tenths), "name": name}
    if lower is None or finer is None:
        return Message(SAY_FINEST, {**params, "upper": microns(upper or tenths)})
    params = {**params, "lower": microns(lower + 1), "limit": microns(lower), "finer": finer}
    if upper is None:
        return Message(SAY_COARSEST, params)
    return Message(SAY_MIDDLE, {**params, "upper": microns(upper)})
