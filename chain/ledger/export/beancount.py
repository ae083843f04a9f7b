"""The books as a file of beancount: accounts opened, balances before the period, entries, and assertions at its end."""

from collections.abc import Iterator
from datetime import date, timedelta

from chain.ledger.export.rows import Balance, Export, ExportEntry
from chain.ledger.export.words import account_names, amount_text, one_line


def beancount_text(export: Export) -> Iterator[str]:
    """Return the lines of the file, each with its end."""
    names = account_names(export.used)
    yield f'option "title" "{_quoted(export.organisation)}"\n'
    yield f'option "operating_currency" "{export.currency}"\n\n'
    for row in export.used:
        currencies = ",".join(export.currencies_of(row.code))
        yield f"{export.first} open {names[row.code]} {currencies}\n"
        yield f'  number: "{row.number}"\n  name: "{_quoted(row.name)}"\n'
    yield "\n"
    yield from _opening(export, names)
    for entry in export.entries:
        yield _entry(entry, names)
    for one in export.closing:
        yield _assertion(export.last, one, names)


def _opening(export: Export, names: dict[str, str]) -> Iterator[str]:
    if not any(one.amount_minor for one in export.opening):
        return
    yield f'{export.first} * "Saldos anteriores"\n'
    for one in export.opening:
        if one.amount_minor:
            yield f"  {names[one.account]}  {amount_text(one.amount_minor, one.currency)} {one.currency}\n"
    yield "\n"


def _entry(entry: ExportEntry, names: dict[str, str]) -> str:
    lines = [
        (
            f'{entry.occurred_on} * "{_quoted(entry.description)}"\n'
            f'  number: "{entry.sequence}"\n  kind: "{entry.kind}"\n  hash: "{entry.hash}"\n'
        )
    ]
    for one in entry.postings:
        lines.append(
            f"  {names[one.account]}  {amount_text(one.amount_minor, one.currency)} {one.currency}\n"
        )
        if one.party is not None:
            lines.append(f'    party: "{_quoted(one.party.name)}"\n')
            if one.party.code:
                lines.append(f'    party_code: "{_quoted(one.party.code)}"\n')
    return "".join(lines) + "\n"


def _assertion(last: date, one: Balance, names: dict[str, str]) -> str:
    """A balance holds at the beginning of a day, so it stands on the day after."""
    day = last + timedelta(days=1)
    return (
        f"{day} balance {names[one.account]}  {amount_text(one.amount_minor, one.currency)} {one.currency}\n"
    )


def _quoted(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')
