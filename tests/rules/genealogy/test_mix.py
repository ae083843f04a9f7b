"""Colours, classes, claims and the mean micron of mixtures."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chain.genealogy.mix import (
    ClassKey,
    MeanMicron,
    Mix,
    mean_micron,
    mix_from_record,
    mixed,
    of_class,
    scaled_mix,
    without_claim,
    without_fineness,
)
from chain.lots.products import Family

BABY = ClassKey("ntp-231.301", "2014", "baby", is_confirmed=True)
FLEECE = ClassKey("ntp-231.301", "2014", "fleece", is_confirmed=False)


def mix(
    quantity: int,
    colour: str | None = "white",
    found: ClassKey | None = BABY,
    micron: str | None = "22.4",
    claim: str = "conventional",
) -> Mix:
    known = None if micron is None else MeanMicron(Decimal(micron), quantity)
    return Mix(Family.ALPACA, quantity, {colour: quantity}, {found: quantity}, {claim: quantity}, known)


MIXES = st.lists(
    st.builds(
        mix,
        st.integers(1, 10**9),
        st.sampled_from(["white", "beige", None]),
        st.sampled_from([BABY, FLEECE, None]),
        st.sampled_from(["17.25", "22.4", "31.9", None]),
        st.sampled_from(["organic", "transition", "conventional"]),
    ),
    min_size=1,
    max_size=8,
)


def test_the_mean_micron_is_weighed_by_mass() -> None:
    whole = mean_micron([MeanMicron(Decimal(20), 30_000), MeanMicron(Decimal(26), 10_000)])
    assert whole == MeanMicron(Decimal("21.5"), 40_000)
    assert mean_micron([]) is None


def test_a_lot_that_was_not_measured_leaves_a_mean_that_rests_on_less() -> None:
    whole = mixed([mix(30_000), mix(10_000, micron=None)])
    assert whole.micron == MeanMicron(Decimal("22.4"), 30_000)
    assert whole.micron_of_all is None
    half = scaled_mix(whole, 20_000)
    assert half.micron == MeanMicron(Decimal("22.4"), 15_000)


def test_one_colour_and_one_class_stay_one() -> None:
    same = mixed([mix(10), mix(20)])
    assert (same.only_colour, same.only_class) == ("white", BABY)
    several = mixed([mix(10), mix(20, "beige", FLEECE)])
    assert (several.only_colour, several.only_class) == (None, None)


def test_a_class_that_was_sorted_out_has_no_micron_until_it_is_measured() -> None:
    part = of_class(mixed([mix(10), mix(20, "beige")]), FLEECE, None)
    assert (part.only_class, part.micron, part.colours) == (FLEECE, None, {"white": 10, "beige": 20})
    assert of_class(part, FLEECE, "white").only_colour == "white"


def test_dehairing_and_giving_up_a_claim_forget_what_no_longer_holds() -> None:
    bare = without_claim(without_fineness(mix(10, claim="organic")))
    assert (bare.classes, bare.micron, bare.claims) == ({None: 10}, None, {"conventional": 10})


@given(MIXES, st.data())
def test_every_mixture_sums_to_its_lot_and_is_kept_as_it_is(mixes: list[Mix], data: st.DataObject) -> None:
    whole = mixed(mixes)
    assert whole.quantity == sum(one.quantity for one in mixes)
    part = scaled_mix(whole, data.draw(st.integers(1, 2 * whole.quantity)))
    for one in (whole, part):
        for parts in (one.colours, one.classes, one.claims):
            assert sum(parts.values()) == one.quantity
        assert one.micron is None or 0 < one.micron.quantity <= one.quantity
        assert mix_from_record(one.as_record(), one.quantity) == one
    means = [one.micron.mean for one in mixes if one.micron]
    if whole.micron:
        assert min(means) <= whole.micron.mean <= max(means)
