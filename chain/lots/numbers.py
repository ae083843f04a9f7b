"""The number of a lot as people and scanners write it. Pure.

On paper a number stands with a check character behind it (CC03-000123-W), so that a slip of the pen is noticed.
"""

import re

from chain.core.check_digit import with_check, without_check

NUMBER_DIGITS = 6
MAX_NUMBER = 40
_NUMBER = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*-[0-9]+")
_DIGITS = re.compile(r"[0-9]{1,12}")


def full_number(text: str, code: str) -> str | None:
    """Return the number that somebody means: "123" and "cc03-000123-w" are CC03-000123 in the house CC03."""
    typed = re.sub(r"\s+", "", text).upper()
    if _DIGITS.fullmatch(typed):
        return f"{code}-{int(typed):0{NUMBER_DIGITS}d}"
    if len(typed) > MAX_NUMBER:
        return None
    if _NUMBER.fullmatch(typed) and not _looks_checked(typed):
        return typed
    checked = without_check(typed)
    return checked if checked is not None and _NUMBER.fullmatch(checked) else None


def _looks_checked(typed: str) -> bool:
    """Tell whether the last part is a single character, which no number of a lot ends with."""
    return len(typed.rpartition("-")[2]) == 1


def printed_number(number: str) -> str:
    """Return a number as labels show it, with its check character: CC03-000123-W."""
    return with_check(number)
