"""The proportions of a sorting: kilograms per quality, or shares as they were given. What is unknown is named. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import N_
from chain.grading.attributes import FleeceAttributes
from chain.grading.scheme import FleeceScheme
from chain.grading.unconfirmed import SIDES, counts

HUNDRED = Decimal(100)
REASON_MISMATCH = N_("The kilograms of the qualities do not sum to the total.")
REASON_SHARES = N_("The superior and the inferior share are more than 100 %% together.")


@dataclass(slots=True)
class Shares:
    """What is known of the proportions: rounded percent, the exact superior share, what is missing, what is wrong."""

    superior: Decimal | None = None
    exact: Decimal | None = None
    baby: Decimal | None = None
    #: what the shares lack; as long as anything stands here they decide nothing
    missing: list[str] = field(default_factory=list)
    #: the shares were given, but not that of baby
    lacks_baby: bool = False
    code: str | None = None
    problem: str | None = None


def shares_of(scheme: FleeceScheme, attributes: FleeceAttributes, confirmed: AbstractSet[str]) -> Shares:
    """Return the superior and the baby share in percent, rounded once as the scheme says, with what is missing."""
    shares = _by_mass(scheme, attributes, confirmed) if attributes.mass_g else _by_shares(attributes)
    for key, share in (
        ("superior", scheme.superior),
        ("inferior", scheme.inferior),
        ("baby", scheme.baby),
    ):
        if not counts(share.status, f"proportion:{key}", confirmed):
            shares.missing.append(f"confirmation:proportion:{key}")
    places = scheme.rounding.decimals if scheme.rounding else None
    if shares.superior is not None:
        shares.exact = shares.superior
        shares.superior = _rounded(shares.superior, places)
    if shares.baby is not None:
        shares.baby = _rounded(shares.baby, places)
    return shares


def _rounded(value: Decimal, places: int | None) -> Decimal:
    return value if places is None else value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _by_shares(attributes: FleeceAttributes) -> Shares:
    """Take the shares as they were given. Both sides must be known, and sum to 100: what lies between has no side."""
    superior, inferior = attributes.superior_pct, attributes.inferior_pct
    if superior is None and inferior is None and attributes.baby_pct is None:
        return Shares(missing=["mass_per_quality"])
    names = (("superior_pct", superior), ("inferior_pct", inferior))
    shares = Shares(superior=superior, baby=attributes.baby_pct, lacks_baby=attributes.baby_pct is None)
    shares.missing = [name for name, value in names if value is None]
    if superior is not None and inferior is not None:
        if superior + inferior > HUNDRED:
            shares.problem, shares.code = REASON_SHARES, "shares_exceed"
        elif superior + inferior < HUNDRED:
            shares.missing.append("side_of_medium_fleece")
    return shares


def _by_mass(scheme: FleeceScheme, attributes: FleeceAttributes, confirmed: AbstractSet[str]) -> Shares:
    """Add up the kilograms. A quality without a figure is unknown, unless the others sum to the total already."""
    mass = {key: attributes.mass_g.get(key) for key in scheme.qualities}
    known = {key: grams for key, grams in mass.items() if grams is not None}
    whole = sum(known.values())
    shares = Shares()
    if attributes.total_g is not None and (
        whole > attributes.total_g or (len(known) == len(mass) and whole != attributes.total_g)
    ):
        return Shares(problem=REASON_MISMATCH, code="mass_mismatch")
    if len(known) < len(mass) and whole != attributes.total_g:
        return Shares(missing=[f"mass:{key}" for key, grams in mass.items() if grams is None])
    if whole <= 0:
        return Shares(missing=["mass_per_quality"])
    superior = sum(known.get(key, 0) for key in scheme.superior.qualities)
    for quality, grams in attributes.mass_g.items():
        if quality not in mass and grams:
            shares.missing.append(f"side_of_{quality}")
    for quality in scheme.undecided.qualities:
        weight = known.get(quality, 0)
        side = _side(quality, confirmed)
        if weight and side is None:
            shares.missing.append(f"side_of_{quality}")
        elif side == "superior":
            superior += weight
    if not shares.missing:
        shares.superior = Decimal(superior) * HUNDRED / whole
    shares.baby = Decimal(sum(known.get(key, 0) for key in scheme.baby.qualities)) * HUNDRED / whole
    return shares


def _side(quality: str, confirmed: AbstractSet[str]) -> str | None:
    """Return the side that a person confirmed; two at once contradict each other and decide nothing."""
    sides = [side for side in SIDES if f"side:{quality}:{side}" in confirmed]
    return sides[0] if len(sides) == 1 else None
