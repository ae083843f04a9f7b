"""Pages of the decisions that let one person pay at the gate."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Forbidden, NotFound
from chain.core.i18n import N_
from chain.settlement.forms import GateRuleEndForm, GateRuleForm, minor_of
from chain.settlement.pages import page_wanted
from chain.settlement.queries.waiting import list_gate_rules
from chain.settlement.services.gate import end_gate_rule, set_gate_rule
from chain.settlement.views import blueprint
from chain.settlement.views.runs import local_today
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/settlement/gate-rules")
@permission_required(Permission.RUNS_READ)
def gate_rule_list() -> str:
    """List the decisions and offer to write down another one."""
    form = GateRuleForm(None)
    form.valid_from.data = local_today()
    return _page(form)


def _page(form: GateRuleForm) -> str:
    return render_template(
        "settlement/gate_rules.html",
        page=list_gate_rules(db.session, g.actor, page_wanted()),
        form=form,
        today=local_today(),
        may_write=g.actor.may(Permission.RUNS_APPROVE),
    )


@blueprint.post("/settlement/gate-rules")
@permission_required(Permission.RUNS_APPROVE)
def gate_rule_submit() -> Response | tuple[str, int]:
    """Write down a decision."""
    form = GateRuleForm()
    limit = minor_of(form.limit) if form.validate_on_submit() else None
    if limit is not None and form.valid_from.data:
        try:
            with atomic() as session:
                set_gate_rule(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    rule_id=form.id.value,
                    limit_minor=limit,
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    decided_by=form.decided_by.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The decision is written down.")), "success")
            return redirect(url_for("settlement.gate_rule_list"))
    return _page(form), 422


@blueprint.post("/settlement/gate-rules/<uuid:rule_id>/end")
@permission_required(Permission.RUNS_APPROVE)
def gate_rule_end(rule_id: UUID) -> Response:
    """Let a decision end today or on the day that was chosen."""
    form = GateRuleEndForm()
    try:
        with atomic() as session:
            end_gate_rule(
                session,
                actor=g.actor,
                now=utc_now(),
                rule_id=rule_id,
                last_day=form.last_day.data or local_today(),
            )
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(gettext(N_("The decision has an end.")), "success")
    return redirect(url_for("settlement.gate_rule_list"))
