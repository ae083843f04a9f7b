"""Llama carcasses: sarcocystis and weight make a complete record; no limit is known, so a person chooses the class. Pure."""

from chain.core.i18n import N_, Message
from chain.grading.attributes import CarcassAttributes
from chain.grading.result import UNDETERMINED, GradeResult
from chain.grading.scheme import CarcassScheme, Strength

SARCOCYSTIS_PRESENT = "sarcocystis_present"
CLASS_CHOSEN = "class_chosen_by_person"
CLASS_UNKNOWN = "class_unknown"

REASON_CHOSEN = N_("A person chose this class: the norm names the classes, but its limits are not known.")
REASON_NO_LIMITS = N_("The limits of the classes are not known. A person must choose the class.")
REASON_COMPLETE = N_("Weight and sarcocystis are recorded. That is enough to be paid.")
REASON_UNKNOWN = N_("The class that was chosen does not exist in this norm.")
REASON_PRESENT = N_(
    "Sarcocystis (“arrocillo”) was found. The sanitary inspector decides what may be sold; this is not part of the class."
)
REASON_NOT_INSPECTED = N_(
    "The carcass was not inspected for sarcocystis. Not inspected does not mean free of it."
)


def classify_carcass(scheme: CarcassScheme, attributes: CarcassAttributes) -> GradeResult:
    """Return the class that a person chose, or undetermined; with what is missing to settle it."""
    chosen = next((one for one in scheme.classes if one.key == attributes.chosen_class), None)
    missing = _missing(attributes)
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=chosen.key if chosen else None,
        names=chosen.names if chosen else UNDETERMINED,
        reasons=(
            Message(_why(attributes, is_known=chosen is not None)),
            *(() if missing else (Message(REASON_COMPLETE),)),
            *((Message(REASON_PRESENT),) if attributes.sarcocystis == "present" else ()),
        ),
        warnings=(Message(REASON_NOT_INSPECTED),) if attributes.sarcocystis == "not_inspected" else (),
        missing=missing,
        codes=_codes(attributes, is_known=chosen is not None),
        strength=chosen.status if chosen else Strength.NOT_KNOWN,
    )


def _missing(attributes: CarcassAttributes) -> tuple[str, ...]:
    return (
        *(("weight_g",) if attributes.weight_g is None else ()),
        *(("sarcocystis",) if attributes.sarcocystis in {None, "not_inspected"} else ()),
    )


def _why(attributes: CarcassAttributes, *, is_known: bool) -> str:
    if is_known:
        return REASON_CHOSEN
    return REASON_UNKNOWN if attributes.chosen_class else REASON_NO_LIMITS


def _codes(attributes: CarcassAttributes, *, is_known: bool) -> tuple[str, ...]:
    codes = [SARCOCYSTIS_PRESENT] if attributes.sarcocystis == "present" else []
    if attributes.chosen_class:
        codes.append(CLASS_CHOSEN if is_known else CLASS_UNKNOWN)
    return tuple(codes)
