"""Goods-received notes as papers and aloud: the frozen content with numbers as its country writes them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import current_app

from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.i18n import N_, Message
from chain.lots.attributes import SPECS
from chain.lots.grades import reason_message, short_norm
from chain.lots.label_content import lot_path
from chain.lots.labels import attribute_text
from chain.lots.models import GoodsNote
from chain.lots.numbers import printed_number
from chain.lots.queries.notices import Cancellation
from chain.lots.reject_rules import CAUSE_LABELS, DISPOSITION_LABELS, Disposition
from chain.lots.words import amount_in_words
from chain.web.formats import format_day, format_moment, format_quantity
from chain.web.i18n import current_language, gettext, ngettext, using_language
from chain.web.pdf import draw_pdf, own_address
from chain.web.qr import qr_image, short_address

TEMPLATE, STYLES = "lots/note_a5.html", "lots/note_a5.css"
#: Letters of the hash that are printed, in groups of four.
CODE_LENGTH, GROUP = 16, 4

ORIGINAL = N_("ORIGINAL")
COPY = N_("COPY %(number)s")
FOR_READING = N_("FOR READING")

WHO = N_("On %(day)s %(house)s received %(amount)s of %(product)s from %(name)s, member %(code)s.")
WEIGHED = N_("With the bag it weighed %(gross)s; %(tare)s was taken off for the bag.")
CLASS_CONFIRMED = N_("Its class is %(name)s.")
CLASS_PROPOSED = N_("Its proposed class is %(name)s; a second person confirms it.")
MAY_BE_SAID = N_("What may be said of it: %(claim)s.")
BY_CERTIFICATE = N_("What may be said of it: %(claim)s, by certificate %(number)s of %(issuer)s.")
NOT_TAKEN = N_("Not taken: %(amount)s. Cause: %(cause)s. %(what)s.")
NOT_TAKEN_UNTIL = N_("Not taken: %(amount)s. Cause: %(cause)s. It is kept until %(day)s.")
CORRECTS = N_("This note corrects delivery %(number)s of %(amount)s. Reason: %(reason)s")
WEIGHED_BY = N_("Weighed by %(name)s.")


def check_code(content_hash: str) -> str:
    """Return the beginning of the hash as it is printed: A1B2 C3D4 E5F6 0718."""
    short = content_hash[:CODE_LENGTH].upper()
    return " ".join(short[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP))


def copy_mark(copy: int | None) -> Message:
    """Return what stands in the corner: original, which copy, or for reading."""
    if copy is None:
        return Message(FOR_READING)
    return Message(COPY, {"number": copy}) if copy else Message(ORIGINAL)


def note_sentences(content: Mapping[str, Any]) -> list[str]:
    """Return the note as it is read aloud, a sentence for each group of facts, in the language of the reader."""
    return [gettext(one) for one in _sentences(content, current_language())]


def _sentences(content: Mapping[str, Any], language: str) -> list[Message]:
    unit = content["unit"]
    product = gettext(SPECS[content["commodity"]].label)
    said = [
        Message(
            WHO,
            {
                "day": format_day(date.fromisoformat(content["delivered_on"]), language),
                "house": content["organisation"]["name"],
                "amount": amount_in_words(content["quantity"], unit, language),
                "product": product[:1].lower() + product[1:],
                "name": content["producer"]["name"],
                "code": content["producer"]["member_code"],
            },
        )
    ]
    if content["tare_g"]:
        gross, tare = (amount_in_words(content[key], "g", language) for key in ("gross_g", "tare_g"))
        said.append(Message(WEIGHED, {"gross": gross, "tare": tare}))
    said += _class_sentences(content, language)
    said += [_rejected_sentence(one, language) for one in content["rejected"]]
    if content["corrects"]:
        old = content["corrects"]
        amount = amount_in_words(old["quantity"], old["unit"], language)
        said.append(
            Message(CORRECTS, {"number": old["number"], "amount": amount, "reason": old["reason"] or "—"})
        )
    said += [reason_message(line) for line in content["facts"]]
    if content["weighed_by"]:
        said.append(Message(WEIGHED_BY, {"name": content["weighed_by"]}))
    return said


def _class_sentences(content: Mapping[str, Any], language: str) -> list[Message]:
    said = []
    klass, claim = content["class"], content["claim"]
    if klass["scheme"]:
        name = _class_name(klass, language)
        text = CLASS_CONFIRMED if klass["is_confirmed"] else CLASS_PROPOSED
        said.append(Message(text, {"name": name}))
        if klass["sentence"]:
            said.append(reason_message(klass["sentence"]))
    params = {"claim": Message(CLAIM_LABELS[Claim(claim["claim"])])}
    if claim["certificate"]:
        issued = {"number": claim["certificate"], "issuer": claim["issued_by"]}
        said.append(Message(BY_CERTIFICATE, {**params, **issued}))
    else:
        said.append(Message(MAY_BE_SAID, params))
    return said


def _class_name(klass: Mapping[str, Any], language: str) -> str:
    """Return the class as it was called then, with its norm: "Baby (NTP 231.301:2014)"."""
    name = str(klass["en" if language == "en" else "es"])
    return f"{name} ({short_norm(klass['scheme'], klass['edition'])})" if klass["key"] else name


def _rejected_sentence(one: Mapping[str, Any], language: str) -> Message:
    params: dict[str, Any] = {
        "amount": amount_in_words(one["quantity"], one["unit"], language),
        "cause": _cause(one),
    }
    if one["collect_by"]:
        day = format_day(date.fromisoformat(one["collect_by"]), language)
        return Message(NOT_TAKEN_UNTIL, {**params, "day": day})
    what = Message(DISPOSITION_LABELS[Disposition(one["disposition"])])
    return Message(NOT_TAKEN, {**params, "what": what})


def _cause(one: Mapping[str, Any]) -> Message | str:
    """Return the cause in words; what was written for "other" says more than that word."""
    if one["cause"] == "other" and one["note"]:
        return str(one["note"])
    label = CAUSE_LABELS.get(one["cause"])
    return Message(label) if label else str(one["cause"])


def note_view(note: GoodsNote, copy: int | None, cancelled: Cancellation | None = None) -> dict[str, Any]:
    """Return what the papers of a note show, in the language of the moment and the numbers of its country."""
    content, language = note.content, current_language()
    country, zone = content["organisation"]["country"], content["organisation"]["timezone"]

    def shown(value: int | None, unit: str = content["unit"]) -> str:
        return "—" if value is None else format_quantity(value, unit, number_format=country)

    spec = SPECS[content["commodity"]]
    return {
        **content,
        "printed_number": printed_number(content["number"]),
        "mark": copy_mark(copy),
        "is_original": copy == 0,
        "cancelled": cancelled,
        "product": spec.label,
        "moment": format_moment(datetime.fromisoformat(content["delivered_at"]), language, zone),
        "net": shown(content["quantity"]),
        "in_words": amount_in_words(content["quantity"], content["unit"], language),
        "gross": None if content["gross_g"] is None else shown(content["gross_g"], "g"),
        "tare": None if content["tare_g"] is None else shown(content["tare_g"], "g"),
        "bag_lines": [
            {
                **bag,
                "gross": None if bag["gross_g"] is None else shown(bag["gross_g"], "g"),
                "tare": None if bag["tare_g"] is None else shown(bag["tare_g"], "g"),
                "net": shown(bag["net"]),
            }
            for bag in content["bags"]
        ],
        "containers": _containers(content["bags"]),
        "pairs": [
            (one.label, attribute_text(one, str(content["attributes"][one.key])))
            for one in spec.attributes
            if content["attributes"].get(one.key) is not None
        ],
        "class_name": _class_name(content["class"], language),
        "class_sentence": reason_message(content["class"]["sentence"])
        if content["class"]["sentence"] and content["class"]["scheme"]
        else None,
        "claim_label": CLAIM_LABELS[Claim(content["claim"]["claim"])],
        "rejected_lines": [_rejected_sentence(one, language) for one in content["rejected"]],
        "fact_lines": [reason_message(line) for line in content["facts"]],
        "corrects_line": next((one for one in _sentences(content, language) if one.msgid == CORRECTS), None),
        "roll_length": roll_length(content),
        "check_code": check_code(note.content_hash),
        "qr": qr_image(short_address(own_address(), lot_path(content["number"]))),
    }


#: Millimetres of a slip: a roll is cut by the printer, but a page needs its length beforehand (static/css/print.css).
LENGTHS = (200, 300, 400)
LINE_MM, FIXED_LINES, FOOT_MM = 4.5, 27, 56


def roll_length(content: Mapping[str, Any]) -> int:
    """Return the shortest page on which a slip fits as one piece, by a generous count of its lines; or the longest."""
    lines = FIXED_LINES + 2 * len(content["bags"]) + len(content["attributes"]) + 2 * len(content["facts"])
    lines += 4 * len(content["rejected"]) + (4 if content["corrects"] else 0)
    needed = FOOT_MM + LINE_MM * lines
    return next((length for length in LENGTHS if needed <= length), LENGTHS[-1])


def _containers(bags: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return how many of each kind of container came: "3 × Saco de yute"."""
    counts: dict[str, int] = {}
    for bag in bags:
        if bag["container"]:
            counts[bag["container"]] = counts.get(bag["container"], 0) + 1
    return [f"{count} × {name}" for name, count in counts.items()]


def note_html(note: GoodsNote, copy: int | None, cancelled: Cancellation | None = None) -> str:
    """Return the A5 sheet as HTML, in Spanish: it is the producer's paper."""
    with using_language("es"):
        template = current_app.jinja_env.get_template(TEMPLATE)
        return template.render(note=note_view(note, copy, cancelled), language="es")


def note_pdf(note: GoodsNote, copy: int | None, cancelled: Cancellation | None = None) -> bytes:
    """Return the A5 sheet as PDF; `copy` None is for reading."""
    return draw_pdf([note_html(note, copy, cancelled)], STYLES)


def bag_words(count: int, commodity: str) -> str:
    """Return "3 bags" or "3 cans"."""
    if SPECS[commodity].is_tared:
        return ngettext("%(num)s bag", "%(num)s bags", count)
    return ngettext("%(num)s can", "%(num)s cans", count)
