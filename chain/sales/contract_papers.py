"""The contract of a sale as A4 sheets, in Spanish or English: one idea a sentence, from its frozen content."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import current_app

from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.i18n import N_, Message
from chain.lots.grades import class_with_norm
from chain.lots.products import PRODUCT_LABELS
from chain.sales.models import SaleContract
from chain.sales.rules import METHOD_LABELS, Method
from chain.sales.terms import MILLION, FreightBy, Regrade, Terms, read_terms
from chain.web.formats import format_day, format_decimal, format_money, format_quantity, number_format
from chain.web.i18n import gettext, using_language
from chain.web.pdf import draw_pdf, own_address
from chain.web.qr import qr_image, short_address

HUNDRED = 100
SHORT_HASH = 16


def contract_pdf(contract: SaleContract, language: str) -> bytes:
    """Return the contract as PDF."""
    return draw_pdf([contract_html(contract, language)], "sales/contract.css")


def contract_html(contract: SaleContract, language: str) -> str:
    """Return the contract as HTML."""
    with using_language(language):
        template = current_app.jinja_env.get_template("sales/contract.html")
        return template.render(view=contract_view(contract, language), language=language)


def contract_view(contract: SaleContract, language: str) -> dict[str, Any]:
    """Return what the sheets show, in the language of the moment."""
    content, numbers = contract.content, number_format()
    terms = read_terms(content["terms"])

    def money(minor: int, currency: str | None = None) -> str:
        return format_money(minor, currency or content["currency"], number_format=numbers)

    def quantity(value: int) -> str:
        return format_quantity(value, content["unit"], number_format=numbers)

    return {
        **content,
        "agreed_on": format_day(date.fromisoformat(content["agreed_on"]), language),
        "product": PRODUCT_LABELS[content["commodity"]],
        "method": METHOD_LABELS[Method(content["method"])],
        "quantity": quantity(content["quantity"]),
        "proceeds": money(content["proceeds_minor"]),
        "rows": [
            {
                "name": class_with_norm(one["scheme"], one["edition"], one["key"], language),
                "claim": CLAIM_LABELS[Claim(one["claim"])],
                "lots": one["lots"],
                "quantity": quantity(one["quantity"]),
                "price": money(one["price"]),
                "amount": money(one["amount"]),
            }
            for one in content["classes"]
        ],
        "sections": sections(content, terms, language),
        "hash": contract.content_hash,
        "short_hash": contract.content_hash[:SHORT_HASH],
        "qr": qr_image(short_address(own_address(), f"K/{contract.sale_id}")),
    }


def sections(content: Mapping[str, Any], terms: Terms, language: str) -> Sequence[tuple[str, Sequence[str]]]:
    """Return the clauses in their order: a heading and its sentences, translated."""
    numbers = number_format()

    def money(minor: int, currency: str) -> str:
        return format_money(minor, currency, number_format=numbers)

    found: list[tuple[str, Sequence[Message | str]]] = [
        (N_("Price"), _price(content, money, numbers, language)),
        (N_("Delivery"), _delivery(content, terms, numbers, language)),
        (N_("Weight"), _weight(terms, numbers)),
        (N_("Class and fineness"), _regrade(terms, numbers)),
        (N_("Payment"), _payment(terms, numbers)),
        (N_("If the sale ends early"), _early(terms, numbers)),
    ]
    if terms.note:
        found.append((N_("What else is agreed"), [terms.note]))
    return [
        (gettext(head), [one if isinstance(one, str) else gettext(one) for one in said])
        for head, said in found
    ]


def _percent(basis_points: int, numbers: str) -> str:
    return format_decimal(Decimal(basis_points) / HUNDRED, number_format=numbers) + " %"


def _price(content: Mapping[str, Any], money: Any, numbers: str, language: str) -> list[Message]:
    said = [
        Message(
            N_("The buyer owes the seller %(amount)s."),
            {"amount": money(content["proceeds_minor"], content["currency"])},
        ),
        Message(N_("The price does not change, whatever the market does.")),
    ]
    if content["currency"] != content["book_currency"]:
        said += [
            Message(
                N_(
                    "The exchange rate is %(rate)s %(books)s for 1 %(currency)s, of %(day)s, from: %(source)s."
                ),
                {
                    "rate": format_decimal(
                        Decimal(content["rate_millionths"]) / MILLION, number_format=numbers, max_places=6
                    ),
                    "books": content["book_currency"],
                    "currency": content["currency"],
                    "day": format_day(date.fromisoformat(content["rate_on"]), language),
                    "source": content["rate_source"],
                },
            ),
            Message(N_("The exchange rate is fixed for this contract.")),
            Message(
                N_(
                    "In the seller's books the sale is worth %(amount)s. It is rounded once, half a cent upwards."
                ),
                {"amount": money(content["book_minor"], content["book_currency"])},
            ),
        ]
    return said


def _delivery(content: Mapping[str, Any], terms: Terms, numbers: str, language: str) -> list[Message]:
    words = {
        FreightBy.BUYER: N_("The buyer collects the goods and pays for the freight."),
        FreightBy.SELLER: N_("The seller brings the goods and pays for the freight."),
    }
    said = [Message(words[terms.freight])]
    for one in terms.periods:
        params = {
            "first": format_day(one.first, language),
            "last": format_day(one.last, language),
            "least": format_quantity(one.least, content["unit"], number_format=numbers),
            "most": format_quantity(one.most, content["unit"], number_format=numbers),
        }
        said.append(
            Message(N_("From %(first)s to %(last)s: at least %(least)s and at most %(most)s."), params)
        )
    if terms.periods:
        said.append(Message(N_("Any amount between the least and the most fulfils a period.")))
    said.append(Message(N_("The goods may leave in several loads, each with its waybill.")))
    return said


def _weight(terms: Terms, numbers: str) -> list[Message]:
    return [
        Message(N_("The buyer weighs each load on arrival.")),
        Message(
            N_("A difference of up to %(percent)s changes nothing."),
            {"percent": _percent(terms.tolerance_bp, numbers)},
        ),
        Message(N_("Beyond it the two sides settle on a weight, and the buyer pays for that weight.")),
    ]


def _regrade(terms: Terms, numbers: str) -> list[Message]:
    said = [
        Message(
            N_(
                "The buyer may say within %(days)s days after arrival that a lot has another class or fineness."
            ),
            {"days": terms.claim_days},
        ),
        Message(
            N_("The seller accepts it, or rejects it with a reason. Either may ask for a second opinion.")
        ),
    ]
    rule = {
        Regrade.PRICES: Message(
            N_("If it is accepted, the lot is paid at the price that its class has in this contract.")
        ),
        Regrade.MICRON: Message(
            N_(
                "If it is accepted, the amount changes by %(percent)s for each micron: less if coarser, more if finer."
            ),
            {"percent": _percent(terms.micron_bp, numbers)},
        ),
        Regrade.CLAIM: Message(N_("If it is accepted, the amount changes by what the buyer asked for.")),
    }
    return [*said, rule[terms.regrade]]


def _payment(terms: Terms, numbers: str) -> list[Message]:
    said = [
        *_secured(terms),
        Message(N_("The days from delivery to payment are published for each buyer.")),
    ]
    if terms.interest_bp:
        interest = {"percent": _percent(terms.interest_bp, numbers)}
        said.append(Message(N_("Late payment bears interest of %(percent)s a year."), interest))
    else:
        said.append(Message(N_("Late payment bears no interest.")))
    return said


def _secured(terms: Terms) -> list[Message]:
    if not terms.secured:
        return [
            Message(N_("The buyer pays within %(days)s days after arrival."), {"days": terms.payment_days})
        ]
    said = [
        Message(N_("The buyer pays before the goods leave: a load leaves once it is paid for.")),
        Message(
            N_(
                "The seller keeps the money for this sale and spends it on nothing else until it is shared out."
            )
        ),
        Message(N_("What is not delivered is paid back.")),
    ]
    if terms.producer_days == 1:
        said.append(Message(N_("The producers have their money on the day after the goods are accepted.")))
    elif terms.producer_days:
        said.append(
            Message(
                N_("The producers have their money within %(days)s days after the goods are accepted."),
                {"days": terms.producer_days},
            )
        )
    return said


def _early(terms: Terms, numbers: str) -> list[Message]:
    said = [
        Message(N_("The two sides may cancel the sale by agreement. Lots that have not left are free then.")),
        Message(
            N_(
                "A buyer who does not collect or pay loses %(percent)s of the deposit for what was not taken."
            ),
            {"percent": _percent(terms.buyer_default_bp, numbers)},
        ),
    ]
    if terms.seller_default_bp:
        said.append(
            Message(
                N_("A seller who does not deliver owes %(percent)s of the amount that was not delivered."),
                {"percent": _percent(terms.seller_default_bp, numbers)},
            )
        )
    said.append(Message(N_("Cancelled and unfulfilled sales are published as counts for each buyer.")))
    return said
