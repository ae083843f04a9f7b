"""Rows per second of the classification by micron, against a bare NumPy `searchsorted` over the same limits.

NumPy answers with an index into the limits; the product with a result that holds the class, its reasons, the sentence for the
producer, the distance to the neighbours and the warning near a limit.
"""

import random
from collections.abc import Callable
from decimal import Decimal

import numpy as np

from bench.common import SEED, median_of, print_table, timed
from chain.grading.fibre import FibreClassifier
from chain.grading.fibre_results import tenths_of
from chain.grading.grade_file import TableGrader
from chain.grading.rules import FibreAttributes, classify
from chain.grading.scheme import MicronScheme
from chain.grading.scheme_files import get_scheme

ROWS = 1_000_000
#: The slow ways are measured on a part of the rows.
FILE_ROWS, SINGLE_ROWS = 100_000, 20_000
REPEATS = 5


def main() -> None:
    scheme = get_scheme("ntp-231.301", "2014")
    assert isinstance(scheme, MicronScheme)
    drawn = random.Random(SEED)
    hundredths = [round(min(max(drawn.gauss(2300, 350), 1000), 6000)) for _ in range(ROWS)]
    tenths = [(value + 5) // 10 for value in hundredths]
    microns = [Decimal(value).scaleb(-2) for value in hundredths]
    limits = np.array([tenths_of(one.upper_micron) for one in scheme.classes if one.upper_micron is not None])
    array = np.array(tenths)

    check(scheme, tenths, microns, limits)
    bulk = FibreClassifier(scheme)
    bulk.classify_tenths(tenths[:1])
    warm = FibreClassifier(scheme)
    warm.classify_microns(microns)
    table = [[str(micron), str(50 + index % 90)] for index, micron in enumerate(microns[:FILE_ROWS])]

    def grade_file() -> None:
        for _ in TableGrader(["micron", "length_mm"], scheme).grade_rows(table):
            pass

    def one_by_one() -> None:
        for micron in microns[:SINGLE_ROWS]:
            classify(scheme, FibreAttributes(micron, 80))

    reference = rate(ROWS, lambda: np.searchsorted(limits, array))
    ways = [
        ("NumPy searchsorted, index only", reference),
        ("NumPy searchsorted, list of keys", rate(ROWS, lambda: list_of_keys(scheme, limits, array))),
        ("tenths of a micron, whole results", rate(ROWS, lambda: bulk.classify_tenths(tenths))),
        ("Decimal microns seen before", rate(ROWS, lambda: warm.classify_microns(microns))),
        (
            "Decimal microns, new classifier",
            rate(ROWS, lambda: FibreClassifier(scheme).classify_microns(microns)),
        ),
        ("rows of a file, micron and length", rate(FILE_ROWS, grade_file)),
        ("one by one through `classify`", rate(SINGLE_ROWS, one_by_one)),
    ]
    rows = [[name, f"{found:,.0f}", f"{found / reference:.4f}"] for name, found in ways]
    print_table(
        f"Classification by micron, {ROWS:,} rows, medians of {REPEATS}",
        ["way", "rows/s", "ratio to searchsorted"],
        rows,
    )


def rate(rows: int, run: Callable[[], object]) -> float:
    return rows / median_of(REPEATS, lambda: timed(run))


def list_of_keys(
    scheme: MicronScheme, limits: "np.typing.NDArray[np.int_]", array: "np.typing.NDArray[np.int_]"
) -> list[str]:
    keys = np.array([one.key for one in scheme.classes], dtype=object)
    found: list[str] = keys[np.searchsorted(limits, array)].tolist()
    return found


def check(
    scheme: MicronScheme, tenths: list[int], microns: list[Decimal], limits: "np.typing.NDArray[np.int_]"
) -> None:
    """Make sure that every way gives the same classes."""
    keys = list_of_keys(scheme, limits, np.array(tenths))
    bulk = FibreClassifier(scheme)
    assert [one.key for one in bulk.classify_tenths(tenths)] == keys
    assert [one.key for one in bulk.classify_microns(microns)] == keys


if __name__ == "__main__":
    main()
