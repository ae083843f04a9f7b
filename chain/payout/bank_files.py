"""Files for banks: ISO 20022 pain.001 and CSV by a layout. Making one marks nothing as paid. Pure but for the schema that is read once."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.money import CURRENCIES
from chain.core.tables import safe_cell

if TYPE_CHECKING:
    import xmlschema

SCHEMA = Path(__file__).parent / "iso20022" / "pain.001.001.09.xsd"
#: Lengths of the message's fields (ISO 20022 Max35Text, Max140Text).
MAX_REFERENCE, MAX_TEXT, MAX_ACCOUNT = 35, 140, 34
#: What XML 1.0 cannot hold, however it is escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
#: What a column of a bank's file may hold.
FIELDS: Mapping[str, str] = {
    "position": N_("Number in the file"),
    "reference": N_("Our reference"),
    "member_code": N_("Member code"),
    "name": N_("Name of the receiver"),
    "holder": N_("Name of the account's holder"),
    "document": N_("Identity document"),
    "provider": N_("Bank or wallet"),
    "account": N_("Account, CCI or mobile number"),
    "amount": N_("Amount with decimals"),
    "amount_minor": N_("Amount without decimals"),
    "currency": N_("Currency"),
    "pay_on": N_("Day of payment"),
    "text": N_("Text for the receiver"),
    "empty": N_("An empty column"),
}
MAX_COLUMNS = 40


@dataclass(frozen=True, slots=True)
class FilePayment:
    """One payment as files hold it."""

    id: UUID
    position: int
    full_name: str
    member_code: str
    document: str | None
    provider: str
    account: str
    holder: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class FileBatch:
    """A batch as files hold it."""

    id: UUID
    number: int
    organisation: str
    own_account: str
    currency: str
    pay_on: date
    made_at: datetime
    payments: Sequence[FilePayment]

    @property
    def total_minor(self) -> int:
        """The control sum."""
        return sum(one.amount_minor for one in self.payments)


def pain001(batch: FileBatch) -> bytes:
    """Return the batch as pain.001.001.09 in UTF-8: accounts as other identification (a CCI is no IBAN), one payment information.

    End-to-end ids are the ids of the payments without hyphens, so that a statement names the payment. An account is never
    cut to the length of its field: the caller refuses longer ones.

    Raises:
        ValueError: the message does not hold to its schema; a mistake of the program.
    """
    from pyiso20022.pain import pain_001_001_09 as iso
    from xsdata.formats.dataclass.serializers import XmlSerializer
    from xsdata.formats.dataclass.serializers.config import SerializerConfig
    from xsdata.models.datatype import XmlDate, XmlDateTime

    owner = iso.PartyIdentification135(nm=_word(batch.organisation))
    total = _decimal(batch.total_minor, batch.currency)
    transfers = [_transfer(batch, one) for one in batch.payments]
    message = iso.Document(
        cstmr_cdt_trf_initn=iso.CustomerCreditTransferInitiationV09(
            grp_hdr=iso.GroupHeader85(
                msg_id=batch.id.hex,
                cre_dt_tm=XmlDateTime.from_datetime(batch.made_at.replace(microsecond=0)),
                nb_of_txs=str(len(transfers)),
                ctrl_sum=total,
                initg_pty=owner,
            ),
            pmt_inf=[
                iso.PaymentInstruction30(
                    pmt_inf_id=f"LOTE-{batch.number}"[:MAX_REFERENCE],
                    pmt_mtd=iso.PaymentMethod3Code.TRF,
                    btch_bookg=True,
                    nb_of_txs=str(len(transfers)),
                    ctrl_sum=total,
                    reqd_exctn_dt=iso.DateAndDateTime2Choice(dt=XmlDate.from_date(batch.pay_on)),
                    dbtr=owner,
                    dbtr_acct=_account(batch.own_account),
                    dbtr_agt=_bank("NOTPROVIDED"),
                    cdt_trf_tx_inf=transfers,
                )
            ],
        )
    )
    text = XmlSerializer(config=SerializerConfig(indent="  ")).render(
        message, ns_map={None: "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    )
    check_pain001(text)
    return text.encode()


def _transfer(batch: FileBatch, one: FilePayment) -> Any:
    from pyiso20022.pain import pain_001_001_09 as iso

    amount = iso.ActiveOrHistoricCurrencyAndAmount(
        value=_decimal(one.amount_minor, batch.currency), ccy=batch.currency
    )
    return iso.CreditTransferTransaction34(
        pmt_id=iso.PaymentIdentification6(
            instr_id=f"{batch.number}-{one.position}"[:MAX_REFERENCE], end_to_end_id=one.id.hex
        ),
        amt=iso.AmountType4Choice(instd_amt=amount),
        cdtr_agt=_bank(one.provider),
        cdtr=iso.PartyIdentification135(nm=_word(one.holder)),
        cdtr_acct=_account(one.account),
        rmt_inf=iso.RemittanceInformation16(ustrd=[_word(_text(batch, one))]),
    )


def _account(text: str) -> Any:
    from pyiso20022.pain import pain_001_001_09 as iso

    other = iso.GenericAccountIdentification1(id=text)
    return iso.CashAccount38(id=iso.AccountIdentification4Choice(othr=other))


def _bank(name: str) -> Any:
    from pyiso20022.pain import pain_001_001_09 as iso

    named = iso.FinancialInstitutionIdentification18(nm=_word(name))
    return iso.BranchAndFinancialInstitutionIdentification6(fin_instn_id=named)


def check_pain001(text: str) -> None:
    """Hold a message to the schema.

    Raises:
        ValueError: it does not keep it; the first problem is told.
    """
    problem = next(_schema().iter_errors(text), None)
    if problem is not None:
        message = f"pain.001: {problem.reason or problem.message}"
        raise ValueError(message)


@lru_cache(maxsize=1)
def _schema() -> "xmlschema.XMLSchema":
    import xmlschema

    return xmlschema.XMLSchema(SCHEMA)


def _word(text: str) -> str:
    """Return a text as the message takes it: what XML cannot hold becomes a space, and nothing a dash."""
    return " ".join(_NO_XML.sub(" ", text).split())[:MAX_TEXT].strip() or "-"


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-CURRENCIES[currency])


def _text(batch: FileBatch, one: FilePayment) -> str:
    return f"{batch.organisation} · lote {batch.number} · socio {one.member_code}"[:MAX_TEXT]


def check_layout(layout: Mapping[str, Any]) -> list[Message]:
    """Return what is wrong with the columns of a bank's file; empty: nothing."""
    found: list[Message] = []
    columns = layout.get("columns")
    if not isinstance(columns, list) or not 1 <= len(columns) <= MAX_COLUMNS:
        found.append(Message(N_("Give 1 to %(limit)s columns."), {"limit": MAX_COLUMNS}))
        return found
    for place, column in enumerate(columns, 1):
        if not isinstance(column, Mapping) or column.get("field") not in FIELDS:
            found.append(Message(N_("Column %(place)s: choose what it holds."), {"place": place}))
    if not any(isinstance(one, Mapping) and one.get("field") == "account" for one in columns):
        found.append(Message(N_("One column holds the account.")))
    if not any(
        isinstance(one, Mapping) and one.get("field") in {"amount", "amount_minor"} for one in columns
    ):
        found.append(Message(N_("One column holds the amount.")))
    if layout.get("delimiter", "semicolon") not in DELIMITERS:
        found.append(Message(N_("Choose what parts the columns.")))
    if layout.get("decimal", ".") not in {".", ","}:
        found.append(Message(N_("Decimals follow a point or a comma.")))
    return found


def layout_csv(batch: FileBatch, layout: Mapping[str, Any]) -> bytes:
    """Return the batch in a bank's own columns, in UTF-8 without a BOM; a text that a spreadsheet would run is disarmed."""
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=DELIMITERS[layout.get("delimiter", "semicolon")], lineterminator="\r\n"
    )
    columns = layout["columns"]
    if layout.get("header", True):
        writer.writerow([safe_cell(str(one.get("title") or one["field"])) for one in columns])
    for payment in batch.payments:
        facts = _facts(batch, payment, layout.get("decimal", "."))
        writer.writerow([facts[one["field"]] for one in columns])
    return out.getvalue().encode()


def _facts(batch: FileBatch, one: FilePayment, point: str) -> dict[str, str]:
    places = CURRENCIES[batch.currency]
    return {
        "position": str(one.position),
        "reference": one.id.hex,
        "member_code": safe_cell(one.member_code),
        "name": safe_cell(one.full_name),
        "holder": safe_cell(one.holder),
        "document": safe_cell(one.document or ""),
        "provider": safe_cell(one.provider),
        "account": safe_cell(one.account),
        "amount": f"{_decimal(one.amount_minor, batch.currency):.{places}f}".replace(".", point),
        "amount_minor": str(one.amount_minor),
        "currency": batch.currency,
        "pay_on": batch.pay_on.isoformat(),
        "text": safe_cell(_text(batch, one)),
        "empty": "",
    }
