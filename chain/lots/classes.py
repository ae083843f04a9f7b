"""Classes as the board looks for them: of any scheme and edition, by its own keys. Pure.

Lots were graded by one scheme. Whoever thinks in another one still finds them: a class by micron is a range of microns,
and a lot whose mean lies in it belongs there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chain.grading.fibre import class_range
from chain.grading.scheme import COMMODITIES, MicronScheme, Scheme
from chain.grading.scheme_files import can_class, choosable_schemes
from chain.lots.filters import ClassWanted
from chain.lots.grades import class_names
from chain.lots.products import PRODUCTS


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """The classes of one scheme for a list to choose from: word of the address and name."""

    label: str
    options: Sequence[tuple[str, str]]


def schemes_of(commodity: str | None, own: Sequence[Scheme] = ()) -> list[Scheme]:
    """Return the norms and own schemes that may class a product or what it was made of; all without a product."""
    wanted = COMMODITIES if commodity is None else [one for one in COMMODITIES if _is_kin(one, commodity)]
    found: dict[str, Scheme] = {}
    for one in wanted:
        found |= {scheme.id: scheme for scheme in choosable_schemes(one)}
        found |= {scheme.id: scheme for scheme in own if can_class(scheme, one)}
    return list(found.values())


def _is_kin(delivered: str, commodity: str) -> bool:
    """Tell whether lots of a product may carry the classes of a delivered one."""
    if delivered == commodity:
        return True
    made, source = PRODUCTS[commodity], PRODUCTS[delivered]
    return not made.is_delivered and made.icon == source.icon and bool(made.families & source.families)


def find_class(word: str, own: Callable[[], Sequence[Scheme]]) -> ClassWanted | None:
    """Return the class that a word of the address names, such as "ntp-231.301@2014:baby"; None for no class of ours."""
    scheme_id, _, key = word.partition(":")
    known = {scheme.id: scheme for scheme in schemes_of(None)}
    if scheme_id not in known:  # only then are those of organisations read
        known = {scheme.id: scheme for scheme in schemes_of(None, own())}
    scheme = known.get(scheme_id)
    if scheme is None or key not in class_names(scheme.key, scheme.edition):
        return None
    return ClassWanted(scheme.key, scheme.edition, key, *_microns(scheme, key))


def _microns(scheme: Scheme, key: str) -> tuple[int | None, int | None]:
    """Return the range of a class by micron; none where a person decides."""
    if not isinstance(scheme, MicronScheme):
        return None, None
    try:
        return class_range(scheme, key)
    except KeyError:  # a class that a sorter sees
        return None, None


def class_groups(commodity: str | None, own: Sequence[Scheme], language: str) -> list[ClassGroup]:
    """Return the classes that the board offers, by scheme."""
    return [
        ClassGroup(
            scheme.label[language],
            [
                (f"{scheme.id}:{key}", names[language])
                for key, names in class_names(scheme.key, scheme.edition).items()
            ],
        )
        for scheme in schemes_of(commodity, own)
    ]
