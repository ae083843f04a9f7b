"""Python's cycle collector, set for programs that make tens of thousands of short-lived rows at once."""

import gc

#: New objects between two looks at the youngest; Python's own 700 makes a bulk import look 100 times more often and costs
#: it 10 to 30 % (bench/lots_intake.py).
YOUNG = 50_000
MIDDLE = 20
OLD = 100


def tune_collector() -> None:
    """Look for cycles less often. Reference counts still free nearly everything at once."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)
