"""Pages of tax papers: the settings, what a producer showed, the papers of a run and their files."""

import json
from datetime import date
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Forbidden, NotFound
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.money import CURRENCIES
from chain.core.paging import slice_rows
from chain.producers.queries import get_producer_for
from chain.settlement.legal.errors import TaxCountryUnknown
from chain.settlement.legal.export import tax_csv, tax_records
from chain.settlement.legal.forms import TaxFactForm, TaxSettingForm
from chain.settlement.legal.queries import list_settings, sellers_on, tax_papers_of_run, tax_preview
from chain.settlement.legal.rules import (
    AMOUNTS,
    CODES,
    NEEDED,
    PERCENTAGES,
    TAX_KIND_LABELS,
    AddressKind,
    TaxKind,
)
from chain.settlement.legal.services import confirm_setting, enter_setting, issue_tax_papers, record_tax_fact
from chain.settlement.rules import IN_THE_BOOKS
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted


def _today() -> date:
    return local_date(utc_now(), get_own_organisation(db.session, g.actor).timezone)


@blueprint.get("/settlement/tax-settings")
@permission_required(Permission.TAXES_CONFIRM)
def tax_settings() -> str:
    """List the rates and limits of tax papers, and which are not confirmed."""
    return _settings_page(TaxSettingForm())


def _settings_page(form: TaxSettingForm) -> str:
    house = get_own_organisation(db.session, g.actor)
    if house.country not in NEEDED:
        raise TaxCountryUnknown
    form.offer(house.country)
    return render_template(
        "settlement/tax_settings.html",
        form=form,
        house=house,
        settings=list_settings(db.session, house.id),
        labels=TAX_KIND_LABELS,
        percentages=PERCENTAGES,
        amounts=AMOUNTS,
        codes=CODES,
    )


@blueprint.post("/settlement/tax-settings")
@permission_required(Permission.TAXES_CONFIRM)
def tax_setting_submit() -> BaseResponse | tuple[str, int]:
    """Enter a rate, limit or place; it counts when it is confirmed."""
    form, house = TaxSettingForm(), get_own_organisation(db.session, g.actor)
    if house.country not in NEEDED:
        raise TaxCountryUnknown
    form.offer(house.country)
    if form.validate_on_submit() and form.value.data is not None and form.valid_from.data:
        kind = TaxKind(form.kind.data)
        places = 2 if kind in PERCENTAGES else CURRENCIES[house.currency] if kind in AMOUNTS else 0
        scaled = form.value.data.scaleb(places)
        try:
            if scaled != scaled.to_integral_value():
                form.value.errors = [gettext(N_("Write at most %(places)s decimals."), places=places)]
                return _settings_page(form), 422
            with atomic() as session:
                enter_setting(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    setting_id=form.id.value,
                    kind=kind,
                    value=int(scaled),
                    valid_from=form.valid_from.data,
                    source=form.source.data or "",
                    text=form.text.data or None,
                    commodity=form.commodity.data or None,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("It was entered. It counts when it is confirmed.")), "success")
            return redirect(url_for("settlement.tax_settings"))
    return _settings_page(form), 422


@blueprint.post("/settlement/tax-settings/<uuid:setting_id>/confirm")
@permission_required(Permission.TAXES_CONFIRM)
def tax_setting_confirm(setting_id: UUID) -> BaseResponse:
    """Confirm a setting."""
    try:
        with atomic() as session:
            confirm_setting(session, actor=g.actor, now=utc_now(), setting_id=setting_id)
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(gettext(N_("The setting is confirmed.")), "success")
    return redirect(url_for("settlement.tax_settings"))


@blueprint.get("/settlement/tax-facts/<uuid:producer_id>")
@permission_required(Permission.TAXES_CONFIRM)
def tax_fact_form(producer_id: UUID) -> str:
    """Show what a producer showed for taxes, to note something newer."""
    form = TaxFactForm()
    _, seller = sellers_on(db.session, g.actor.org, [producer_id], _today()).get(producer_id, ("", None))
    if seller is not None:
        form.address.data, form.ubigeo.data = seller.address, seller.ubigeo
        form.address_kind.data = seller.address_kind
        form.has_tax_number.data = {None: "", True: "yes", False: "no"}[seller.has_tax_number]
        form.rau_number.data, form.rau_valid_to.data = seller.rau_number, seller.rau_valid_to
    form.valid_from.data = _today()
    return _fact_page(form, producer_id)


def _fact_page(form: TaxFactForm, producer_id: UUID) -> str:
    producer = get_producer_for(db.session, g.actor, producer_id)
    return render_template(
        "settlement/tax_fact.html",
        form=form,
        producer=producer,
        country=get_own_organisation(db.session, g.actor).country,
        run_id=_run_wanted(),
    )


def _run_wanted() -> UUID | None:
    """Return the settlement whose tax papers the reader came from."""
    text = request.args.get("run", "")
    return parse_id(text) if text else None


@blueprint.post("/settlement/tax-facts/<uuid:producer_id>")
@permission_required(Permission.TAXES_CONFIRM)
def tax_fact_submit(producer_id: UUID) -> BaseResponse | tuple[str, int]:
    """Note what a producer showed for taxes, from a day on."""
    form = TaxFactForm()
    if form.validate_on_submit() and form.valid_from.data:
        try:
            with atomic() as session:
                record_tax_fact(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    fact_id=form.id.value,
                    producer_id=producer_id,
                    valid_from=form.valid_from.data,
                    address=form.address.data,
                    ubigeo=form.ubigeo.data,
                    address_kind=AddressKind(form.address_kind.data) if form.address_kind.data else None,
                    has_tax_number={"yes": True, "no": False}.get(form.has_tax_number.data),
                    rau_number=form.rau_number.data or None,
                    rau_valid_to=form.rau_valid_to.data,
                )
        except (Forbidden, NotFound):
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("It was noted.")), "success")
            if run_id := _run_wanted():
                return redirect(url_for("settlement.tax_papers", run_id=run_id))
            return redirect(url_for("settlement.tax_fact_form", producer_id=producer_id))
    return _fact_page(form, producer_id), 422


@blueprint.get("/settlement/runs/<uuid:run_id>/tax-papers")
@permission_required(Permission.TAXES_CONFIRM)
def tax_papers(run_id: UUID) -> str:
    """Show the tax papers of a run: those that stand, what others would say, and what they lack."""
    preview = tax_preview(db.session, g.actor, run_id, _today())
    return render_template(
        "settlement/tax_papers.html",
        preview=preview,
        page=slice_rows(preview.rows, page_wanted()),
        run=preview.run,
        is_in_books=preview.run.state in IN_THE_BOOKS,
    )


@blueprint.post("/settlement/runs/<uuid:run_id>/tax-papers")
@permission_required(Permission.TAXES_CONFIRM)
def tax_papers_issue(run_id: UUID) -> BaseResponse:
    """Issue the tax papers that lack nothing."""
    try:
        with atomic() as session:
            issued = issue_tax_papers(session, actor=g.actor, now=utc_now(), run_id=run_id)
            count, held = len(issued.papers), issued.held
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(
            gettext(
                N_("Tax papers issued: %(count)s. Waiting for what they lack: %(held)s."),
                count=count,
                held=held,
            ),
            "success",
        )
    return redirect(url_for("settlement.tax_papers", run_id=run_id))


@blueprint.get("/settlement/runs/<uuid:run_id>/tax-papers.<any(csv, json):kind>")
@permission_required(Permission.TAXES_CONFIRM)
def tax_papers_file(run_id: UUID, kind: str) -> Response:
    """Return the tax papers of a run for the portal of the tax office, voided ones included."""
    papers = tax_papers_of_run(db.session, g.actor, run_id)
    if kind == "csv":
        answer = Response(tax_csv(papers), mimetype="text/csv")
    else:
        answer = Response(
            json.dumps({"items": tax_records(papers)}, ensure_ascii=False, indent=1),
            mimetype="application/json",
        )
    answer.headers["Content-Disposition"] = f'attachment; filename="tax-papers-{run_id}.{kind}"'
    return answer
