from dataclasses import replace

from chain.dues.rules import Basis, DueKind
from chain.settlement.fortnight.facts import Quality
from chain.settlement.fortnight.results import Payroll, summary_of
from chain.settlement.fortnight.rules import calculate
from chain.settlement.fortnight.run_lines import lines_of
from chain.settlement.lines import Item
from chain.settlement.rules import ItemKind
from tests.support.fortnights import WEDNESDAY, given, key, milk, rule, scale


def quality(amount: int, payroll: Payroll = Payroll.WEEKDAY, zone: str = "Z") -> Quality:
    kind = ItemKind.PENALTY if amount < 0 else ItemKind.PREMIUM
    return Quality(key(zone), key("P-A"), payroll.value, Item(kind, "Higiene", amount))


FACTS = given([milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "9")])


def test_taxes_are_of_the_milk_with_its_premiums_and_before_weighing() -> None:
    tax = rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, 100)
    found = calculate(replace(FACTS, quality=[quality(1_000)], rules=[tax]))
    (record,) = found.records
    assert (record.milk_minor, record.quality_minor, record.weighing_minor) == (5_000, 1_000, -500)
    assert (record.taken_minor, record.net_minor) == (60, 5_440)
    assert summary_of(found.records).is_reconciled
    (line,) = lines_of(found)
    assert (line.goods_minor, line.gross_minor, line.net_minor) == (6_000, 5_500, 5_440)


def test_a_premium_without_a_payroll_in_its_zone_goes_to_the_producers_first() -> None:
    found = calculate(replace(FACTS, quality=[quality(300, zone="Y")]))
    assert found.records[0].quality_minor == 300


def test_milk_is_never_worth_less_than_nothing() -> None:
    found = calculate(
        replace(FACTS, readings=[scale(WEDNESDAY, "10")], quality=[quality(-5_001), quality(-1)])
    )
    assert found.records[0].value_minor == 0
