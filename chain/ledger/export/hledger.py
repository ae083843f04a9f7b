"""The books as a journal of hledger: accounts with their kinds, balances before the period, entries, assertions at its end."""

from collections.abc import Iterator

from chain.ledger.export.rows import Balance, Export, ExportEntry
from chain.ledger.export.words import account_names, amount_text, one_line
from chain.ledger.rules import AccountKind

TYPES = {
    AccountKind.ASSET: "A",
    AccountKind.LIABILITY: "L",
    AccountKind.EQUITY: "E",
    AccountKind.INCOME: "R",
    AccountKind.EXPENSE: "X",
}


def hledger_text(export: Export) -> Iterator[str]:
    """Return the lines of the file, each with its end."""
    names = account_names(export.used)
    yield f"; {one_line(export.organisation)} · {export.first} – {export.last}\n\n"
    yield "decimal-mark .\n"
    for currency in sorted({one.currency for one in export.closing}):
        yield f"commodity 1000.00 {currency}\n"
    yield "\n"
    for row in export.used:
        yield f"account {names[row.code]}  ; type: {TYPES[row.kind]}, number: {row.number}\n"
    yield "\n"
    yield from _opening(export, names)
    for entry in export.entries:
        yield _entry(entry, names)
    yield from _assertions(export, names)


def _opening(export: Export, names: dict[str, str]) -> Iterator[str]:
    if not any(one.amount_minor for one in export.opening):
        return
    yield f"{export.first} * Saldos anteriores\n"
    for one in export.opening:
        if one.amount_minor:
            yield f"    {_posting(one, names)}\n"
    yield "\n"


def _entry(entry: ExportEntry, names: dict[str, str]) -> str:
    lines = [
        (
            f"{entry.occurred_on} * ({entry.sequence}) {_description(entry.description)}"
            f"  ; kind: {entry.kind}, hash: {entry.hash}\n"
        )
    ]
    for one in entry.postings:
        line = f"    {names[one.account]}  {amount_text(one.amount_minor, one.currency)} {one.currency}"
        if one.party is not None:
            code = f", code: {_tag(one.party.code)}" if one.party.code else ""
            line += f"  ; party: {_tag(one.party.name)}{code}"
        lines.append(line + "\n")
    return "".join(lines) + "\n"


def _assertions(export: Export, names: dict[str, str]) -> Iterator[str]:
    if not export.closing:
        return
    yield f"{export.last} * Saldos al cierre\n"
    for one in export.closing:
        yield (
            f"    {names[one.account]}  0.00 {one.currency}"
            f" = {amount_text(one.amount_minor, one.currency)} {one.currency}\n"
        )


def _posting(one: Balance, names: dict[str, str]) -> str:
    return f"{names[one.account]}  {amount_text(one.amount_minor, one.currency)} {one.currency}"


def _description(text: str) -> str:
    """A semicolon would begin a comment, a bar part payee from note; a code in brackets is the entry's number."""
    return one_line(text).replace(";", ",").replace("|", "/")


def _tag(text: str) -> str:
    """A tag ends at a comma; a colon would begin another one."""
    return one_line(text).replace(",", " ").replace(":", " ").replace(";", " ")
