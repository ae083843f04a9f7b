"""Your last three deliveries under the new prices."""

import csv
import io
from decimal import Decimal
from uuid import UUID

from flask import g, render_template
from werkzeug.wrappers import Response

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.tables import safe_cell
from chain.pricing.pages import page_wanted, typed_number
from chain.pricing.queries.preview import Preview, preview
from chain.pricing.queries.schemes import get_version_for
from chain.pricing.queries.spans import span_of
from chain.pricing.views import blueprint
from chain.pricing.wording import component_text, label_text
from chain.web.access import permission_required
from chain.web.formats import number_format
from chain.web.i18n import gettext

BOM = "\ufeff"
HEADERS = (
    N_("Member code"),
    N_("Producer"),
    N_("Deliveries"),
    N_("Quantity"),
    N_("Unit"),
    N_("Before"),
    N_("Under the new prices"),
    N_("Difference"),
    N_("Currency"),
)


@blueprint.get("/price-versions/<uuid:version_id>/preview")
@permission_required(Permission.RUNS_READ)
def version_preview(version_id: UUID) -> str:
    """Show what each producer's last three deliveries would pay."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    found: Preview | None = None
    refused: Message | None = None
    try:
        found = _preview(version_id)
    except DomainError as error:
        refused = error.message
    return render_template(
        "pricing/preview.html",
        scheme=scheme,
        version=version,
        preview=found,
        page=found.page(page_wanted()) if found else None,
        refused=refused,
        component_text=component_text,
        label_text=label_text,
    )


@blueprint.get("/price-versions/<uuid:version_id>/preview.csv")
@permission_required(Permission.RUNS_READ)
def version_preview_csv(version_id: UUID) -> Response:
    """Give the whole preview as a table for a spreadsheet."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    text = _csv(_preview(version_id))
    name = f"{scheme.key}-{version.number}-preview.csv"
    return Response(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _preview(version_id: UUID) -> Preview:
    scheme, version = get_version_for(db.session, g.actor, version_id)
    organisation = get_own_organisation(db.session, g.actor)
    return preview(db.session, organisation, scheme.commodity, span_of(scheme, version))


def _csv(found: Preview) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if number_format() == "BO" else ",", lineterminator="\r\n")
    writer.writerow([gettext(header) for header in HEADERS])
    for row in found.rows:
        writer.writerow(
            [
                safe_cell(row.member_code),
                safe_cell(row.full_name),
                row.deliveries,
                typed_number(Decimal(row.quantity).scaleb(-3)),
                "l" if row.unit == "ml" else "kg",
                _amount(row.before_minor),
                _amount(row.after_minor),
                _amount(row.difference_minor),
                found.currency,
            ]
        )
    return BOM + out.getvalue()


def _amount(minor: int | None) -> str:
    if minor is None:
        return ""
    text = f"{Decimal(minor).scaleb(-2):.2f}"
    return text.replace(".", ",") if number_format() == "BO" else text
