"""Small helpers that the pages of this area share."""

from flask import Response, current_app, request

from chain.core.paging import PageRequest

#: Receipts in one PDF on the web: some seconds of drawing. `chain receipts print` takes a whole run.
PART = 100


def page_wanted() -> PageRequest:
    """Return the page that the address asks for."""
    return PageRequest(request.args.get("page", 1, int))


def own_address() -> str:
    """Return the address of this installation, for QR codes."""
    return str(current_app.config["SETTINGS"].address)


def pdf_answer(pdf: bytes, name: str) -> Response:
    """Answer with a PDF that the browser shows."""
    return Response(
        pdf, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'}
    )
