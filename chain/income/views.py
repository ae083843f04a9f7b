"""Pages of income: the producer's own, and those of the organisation."""

from decimal import Decimal
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.grading.scheme import ALPACA_FIBRE, LLAMA_FIBRE, RAW_MILK
from chain.income.earlier_file import read_earlier_file
from chain.income.errors import BadEarlierRows
from chain.income.forms import BaselineForm, EarlierForm
from chain.income.queries.baselines import list_baselines
from chain.income.queries.overview import all_producers_of_season, overview, producers_of_season
from chain.income.queries.passbook import passbook
from chain.income.rules import STRENGTH_LABELS, BaselineTerms
from chain.income.services.baselines import set_baseline
from chain.income.services.earlier import bring_in_file
from chain.lots.products import PRODUCT_LABELS
from chain.lots.queries.notices import notices_of, page_of_notices
from chain.lots.services.notices import mark_notice_read
from chain.producers.queries import get_producer_for, names_of, producer_of_user
from chain.producers.rules import SEX_LABELS, Sex
from chain.settlement.rules import RUN_KIND_LABELS
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import number_format, timezone_name
from chain.web.i18n import gettext
from chain.web.navigation import PAYMENTS, NavigationItem

blueprint = Blueprint("income", __name__)

NAVIGATION = [
    NavigationItem(
        N_("My income"),
        "income.own_income",
        Permission.OWN_INCOME_READ,
        order=10,
        about=N_("What you received, year by year"),
    ),
    NavigationItem(N_("Income"), "income.season_list", Permission.INCOME_READ, order=70, group=PAYMENTS),
]

#: Notices on the own page; the unread come first.
MAX_NOTICES = 5
#: The drawing that stands for a product.
ICONS = {ALPACA_FIBRE: "fibre", LLAMA_FIBRE: "fibre", RAW_MILK: "milk"}
#: Products as a producer calls them, in a sentence.
PLAIN_NAMES = {
    "alpaca-fibre": N_("of alpaca fibre"),
    "llama-fibre": N_("of llama fibre"),
    "raw-milk": N_("of milk"),
    "llama-carcass": N_("of llama meat"),
}
TONES = {"published": "success", "declared": "info", "drawn": "warning"}
#: Rows with mistakes that the page lists.
SHOWN_MISTAKES = 100
CSV_TITLES = (
    N_("Member code"), N_("Producer"), N_("Sex"), N_("Community"), N_("Season"), N_("Product"), N_("Quantity"),
    N_("Unit"), N_("Gross"), N_("Deductions"), N_("Net"), N_("Baseline"), N_("Gain"), N_("Currency"),
)  # fmt: skip


@blueprint.context_processor
def income_words() -> dict[str, object]:
    """Give the templates of this area the words for products, people and strengths."""
    return {
        "commodity_labels": PRODUCT_LABELS,
        "plain_names": PLAIN_NAMES,
        "product_icon": lambda commodity: ICONS.get(commodity, "meat"),
        "sex_labels": SEX_LABELS,
        "sexes": list(Sex),
        "strength_labels": STRENGTH_LABELS,
        "strength_tones": TONES,
        "run_kind_labels": RUN_KIND_LABELS,
    }


def this_year() -> int:
    """Return the year it is at the organisation."""
    return local_date(utc_now(), timezone_name()).year


# --- The producer's own page -----------------------------------------------------------------------------------------


@blueprint.get("/my/income")
@permission_required(Permission.OWN_INCOME_READ)
def own_income() -> str:
    """Show the signed-in producer what each year brought, with all organisations; or whom to ask."""
    producer = producer_of_user(db.session, g.actor.user_id)
    if producer is None:
        return render_template("income/nobody.html")
    return render_template(
        "income/own.html",
        producer=producer,
        seasons=passbook(db.session, producer.id),
        notices=notices_of(db.session, producer.id, MAX_NOTICES),
    )


@blueprint.get("/my/notices")
@permission_required(Permission.OWN_INCOME_READ)
def own_notices() -> str:
    """Show the signed-in producer everything that was ever told: the unread first."""
    producer = producer_of_user(db.session, g.actor.user_id)
    if producer is None:
        return render_template("income/nobody.html")
    page = page_of_notices(db.session, producer.id, PageRequest(request.args.get("page", 1, int)))
    return render_template("income/notices.html", page=page, notices=page.items)


@blueprint.post("/my/notices/<uuid:notice_id>")
@permission_required(Permission.OWN_INCOME_READ)
def notice_read(notice_id: UUID) -> BaseResponse:
    """Note that the producer has read a notice about a delivery."""
    with atomic() as session:
        mark_notice_read(session, actor=g.actor, now=utc_now(), notice_id=notice_id)
    return redirect(url_for("income.own_income"))


# --- The organisation ------------------------------------------------------------------------------------------------


@blueprint.get("/income")
@permission_required(Permission.INCOME_READ)
def season_list() -> str:
    """Show the seasons of the organisation, everybody together, women and men."""
    return render_template(
        "income/seasons.html",
        seasons=overview(db.session, g.actor),
        may_write=g.actor.may(Permission.INCOME_WRITE),
    )


@blueprint.get("/income/seasons/<int:season>")
@permission_required(Permission.INCOME_READ)
def season_detail(season: int) -> str:
    """List the producers of a season: `?q=` searches, `?sort=` orders."""
    text = request.args.get("q")
    wanted = PageRequest(request.args.get("page", 1, int), sort=request.args.get("sort"))
    totals = [one for one in overview(db.session, g.actor) if one.key.season == season]
    if not totals:
        raise NotFound
    return render_template(
        "income/season.html",
        season=season,
        totals=totals,
        page=producers_of_season(db.session, g.actor, season, wanted, text=text),
        text=text,
        sort=request.args.get("sort", ""),
    )


@blueprint.get("/income/seasons/<int:season>/file.csv")
@permission_required(Permission.INCOME_READ)
def season_file(season: int) -> Response:
    """Return the producers of a season as CSV."""
    if season > this_year():
        raise NotFound
    rows = all_producers_of_season(db.session, g.actor, season, text=request.args.get("q"))
    return csv_response(
        f"income-{season}.csv",
        [gettext(title) for title in CSV_TITLES],
        [
            (
                row.member_code,
                row.full_name,
                gettext(SEX_LABELS[Sex(row.sex)]),
                row.community,
                row.season,
                gettext(PRODUCT_LABELS[row.commodity]),
                plain_number(row.quantity, 3),
                "l" if row.unit == "ml" else "kg",
                plain_number(row.gross_minor, 2),
                plain_number(row.deductions_minor, 2),
                plain_number(row.net_minor, 2),
                plain_number(row.baseline_minor, 2),
                plain_number(row.gain_minor, 2),
                row.currency,
            )
            for row in rows
        ],
    )


def plain_number(value: int | None, places: int) -> str:
    """Return a number for a spreadsheet: no grouping, the decimal sign of the country."""
    if value is None:
        return ""
    text = f"{Decimal(value).scaleb(-places):.{places}f}"
    return text.replace(".", ",") if number_format() == "BO" else text


@blueprint.get("/income/producers/<uuid:producer_id>")
@permission_required(Permission.INCOME_READ)
def producer_detail(producer_id: UUID) -> str:
    """Show what a member earned with the organisation."""
    producer = get_producer_for(db.session, g.actor, producer_id)
    return render_template(
        "income/producer.html",
        producer=producer,
        name=names_of(db.session, g.actor.org, [producer.id]).get(producer.id),
        seasons=passbook(db.session, producer.id, g.actor.org),
    )


# --- Baselines -------------------------------------------------------------------------------------------------------


@blueprint.get("/income/baselines")
@permission_required(Permission.INCOME_READ)
def baseline_list() -> str:
    """List what intermediaries paid, season by season, with what was replaced."""
    page = list_baselines(db.session, g.actor, PageRequest(request.args.get("page", 1, int)))
    return render_template("income/baselines.html", page=page, may_write=g.actor.may(Permission.INCOME_WRITE))


@blueprint.get("/income/baselines/new")
@permission_required(Permission.INCOME_WRITE)
def baseline_form() -> str:
    """Show the form."""
    form = BaselineForm()
    form.offer()
    form.season.data = this_year()
    form.strength.data = None
    return render_template("income/baseline_new.html", form=form, currency=g.organisation.currency)


@blueprint.post("/income/baselines/new")
@permission_required(Permission.INCOME_WRITE)
def baseline_submit() -> BaseResponse | tuple[str, int]:
    """Keep the baseline."""
    form = BaselineForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                set_baseline(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    baseline_id=form.id.value,
                    terms=_terms(form),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The baseline is set. Every gain of this season is counted against it."), "success")
            return redirect(url_for("income.baseline_list"))
    return render_template("income/baseline_new.html", form=form, currency=g.organisation.currency), 422


def _terms(form: BaselineForm) -> BaselineTerms:
    return BaselineTerms(
        commodity=form.commodity.data,
        season=form.season.data or 0,
        price_minor_per_unit=int((form.price.data or Decimal(0)) * 100),
        source=form.source.data or "",
        method=form.method.data or "",
        strength=form.strength.data or "",
    )


# --- Earlier books ---------------------------------------------------------------------------------------------------


@blueprint.get("/income/earlier")
@permission_required(Permission.INCOME_WRITE)
def earlier_form() -> str:
    """Show where a file of earlier seasons is brought in."""
    return render_template("income/earlier.html", form=EarlierForm(), mistakes=[])


@blueprint.post("/income/earlier")
@permission_required(Permission.INCOME_WRITE)
def earlier_submit() -> BaseResponse | tuple[str, int]:
    """Bring the file in, all of it or nothing."""
    form = EarlierForm()
    mistakes: list[object] = []
    if form.validate_on_submit():
        try:
            file = read_earlier_file(form.file.data.read())
            with atomic() as session:
                result = bring_in_file(session, actor=g.actor, now=utc_now(), file=file)
        except BadEarlierRows as refused:
            form.take_refusal(refused)
            mistakes = list(refused.rows[:SHOWN_MISTAKES])
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            text = N_("%(stored)s seasons were brought in. %(duplicates)s were in the books already.")
            flash(gettext(text, stored=result.stored, duplicates=result.duplicates), "success")
            return redirect(url_for("income.season_list"))
    return render_template("income/earlier.html", form=form, mistakes=mistakes), 422
