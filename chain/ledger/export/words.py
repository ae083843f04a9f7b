"""Names and amounts as plain-text accounting accepts them. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from chain.core.money import CURRENCIES
from chain.ledger.queries.chart import ChartRow
from chain.ledger.rules import AccountKind

#: The five roots, which beancount prescribes; hledger knows their kinds from the same words.
ROOTS: Mapping[AccountKind, str] = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.EQUITY: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}
_OTHER = re.compile(r"[^A-Za-z0-9]+")
MAX_NAME = 60


def plain_word(text: str) -> str:
    """Return letters A to Z, digits and dashes only: "Préstamos: año 1" → "Prestamos-ano-1"."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _OTHER.sub("-", bare).strip("-")[:MAX_NAME].strip("-")


def account_names(rows: Iterable[ChartRow]) -> dict[str, str]:
    """Return a name per account that both programs accept and that no two share: Assets:A101-Caja."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for row in rows:
        words = [word for word in (plain_word(row.number), plain_word(row.name)) if word]
        name = f"{ROOTS[row.kind]}:{'-'.join(words) or 'X'}"
        if name in taken:
            name = f"{name}-{plain_word(row.code)}"
        taken.add(name)
        found[row.code] = name
    return found


def amount_text(minor: int, currency: str) -> str:
    """Return an amount with a point and no grouping: -1234.50."""
    places = CURRENCIES[currency]
    sign, whole = ("-" if minor < 0 else ""), abs(minor)
    if places == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**places}.{whole % 10**places:0{places}d}"


def one_line(text: str) -> str:
    """Return a text without line breaks or control characters."""
    return " ".join(
        "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text).split()
    )
