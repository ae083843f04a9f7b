"""What anybody may check: a paper by its code, a signed code without the register, and the keys."""

from flask import Response, make_response, render_template, request

from chain.core.db import db
from chain.papers.codes import Checked, Verdict, check_code
from chain.papers.contents import party_name
from chain.papers.edge import wanted_day
from chain.papers.queries import papers as queries
from chain.papers.queries.keys import old_keys, own_key, published_keys
from chain.papers.rules import CHECK_CODE, serial
from chain.papers.subjects import subject_of
from chain.papers.views import blueprint
from chain.papers.words import initials

#: A signed code has some 210 characters; nobody types more.
MAX_CODE = 1000


@blueprint.get("/R/<code>")
def verify_paper(code: str) -> Response:
    """Tell anybody whether a paper is genuine: number, dates, amount and initials, no more.

    Codes hold 80 random bits, so there is nothing to find by trying.
    """
    wanted = code.strip().upper().replace(" ", "").replace("-", "")
    paper = queries.find_paper_by_code(db.session, wanted) if CHECK_CODE.fullmatch(wanted) else None
    page = render_template(
        "papers/verify.html",
        paper=paper,
        house=paper.content.get("organisation", {}).get("name") if paper else None,
        number=serial(paper.series, paper.number) if paper else None,
        initials=initials(party_name(paper.content)) if paper else None,
        paid_on=subject_of(paper.subject_type).paid_on(db.session, paper) if paper else None,
        ledger_day=wanted_day(paper.content.get("ledger_day")) if paper else None,
        ledger_hash=(paper.content.get("ledger_hash") or "")[:16] if paper else None,
    )
    return _unlisted(page, 200 if paper else 404)


@blueprint.get("/papers/check")
def code_check() -> Response:
    """Check a signed code, typed or scanned, with the public key alone; the register of papers is not asked."""
    text = request.args.get("code", "")[:MAX_CODE].replace("\0", "")
    checked = _check(text) if text.strip() else None
    return _unlisted(render_template("papers/check.html", text=text, checked=checked, verdicts=Verdict), 200)


def _check(text: str) -> Checked:
    """Check with the key of this installation; keys that it followed are looked up only when the code names another."""
    found = check_code(text, own_key())
    if found.verdict is Verdict.UNKNOWN_KEY:
        return check_code(text, old_keys(db.session))
    return found


@blueprint.get("/papers/keys")
def key_list() -> Response:
    """Publish the keys that papers were signed with, with their dates."""
    return _unlisted(
        render_template("papers/keys.html", keys=published_keys(db.session), own=list(own_key())), 200
    )


def _unlisted(page: str, status: int) -> Response:
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
