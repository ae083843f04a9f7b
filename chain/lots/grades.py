"""What grading says of a lot: proposals for one or for thousands, class names, and reasons kept as plain values. Pure."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from chain.core.i18n import N_, Message
from chain.grading.attributes import CarcassAttributes, FibreAttributes, MilkAttributes
from chain.grading.fibre import FibreClassifier
from chain.grading.milk import NAMES as MILK_NAMES
from chain.grading.result import UNDETERMINED, GradeResult
from chain.grading.rules import classify
from chain.grading.scheme import (
    LLAMA_CARCASS,
    RAW_MILK,
    CarcassScheme,
    LimitScheme,
    MicronScheme,
    Names,
    Scheme,
    Strength,
    class_names_of,
)
from chain.grading.scheme_files import UnknownSchemeError, get_scheme

CONFIRMED_AS_PROPOSED = N_("The proposed class was confirmed.")
CHOSEN = N_("A person chose the class.")
SET_OTHERWISE = N_("Another class was set: %(note)s")
WARN_OWN_WORD = N_(
    "This rests on a value that the organisation confirmed itself, not the norm body. The page of the norm says who and when."
)
#: Parameters that people wrote: they stay text even when they look like a number.
TEXT_PARAMS = frozenset({"note"})
#: What stands in the place of a class for products that no norm classes.
WITHOUT_NORM = {"es": "Sin clase", "en": "No class"}
MAX_PROPOSALS_KEPT = 20_000
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")

Reason = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A class as it is kept beside a lot. `reasons` is JSON-able: {"msgid", "params"}, warnings marked."""

    scheme: str
    edition: str
    key: str | None
    reasons: list[Reason]


class Proposer:
    """Proposes classes by one scheme. Equal measurements share one proposal."""

    def __init__(self, scheme: Scheme, commodity: str, confirmed: frozenset[str] = frozenset()) -> None:
        self.scheme = scheme
        self.commodity = commodity
        #: keys of unconfirmed values for which a person of the organisation vouches
        self.confirmed = confirmed
        self._fibre = (
            FibreClassifier(scheme, commodity, confirmed) if isinstance(scheme, MicronScheme) else None
        )
        #: a class depends on the weight
        self._weighs = isinstance(scheme, CarcassScheme) and any(one.limits for one in scheme.classes)
        self._kept: dict[tuple[str | None, ...], Proposal] = {}
        self._of_result: dict[int, tuple[GradeResult, Proposal]] = {}

    def propose(
        self, attributes: Mapping[str, str], chosen_key: str | None, quantity: int | None = None
    ) -> Proposal:
        """Return the class of a lot with canonical attributes; `quantity` is its net weight in grams."""
        weight = str(quantity) if self._weighs and quantity is not None else None
        values = (*(attributes.get(name) for name in _INPUTS[self.commodity]), weight, chosen_key)
        found = self._kept.get(values)
        if found is None:
            if len(self._kept) >= MAX_PROPOSALS_KEPT:
                self._kept.clear()
                self._of_result.clear()
            found = self._kept[values] = self._proposal(self._result(values))
        return found

    def _result(self, values: tuple[str | None, ...]) -> GradeResult:
        if self._fibre is not None:
            micron, length = values[0], values[1]
            return self._fibre.classify(_decimal(micron), None if length is None else int(length))
        attributes: MilkAttributes | CarcassAttributes | FibreAttributes
        if self.commodity == RAW_MILK:
            attributes = MilkAttributes(
                temperature=_decimal(values[0]),
                fat=_decimal(values[1]),
                density=_decimal(values[2]),
                other=_laboratory_values(values[3:]),
            )
        elif self.commodity == LLAMA_CARCASS:
            age_class, sarcocystis, sex, weight, chosen = values
            # The net weight is known for every lot that is kept; where no limit depends on it, equal lots share a proposal.
            known = None if weight is None else int(weight)
            attributes = CarcassAttributes(
                weight_g=known if self._weighs else 1,
                age_class=age_class,
                sarcocystis=sarcocystis,
                sex=sex,
                chosen_class=chosen,
            )
        else:
            attributes = FibreAttributes(micron=_decimal(values[0]))
        return classify(self.scheme, attributes, commodity=self.commodity, confirmed=self.confirmed)

    def _proposal(self, result: GradeResult) -> Proposal:
        kept = self._of_result.get(id(result))
        if kept is None:
            proposal = Proposal(result.scheme, result.edition, result.key, self._records(result))
            kept = self._of_result[id(result)] = (
                result,
                proposal,
            )  # the result is held, so its id stays its own
        return kept[1]

    def _records(self, result: GradeResult) -> list[Reason]:
        """Return what is kept beside the lot; a result that rests on the organisation's own word says so."""
        records = _records(result)
        if self.confirmed and result.key is not None and result.strength is Strength.UNCONFIRMED:
            records.append({**note_record(WARN_OWN_WORD), "warning": True})
        return records


#: What a laboratory adds to what was written down of milk at delivery: its key → the key of the norm.
MILK_NORM_KEYS: Mapping[str, str] = {
    "snf_pct": "solids_not_fat",
    "total_solids_pct": "total_solids",
    "ash_pct": "ash",
    "acidity_pct": "acidity_lactic",
    "freezing_point_c": "freezing_point",
    "added_water_pct": "added_water",
    "somatic_cells_ml": "somatic_cells",
    "mesophiles_cfu_ml": "mesophiles",
    "coliforms_cfu_ml": "coliforms",
    "reductase_hours": "reductase",
    "alcohol_test": "alcohol_test",
    "antibiotics": "antibiotics",
}
_INPUTS: Mapping[str, tuple[str, ...]] = {
    "alpaca-fibre": ("micron", "length_mm"),
    "llama-fibre": ("micron", "length_mm"),
    RAW_MILK: ("temperature_c", "fat_pct", "density_g_ml", *MILK_NORM_KEYS),
    LLAMA_CARCASS: ("age_class", "sarcocystis", "sex"),
}


def _laboratory_values(values: Sequence[str | None]) -> dict[str, Decimal | str]:
    """Return results of milk by the keys of the norm: numbers, and the words of tests."""
    found = {}
    for norm_key, value in zip(MILK_NORM_KEYS.values(), values, strict=False):
        if value is not None:
            found[norm_key] = Decimal(value) if _NUMBER.fullmatch(value) else value
    return found


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _records(result: GradeResult) -> list[Reason]:
    record: Mapping[str, Any] = result.as_record()
    warnings = [{**one, "warning": True} for one in record["warnings"]]
    said = [{**record["sentence"], "sentence": True}] if record["sentence"] else []
    return [*record["reasons"], *warnings, *said]


@lru_cache(maxsize=128)
def proposer_for(
    scheme_key: str, edition: str, commodity: str, confirmed: frozenset[str] = frozenset()
) -> Proposer:
    """Return the proposer of a scheme and of the values that an organisation confirmed; kept for the life of the process."""
    return Proposer(get_scheme(scheme_key, edition), commodity, confirmed)


def note_record(text: str, note: str | None = None) -> Reason:
    """Return a reason that a person gave, as it is kept."""
    return {"msgid": text, "params": {} if note is None else {"note": note}}


def reason_message(record: Mapping[str, Any]) -> Message:
    """Return a kept reason as a sentence; numbers are Decimal again, so that the edge writes them as people expect."""
    params = {
        name: Decimal(value)
        if name not in TEXT_PARAMS and isinstance(value, str) and _NUMBER.fullmatch(value)
        else value
        for name, value in record["params"].items()
    }
    return Message(record["msgid"], params)


def reasons_of(records: list[Reason]) -> tuple[list[Message], list[Message]]:
    """Return the reasons and the warnings among kept records, without the sentence for the producer."""
    reasons = [reason_message(one) for one in records if not one.get("warning") and not one.get("sentence")]
    warnings = [reason_message(one) for one in records if one.get("warning")]
    return reasons, warnings


def sentence_of(records: list[Reason]) -> Message | None:
    """Return the sentence for the producer among kept records: why, and the step to the next class."""
    return next((reason_message(one) for one in records if one.get("sentence")), None)


def class_names(
    scheme_key: str, edition: str, confirmed: AbstractSet[str] = frozenset()
) -> Mapping[str, Names]:
    """Return the classes of a scheme with their names by language, best first; empty for a scheme that is gone.

    A class that a sorter decides and that the edition may not have is there once the organisation has confirmed it.
    """
    try:
        names, waiting = _class_names(scheme_key, edition)
    except UnknownSchemeError:  # not remembered: an own scheme may be saved in the next moment
        return {}
    if not confirmed or not waiting:
        return names
    return {**names, **{key: one for key, one in waiting.items() if f"sorter:{key}" in confirmed}}


def has_waiting_classes(scheme_key: str, edition: str) -> bool:
    """Tell whether a scheme has classes that are there only once an organisation has confirmed them."""
    try:
        return bool(_class_names(scheme_key, edition)[1])
    except UnknownSchemeError:
        return False


@lru_cache(maxsize=256)
def _class_names(scheme_key: str, edition: str) -> tuple[Mapping[str, Names], Mapping[str, Names]]:
    """Return the classes of a saved scheme, and those that wait to be confirmed."""
    scheme = get_scheme(scheme_key, edition)
    if isinstance(scheme, LimitScheme):
        return MILK_NAMES, {}
    waiting = {one.key: one.names for one in getattr(scheme, "sorter_classes", ()) if not one.is_active}
    return class_names_of(scheme), waiting


def class_name(scheme_key: str | None, edition: str | None, key: str | None, language: str) -> str:
    """Return the name of a class in "es" or "en"; a class that is gone keeps its key."""
    wanted = language if language in UNDETERMINED else "es"
    if not scheme_key:
        return WITHOUT_NORM[wanted]
    if key is None or edition is None:
        return UNDETERMINED[wanted]
    try:
        known, waiting = _class_names(scheme_key, edition)
    except UnknownSchemeError:
        return key
    names = known.get(key) or waiting.get(key)
    return names[wanted] if names else key


def short_norm(scheme_key: str, edition: str) -> str:
    """Return a norm and its edition in few letters: "ntp-231.301", "2014" → "NTP 231.301:2014"."""
    word = re.sub(r"^(NTP|NB)-", r"\1 ", scheme_key.upper())
    return word if edition == "undated" else f"{word}:{edition}"


def class_with_norm(scheme_key: str | None, edition: str | None, key: str | None, language: str) -> str:
    """Return a class as it is shown where its norm is not told beside it: "Super Baby (NTP 231.301:2014)"."""
    name = class_name(scheme_key, edition, key, language)
    return f"{name} ({short_norm(scheme_key, edition)})" if scheme_key and edition and key else name


def scheme_label(scheme_key: str | None, edition: str | None, language: str) -> str:
    """Return the name of a norm with its edition."""
    if not scheme_key:
        return "—"
    try:
        return get_scheme(scheme_key, edition).label["en" if language == "en" else "es"]
    except UnknownSchemeError:
        return f"{scheme_key} {edition}"


def is_class_measured(scheme_key: str | None, edition: str | None) -> bool:
    """Tell whether a measurement alone decides by this norm, so that an undetermined class is a gap."""
    try:
        return bool(scheme_key) and isinstance(get_scheme(scheme_key or "", edition), MicronScheme)
    except UnknownSchemeError:
        return False
