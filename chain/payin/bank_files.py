"""Bank statements as files: CSV through a saved mapping of columns, and ISO 20022 camt.053. Pure; amounts in minor units."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from chain.core.i18n import N_
from chain.core.quantity import NotANumber, parse_decimal
from chain.core.tables import Table, UnusableFile, read_table

MAX_BYTES = 5_000_000
MAX_LINES = 20_000
MAX_TEXT = 500
MAX_MINOR = 10**14
PREVIEW_LINES = 5

NOT_A_STATEMENT = N_("The file is neither a CSV table nor a camt.053 statement.")
BROKEN_XML = N_("The XML of the statement is broken or holds what a statement must not hold.")
TOO_MANY_LINES = N_("The statement has more than %(limit)s lines.")
NO_LINES = N_("The statement has no lines.")
MIXED = N_("The statement holds amounts in another currency than its account.")
BAD_DAY = N_("Line %(line)s: “%(value)s” is no day.")
BAD_AMOUNT = N_("Line %(line)s: “%(value)s” is no amount.")
NO_COLUMN = N_("The file has no column “%(column)s”. Set the columns of this account again.")
NO_MAPPING = N_("Say once which column of this bank's files is what.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a bank's CSV file is what; empty: it has none. Either `amount`, or `credit` and `debit`."""

    date: str
    text: str
    amount: str = ""
    credit: str = ""
    debit: str = ""
    counterparty: str = ""
    reference: str = ""
    balance: str = ""
    day_first: bool = True


@dataclass(frozen=True, slots=True)
class FileLine:
    """One entry of a statement; what came in is above zero."""

    reference: str
    booked_on: date
    amount_minor: int
    text: str
    counterparty: str


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What a file says. `account` and `currency` are empty where the format does not say them."""

    format: str
    lines: Sequence[FileLine]
    account: str = ""
    currency: str = ""
    first_on: date | None = None
    last_on: date | None = None
    opening_minor: int | None = None
    closing_minor: int | None = None
    titles: Sequence[str] = field(default=())


def is_xml(content: bytes) -> bool:
    """Tell whether a file looks like XML."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_statement(content: bytes, mapping: Columns | None) -> StatementFile:
    """Read a statement of either kind.

    Raises:
        UnusableFile: too large, broken, of another kind, or a CSV without a mapping that fits.
    """
    if is_xml(content):
        return read_camt(content)
    table = open_table(content)
    if mapping is None:
        raise UnusableFile(NO_MAPPING)
    return _read_rows(table, mapping)


def open_table(content: bytes) -> Table:
    """Open a CSV file of a bank.

    Raises:
        UnusableFile: it is none.
    """
    table = read_table(content, limit=MAX_BYTES)
    if len(table.rows) > MAX_LINES:
        raise UnusableFile(TOO_MANY_LINES, limit=MAX_LINES)
    return table


#: Words of titles that say what a column is, for the first guess.
GUESSES: Mapping[str, Sequence[str]] = {
    "date": ("fecha", "dia", "date"),
    "amount": ("monto", "importe", "amount"),
    "credit": ("abono", "credito", "haber", "ingreso", "credit"),
    "debit": ("cargo", "debito", "debe", "egreso", "debit"),
    "text": ("descripcion", "concepto", "glosa", "detalle", "description"),
    "counterparty": ("ordenante", "originador", "remitente", "nombre", "payer"),
    "reference": ("operacion", "referencia", "documento", "reference"),
    "balance": ("saldo", "balance"),
}


def guess_mapping(titles: Sequence[str]) -> dict[str, str]:
    """Guess which column is what from the titles, for a person to correct."""
    plain = {title: _plain(title) for title in titles}
    found: dict[str, str] = {}
    for name, words in GUESSES.items():
        for title, low in plain.items():
            if title not in found.values() and any(word in low for word in words):
                found[name] = title
                break
    if "credit" in found and "debit" in found:
        found.pop("amount", None)
    return found


def _plain(text: str) -> str:
    return text.lower().translate(str.maketrans("áéíóúñ", "aeioun"))


def _read_rows(table: Table, mapping: Columns) -> StatementFile:
    place = {title.strip(): index for index, title in enumerate(table.titles)}
    wanted = (
        mapping.date, mapping.text, mapping.amount, mapping.credit, mapping.debit, mapping.counterparty,
        mapping.reference, mapping.balance,
    )  # fmt: skip
    for column in wanted:
        if column and column not in place:
            raise UnusableFile(NO_COLUMN, column=column)

    def cell(row: Sequence[str], column: str) -> str:
        index = place.get(column) if column else None
        return row[index].strip() if index is not None and index < len(row) else ""

    lines: list[FileLine] = []
    balances: list[int] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(table.rows, 2):
        if not any(one.strip() for one in row):
            continue
        amount = _amount_of(
            cell(row, mapping.amount), cell(row, mapping.credit), cell(row, mapping.debit), number
        )
        if amount == 0:
            continue
        day = _day(cell(row, mapping.date), number, day_first=mapping.day_first)
        text, who = cell(row, mapping.text)[:MAX_TEXT], cell(row, mapping.counterparty)[:200]
        key = cell(row, mapping.reference) or _made(day, amount, text, who, cell(row, mapping.balance))
        reference = f"{day.isoformat()}:{key}:{amount}"[:200]
        seen[reference] = seen.get(reference, 0) + 1
        if seen[reference] > 1:
            reference = f"{reference}#{seen[reference]}"
        lines.append(FileLine(reference, day, amount, text, who))
        if mapping.balance:
            balances.append(_minor(cell(row, mapping.balance), number))
    if not lines:
        raise UnusableFile(NO_LINES)
    opening, closing = _balances(lines, balances)
    days = [one.booked_on for one in lines]
    return StatementFile(
        "csv", lines, first_on=min(days), last_on=max(days), opening_minor=opening, closing_minor=closing,
        titles=table.titles,
    )  # fmt: skip


def _balances(lines: Sequence[FileLine], balances: Sequence[int]) -> tuple[int | None, int | None]:
    """Return opening and closing balance; some banks write the latest line first."""
    if len(balances) != len(lines):
        return None, None
    if len(lines) > 1 and balances[0] - lines[0].amount_minor == balances[1]:
        return balances[-1] - lines[-1].amount_minor, balances[0]
    return balances[0] - lines[0].amount_minor, balances[-1]


def _made(day: date, amount: int, text: str, who: str, balance: str) -> str:
    basis = "\x1f".join((day.isoformat(), str(amount), text, who, balance))
    return hashlib.sha256(basis.encode()).hexdigest()[:32]


def _amount_of(amount: str, credit: str, debit: str, line: int) -> int:
    if amount:
        return _minor(amount, line)
    return (_minor(credit, line) if credit else 0) - (abs(_minor(debit, line)) if debit else 0)


_NOISE = re.compile(r"(?i)s/\.?|bs\.?|us\$|\$|pen|bob|usd|\s|\u00a0")


def _minor(text: str, line: int) -> int:
    plain = _NOISE.sub("", text)
    negative = (
        plain.startswith(("-", "\u2212"))
        or (plain.startswith("(") and plain.endswith(")"))
        or plain.endswith("-")
    )
    plain = plain.strip("-+()\u2212")
    last = max(plain.rfind(","), plain.rfind("."))
    if last >= 0 and len(plain) - last - 1 == 3 and len(plain) > 4 and plain[0] != "0":  # noqa: PLR2004 - 1,234 or 1.234.567
        other = "." if plain[last] == "," else ","
        plain = plain.replace(plain[last], "") if other not in plain else plain
    last = max(plain.rfind(","), plain.rfind("."))
    if last >= 0:
        plain = re.sub(r"[.,]", "", plain[:last]) + "." + plain[last + 1 :]
    try:
        value = parse_decimal(plain)
    except NotANumber:
        raise UnusableFile(BAD_AMOUNT, line=line, value=text[:40]) from None
    minor = value * 100
    if minor != int(minor) or abs(minor) > MAX_MINOR:
        raise UnusableFile(BAD_AMOUNT, line=line, value=text[:40])
    return -int(minor) if negative else int(minor)


def _day(text: str, line: int, *, day_first: bool) -> date:
    forms = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y") if day_first else ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", *forms):
        try:
            return datetime.strptime(text[:10].strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise UnusableFile(BAD_DAY, line=line, value=text[:40])


#: An amount of ISO 20022: 18 digits, 5 of them after the point, never an exponent, which would make a number of a million digits.
_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,5})?|\.[0-9]{1,5})")


# --- camt.053 ---------------------------------------------------------------------------------------------------------


def read_camt(content: bytes) -> StatementFile:
    """Read a camt.053 of any version: one account, its booked entries, opening and closing balance.

    Entities and document types are refused before anything of them is read.

    Raises:
        UnusableFile: too large, broken, in several currencies, or not a camt.053.
    """
    if len(content) > MAX_BYTES:
        raise UnusableFile(N_("The file is larger than %(limit)s MB."), limit=MAX_BYTES // 1_000_000)
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise UnusableFile(BROKEN_XML) from None
    if _name(root) != "Document" or "camt.053" not in root.tag:
        raise UnusableFile(NOT_A_STATEMENT)
    statements = list(_all(root, "BkToCstmrStmt", "Stmt"))
    if not statements:
        raise UnusableFile(NO_LINES)
    try:
        parts = [_camt_statement(one) for one in statements]
    except ValueError:
        raise UnusableFile(BROKEN_XML) from None
    first = parts[0]
    if any((one.account, one.currency) != (first.account, first.currency) for one in parts):
        raise UnusableFile(N_("The file holds statements of several accounts. Import one file for each."))
    lines = [line for one in parts for line in one.lines]
    if len(lines) > MAX_LINES:
        raise UnusableFile(TOO_MANY_LINES, limit=MAX_LINES)
    days = [day for one in parts for day in (one.first_on, one.last_on) if day is not None]
    return StatementFile(
        "camt.053",
        lines,
        account=first.account,
        currency=first.currency,
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        opening_minor=first.opening_minor,
        closing_minor=parts[-1].closing_minor,
    )


def _name(node: Element) -> str:
    return str(node.tag).rsplit("}", 1)[-1]


def _all(node: Element, *path: str) -> Iterator[Element]:
    """Return what lies at a path, whatever the version's namespace is."""
    if not path:
        yield node
        return
    for child in node:
        if _name(child) == path[0]:
            yield from _all(child, *path[1:])


def _text(node: Element, *path: str) -> str:
    for found in _all(node, *path):
        return (found.text or "").strip()
    return ""


def _cents(text: str) -> int | None:
    """Return an amount in minor units; None when it is none, has parts of a cent, or is larger than any account."""
    cents = Decimal(text) * 100 if _AMOUNT.fullmatch(text) else Decimal("NaN")
    return int(cents) if cents.is_finite() and abs(cents) <= MAX_MINOR and cents == int(cents) else None


def _signed(node: Element) -> int:
    cents = _cents(_text(node, "Amt"))
    if cents is None:
        raise ValueError
    return -cents if _text(node, "CdtDbtInd") == "DBIT" else cents


def _currency(node: Element) -> str:
    return next((found.get("Ccy", "") for found in _all(node, "Amt")), "")


def _currency_of(statement: Element) -> str:
    """Return the currency of a statement, which its account may leave to its amounts; every amount is in it."""
    told = {_text(statement, "Acct", "Ccy")}
    told |= {_currency(one) for name in ("Bal", "Ntry") for one in _all(statement, name)}
    if len(told - {""}) > 1:
        raise UnusableFile(MIXED)
    return max(told)


def _date(node: Element, *path: str) -> date | None:
    for found in _all(node, *path):
        text = _text(found, "Dt") or _text(found, "DtTm")
        return date.fromisoformat(text[:10]) if text else None
    return None


def _camt_statement(node: Element) -> StatementFile:
    balances: dict[str, tuple[date | None, int]] = {}
    currency = _currency_of(node)
    for one in _all(node, "Bal"):
        code = _text(one, "Tp", "CdOrPrtry", "Cd")
        balances.setdefault(code, (_date(one, "Dt"), _signed(one)))
    lines: list[FileLine] = []
    seen: dict[str, int] = {}
    for entry in _all(node, "Ntry"):
        status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
        if status not in {"", "BOOK"}:
            continue
        lines += _camt_entry(entry, seen)
    opening = balances.get("OPBD") or balances.get("PRCD")
    closing = balances.get("CLBD")
    days = [line.booked_on for line in lines]
    ends = [one[0] for one in (opening, closing) if one and one[0]]
    return StatementFile(
        "camt.053",
        lines,
        account=_text(node, "Acct", "Id", "IBAN") or _text(node, "Acct", "Id", "Othr", "Id"),
        currency=currency,
        first_on=min([*days, *ends], default=None),
        last_on=max([*days, *ends], default=None),
        opening_minor=opening[1] if opening else None,
        closing_minor=closing[1] if closing else None,
    )


def _camt_entry(entry: Element, seen: dict[str, int]) -> list[FileLine]:
    """Return the lines of an entry: one, or one for each transaction of a batch whose amounts sum to it."""
    total = _signed(entry)
    day = _date(entry, "BookgDt") or _date(entry, "ValDt")
    if day is None:
        raise ValueError
    base = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    details = list(_all(entry, "NtryDtls", "TxDtls"))
    parts = [_part_amount(one, total, _currency(entry)) for one in details]
    if len(details) > 1 and sum(one for one in parts if one is not None) == total and None not in parts:
        return [
            _camt_line(entry, detail, day, amount or 0, f"{base}/{index}" if base else "", seen)
            for index, (detail, amount) in enumerate(zip(details, parts, strict=True), 1)
        ]
    detail = details[0] if details else None
    return [_camt_line(entry, detail, day, total, base, seen)]


def _part_amount(detail: Element, total: int, currency: str) -> int | None:
    for path in ((), ("AmtDtls", "TxAmt")):
        for holder in _all(detail, *path):
            amount = _cents(_text(holder, "Amt"))
            if amount is not None and _currency(holder) in {"", currency}:
                sign = _text(detail, "CdtDbtInd")
                is_out = sign == "DBIT" if sign else total < 0
                return -amount if is_out else amount
    return None


def _camt_line(  # noqa: PLR0917 - private; what makes a line
    entry: Element, detail: Element | None, day: date, amount: int, base: str, seen: dict[str, int]
) -> FileLine:
    """Return a line; two entries without a reference of the bank that say the same are two, not one seen twice."""
    texts: list[str] = []
    who = ""
    if detail is not None:
        texts += [(one.text or "").strip() for one in _all(detail, "RmtInf", "Ustrd")]
        texts += [(one.text or "").strip() for one in _all(detail, "RmtInf", "Strd", "CdtrRefInf", "Ref")]
        texts += [(one.text or "").strip() for one in _all(detail, "RmtInf", "Strd", "RfrdDocInf", "Nb")]
        end = _text(detail, "Refs", "EndToEndId")
        texts += [end] if end and end != "NOTPROVIDED" else []
        side = "Dbtr" if amount > 0 else "Cdtr"
        who = _text(detail, "RltdPties", side, "Nm") or _text(detail, "RltdPties", side, "Pty", "Nm")
    extra = _text(entry, "AddtlNtryInf")
    texts += [extra] if extra else []
    text = " · ".join(dict.fromkeys(one for one in texts if one))[:MAX_TEXT]
    reference = base
    if not base:
        reference = _made(day, amount, text, who, "")
        seen[reference] = seen.get(reference, 0) + 1
        reference += f"#{seen[reference]}" if seen[reference] > 1 else ""
    return FileLine(f"{day.isoformat()}:{reference}:{amount}"[:200], day, amount, text, who[:200])


def mapping_of(kept: Mapping[str, Any] | None) -> Columns | None:
    """Return a kept mapping as a value; None when there is none or it lacks what is needed."""
    if not kept:
        return None
    names = {name: str(kept.get(name, "")) for name in GUESSES}
    if not names["date"] or not names["text"] or not (names["amount"] or names["credit"]):
        return None
    return Columns(**names, day_first=bool(kept.get("day_first", True)))
