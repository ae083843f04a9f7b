from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chain.laboratory.rules import agree

PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=60)


def test_kappa_of_the_textbook_table() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: po 0.70, pe 0.50, kappa 0.40."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agree(pairs)
    assert (found.n, found.equal, found.share, found.kappa) == (50, 35, Decimal("0.7"), Decimal("0.400"))
    assert ("n", "y", 10) in found.pairs
    assert not found.is_small


def test_three_classes() -> None:
    """po 0.7; pe (5·4 + 3·3 + 2·3) ÷ 100 = 0.35; kappa 0.35 ÷ 0.65 = 0.538."""
    pairs = (
        [("a", "a")] * 3
        + [("a", "b")]
        + [("a", "c")]
        + [("b", "b")] * 2
        + [("b", "a")]
        + [("c", "c"), ("c", "c")]
    )
    found = agree(pairs)
    assert (found.n, found.equal) == (10, 7)
    assert found.kappa == Decimal("0.538")


def test_full_agreement_is_one_and_chance_alone_is_none() -> None:
    assert agree([("a", "a"), ("b", "b")]).kappa == Decimal("1.000")
    assert agree([("a", "a")] * 9).kappa is None
    assert agree([("a", "b"), ("b", "a")]).kappa == Decimal("-1.000")
    nothing = agree([])
    assert (nothing.n, nothing.share, nothing.kappa, nothing.is_small) == (0, None, None, True)


@given(PAIRS)
def test_kappa_lies_between_minus_one_and_one_and_does_not_care_who_is_first(
    pairs: list[tuple[str, str]],
) -> None:
    found, turned = agree(pairs), agree([(second, first) for first, second in pairs])
    assert found.kappa == turned.kappa
    assert found.kappa is None or -1 <= found.kappa <= 1
    assert sum(count for _, _, count in found.pairs) == found.n == len(pairs)
