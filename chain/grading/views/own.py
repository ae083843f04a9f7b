"""Pages on which an organisation writes its own classes, limits and colours."""

from collections.abc import Mapping
from typing import Any

import yaml
from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound, ValidationFailed
from chain.core.i18n import N_, Message
from chain.grading import queries, services
from chain.grading.describe import describe
from chain.grading.forms import OwnFileForm, OwnSchemeForm
from chain.grading.models import OwnScheme
from chain.grading.own_documents import (
    KIND_LABELS,
    LIST_OF,
    OWN_KINDS,
    Head,
    check_document,
    document_of_norm,
    document_of_rows,
    rows_of_document,
)
from chain.grading.own_preview import preview
from chain.grading.row_forms import COLUMNS, MORE_ROWS, padded, read_rows, row_and_column
from chain.grading.scheme import COMMODITY_LABELS, Kind, Scheme
from chain.grading.scheme_files import all_schemes, is_shipped, read_yaml
from chain.grading.scheme_reader import SchemeFileError
from chain.grading.services.own_schemes import checked_draft
from chain.grading.views import blueprint
from chain.web.access import permission_required
from chain.web.forms import choices

Answer = Response | str | tuple[str, int]
MAX_DIGITS = 6
AT_ROW = N_("Row %(number)s: %(problem)s")
AT_PATH = N_("%(path)s: %(problem)s")


@blueprint.get("/own")
@permission_required(Permission.SCHEMES_WRITE)
def own_start() -> str:
    """Show what may be written, and from what one may start."""
    return render_template("grading/own_start.html", kinds=KIND_LABELS, norms=_startable())


def _startable() -> list[Scheme]:
    return [one for one in all_schemes() if one.kind in OWN_KINDS]


@blueprint.get("/own/new")
@permission_required(Permission.SCHEMES_WRITE)
def own_form() -> str:
    """Show the form: empty for `?kind=`, or filled with what `?from=key@edition` holds."""
    form = OwnSchemeForm()
    source = request.args.get("from", "")
    document: Mapping[str, Any] | None = None
    if source:
        document = _document(source)
        form.kind.data, form.based_on.data = document["kind"], source
        form.label_es.data, form.label_en.data = document["label"]["es"], document["label"]["en"]
        row = _own_row(source)
        if row is not None and row.organisation_id == g.actor.org:
            form.key.data = row.key
            form.edition.data = str(queries.newest_edition(db.session, OwnScheme, row.key) + 1)
            form.is_shared.data = row.is_shared
    else:
        form.kind.data = request.args.get("kind", "")
    kind = _kind(form)
    if document is not None:
        form.commodity.data = document["commodity"]
    rows = rows_of_document(document) if document is not None else []
    return _page(form, kind, rows)


@blueprint.post("/own/new")
@permission_required(Permission.SCHEMES_WRITE)
def own_submit() -> Answer:
    """Add rows, show what typical values would give, or save."""
    form = OwnSchemeForm()
    kind = _kind(form)
    rows = read_rows(COLUMNS[kind], request.form)
    action = request.form.get("action", "save")
    if action == "add":
        return _page(form, kind, rows, more=MORE_ROWS)
    form.commodity.choices = choices({one: COMMODITY_LABELS[one] for one in OWN_KINDS[kind]})
    if not form.validate_on_submit():
        return _page(form, kind, rows), 422
    document = _written(form, kind, rows)
    try:
        if action == "preview":
            checked_draft(document)
            return _page(form, kind, rows, draft=check_document(document))
        with atomic() as session:
            row = services.save_own_scheme(
                session,
                actor=g.actor,
                now=utc_now(),
                scheme_id=form.id.value,
                document=document,
                word=form.word.data or form.label_es.data or "",
                key=form.key.data or None,
                edition=whole(form.edition.data),
                is_shared=bool(form.is_shared.data),
            )
    except DomainError as refused:
        marks = _take(form, refused, kind)
        return _page(form, kind, rows, marks=marks), 422
    flash(N_("The list was saved. It is in use once somebody chooses it."), "success")
    return redirect(url_for("grading.scheme_detail", key=row.key, edition=row.edition))


def _written(form: OwnSchemeForm, kind: Kind, rows: list[dict[str, str]]) -> dict[str, Any]:
    label_es = form.label_es.data or ""
    head = Head(
        kind=kind,
        commodity=form.commodity.data,
        label={"es": label_es, "en": form.label_en.data or label_es},
        ground=(form.ground.data or "").strip(),
    )
    base = _document(form.based_on.data) if form.based_on.data else None
    return document_of_rows(head, rows, base)


def _take(form: OwnSchemeForm | OwnFileForm, refused: DomainError, kind: Kind | None) -> set[tuple[int, str]]:
    """Put refusals of the reader on top of the page in words, and return the inputs to mark."""
    marks: set[tuple[int, str]] = set()
    if not isinstance(refused, ValidationFailed):
        form.take_refusal(refused)
        return marks
    told = []
    for path, messages in refused.errors.items():
        number, column = row_and_column(path, LIST_OF[kind], COLUMNS[kind]) if kind else (None, None)
        if number is not None:
            marks.add((number, column or COLUMNS[kind][0].name if kind else ""))
        for message in messages:
            if number is not None:
                told.append(Message(AT_ROW, {"number": number + 1, "problem": message}))
            elif kind is None:
                where = path.removeprefix("document").lstrip(".") or "YAML"
                told.append(Message(AT_PATH, {"path": where, "problem": message}))
            else:
                told.append(message)
    form.take_refusal(ValidationFailed({"": told}))
    return marks


def _page(
    form: OwnSchemeForm,
    kind: Kind,
    rows: list[dict[str, str]],
    *,
    more: int = 0,
    draft: Scheme | None = None,
    marks: set[tuple[int, str]] | None = None,
) -> str:
    shown = whole(form.shown.data) or 0
    listed = padded(rows, shown + more)
    form.shown.data = str(len(listed))
    form.commodity.choices = choices({one: COMMODITY_LABELS[one] for one in OWN_KINDS[kind]})
    return render_template(
        "grading/own_form.html",
        form=form,
        kind=kind,
        kind_label=KIND_LABELS[kind],
        columns=COLUMNS[kind],
        rows=listed,
        marks=marks or set(),
        draft=draft,
        draft_rows=describe(draft) if draft else (),
        tried=preview(draft) if draft else [],
    )


def whole(text: str | None) -> int | None:
    """Return a small number that the page carries in a hidden field."""
    return int(text) if text and text.isdecimal() and len(text) <= MAX_DIGITS else None


def _kind(form: OwnSchemeForm) -> Kind:
    try:
        found = Kind(form.kind.data or "")
    except ValueError:
        raise NotFound from None
    if found not in OWN_KINDS:
        raise NotFound
    return found


def _own_row(source: str) -> OwnScheme | None:
    key, _, edition = source.partition("@")
    return None if is_shipped(key) else queries.get_own_scheme_for(db.session, g.actor, key, edition)


def _document(source: str) -> Mapping[str, Any]:
    """Return the words of a scheme that the actor sees, of a kind that an organisation may write."""
    key, _, edition = source.partition("@")
    scheme, row = queries.get_scheme_for(db.session, g.actor, key, edition)
    if scheme.kind not in OWN_KINDS:
        raise NotFound
    return row.document if row is not None else document_of_norm(key, edition)


# --- as a file --------------------------------------------------------------------------------------------------------


@blueprint.get("/own/file")
@permission_required(Permission.SCHEMES_WRITE)
def own_file_form() -> str:
    """Show where the words of a scheme file are pasted or uploaded."""
    form = OwnFileForm()
    source = request.args.get("from", "")
    if source:
        form.words.data = _as_words(_document(source))
        row = _own_row(source)
        if row is not None and row.organisation_id == g.actor.org:
            form.key.data = row.key
    return render_template("grading/own_file.html", form=form, draft=None, draft_rows=(), tried=[])


@blueprint.post("/own/file")
@permission_required(Permission.SCHEMES_WRITE)
def own_file_submit() -> Answer:
    """Check the words, show what typical values would give, or save."""
    form = OwnFileForm()
    draft: Scheme | None = None
    if form.validate_on_submit():
        try:
            document = _uploaded(form)
            checked_draft(document)
            draft = check_document({**document, "scheme": "draft", "edition": "1"})
            if request.form.get("action") != "preview":
                with atomic() as session:
                    row = services.save_own_scheme(
                        session,
                        actor=g.actor,
                        now=utc_now(),
                        scheme_id=form.id.value,
                        document=document,
                        word=form.word.data or "",
                        key=form.key.data or None,
                        is_shared=bool(form.is_shared.data),
                    )
                flash(N_("The list was saved. It is in use once somebody chooses it."), "success")
                return redirect(url_for("grading.scheme_detail", key=row.key, edition=row.edition))
        except DomainError as refused:
            _take(form, refused, None)
    page = render_template(
        "grading/own_file.html",
        form=form,
        draft=draft,
        draft_rows=describe(draft) if draft else (),
        tried=preview(draft) if draft else [],
    )
    return page, 422 if form.errors else 200


def _uploaded(form: OwnFileForm) -> dict[str, Any]:
    """Return what the file or the pasted words hold; what was uploaded stands in the form from then on.

    Raises:
        ValidationFailed: it is no YAML, or no mapping.
    """
    sent = request.files.get("file")
    content = sent.read() if sent is not None and sent.filename else (form.words.data or "").encode()
    try:
        found = read_yaml("YAML", content)
        if not isinstance(found, dict):
            check_document(found, name="YAML")
    except SchemeFileError as refused:
        raise ValidationFailed({"document": [refused.message]}) from None
    form.words.data = content.decode("utf-8-sig")
    return {str(key): value for key, value in found.items()}


def _as_words(document: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=110))


@blueprint.get("/schemes/<key>/<edition>/file")
@permission_required(Permission.SCHEMES_WRITE)
def scheme_words(key: str, edition: str) -> FlaskResponse:
    """Send the words of a scheme as a file, to be changed and uploaded."""
    words = _as_words(_document(f"{key}@{edition}"))
    return FlaskResponse(
        words,
        mimetype="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{key}-{edition}.yaml"'},
    )


# --- afterwards -------------------------------------------------------------------------------------------------------


@blueprint.post("/own/<key>/<edition>/share")
@permission_required(Permission.SCHEMES_WRITE)
def own_share(key: str, edition: str) -> Response:
    """Offer an edition to others, or keep it to the organisation."""
    with atomic() as session:
        services.share_own_scheme(
            session,
            actor=g.actor,
            now=utc_now(),
            key=key,
            edition=edition,
            is_shared=request.form.get("is_shared") == "1",
        )
    flash(N_("Saved."), "success")
    return redirect(url_for("grading.scheme_detail", key=key, edition=edition))


@blueprint.post("/own/<key>/<edition>/withdraw")
@permission_required(Permission.SCHEMES_WRITE)
def own_withdraw(key: str, edition: str) -> Response:
    """Take an edition from the lists of what may be chosen."""
    with atomic() as session:
        services.withdraw_own_scheme(session, actor=g.actor, now=utc_now(), key=key, edition=edition)
    flash(N_("The list was withdrawn. Lots keep their classes."), "success")
    return redirect(url_for("grading.scheme_detail", key=key, edition=edition))
