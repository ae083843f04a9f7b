"""A list of carcasses with limits of its own proposes by the lot's weight; one without shares its proposals."""

from chain.grading.scheme import LLAMA_CARCASS, Scheme
from chain.grading.scheme_files import FOLDER, get_scheme, read_scheme
from chain.lots.grades import Proposer

ABSENT = {"sarcocystis": "absent", "sex": "female"}


def by_weight() -> Scheme:
    text = (FOLDER / "ibnorca-camelid-carcass-1997.yaml").read_text(encoding="utf-8")
    for key, limits in (
        ("extra", '{weight_min_kg: "40", sexes: [male]}'),
        ("primera", '{weight_min_kg: "30"}'),
        ("segunda", '{weight_min_kg: "20"}'),
    ):
        start = text.index(f"{{key: {key}, ")
        head, rest = text[:start], text[start:]
        text = head + rest.replace("limits: null", f"limits: {limits}", 1)
    return read_scheme("ibnorca-camelid-carcass-1997.yaml", text.encode())


def test_the_weight_of_the_lot_decides_where_the_list_has_limits() -> None:
    proposer = Proposer(by_weight(), LLAMA_CARCASS)
    found = {kg: proposer.propose(ABSENT, None, kg * 1000).key for kg in (45, 30, 25, 10)}
    assert found == {45: "primera", 30: "primera", 25: "segunda", 10: "industrial"}
    assert proposer.propose({**ABSENT, "sex": "male"}, None, 45_000).key == "extra"
    assert proposer.propose(ABSENT, None).key is None


def test_without_limits_every_weight_shares_one_proposal() -> None:
    proposer = Proposer(get_scheme("ibnorca-camelid-carcass"), LLAMA_CARCASS)
    assert proposer.propose(ABSENT, "primera", 30_000) is proposer.propose(ABSENT, "primera", 45_000)
