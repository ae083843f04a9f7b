"""Running a match again on the input that was kept, and comparing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.matching.kept_instance import from_record, hash_of, result_hash
from chain.matching.models import MatchLine, MatchProposal, MatchRun
from chain.matching.rules.engine import solve
from chain.matching.rules.solution import Solution
from chain.matching.services.runs import TIME_LIMIT_SECONDS
from chain.sales.methods import Replayed
from chain.sales.queries.log import check_chain, log_of

SAME_INPUT = N_("What went into the calculation is what was written down then.")
OTHER_INPUT = N_("What went into the calculation was changed after it was run.")
SAME_RESULT = N_("Calculated again, it gives the same: %(value)s for the producers, from %(lots)s lots.")
OTHER_RESULT = N_("Calculated again, it gives something else.")
SAME_LINES = N_("The lots and quantities of this proposal are those of the calculation.")
OTHER_LINES = N_("The lots or quantities of this proposal are not those of the calculation.")


def replay(session: Session, proposal_id: UUID) -> Replayed:
    """Calculate the run of a proposal again from its kept input and compare input, result and the proposal's lines.

    A search that was cut short by its time limit may end elsewhere: then the run does not replay, and this says so.

    Raises:
        LogBroken: the log of the proposal was changed.
    """
    proposal = session.get_one(MatchProposal, proposal_id)
    run = session.get_one(MatchRun, proposal.run_id)
    entries = log_of(session, proposal_id)
    check_chain(entries)
    instance = from_record(run.input)
    solution = solve(instance, time_limit=TIME_LIMIT_SECONDS)
    is_input = hash_of(instance) == run.input_hash
    is_result = result_hash(solution) == run.result_hash
    is_lines = _lines_agree(session, proposal, solution)
    value = Money(solution.value_minor, run.currency)
    lines: Sequence[Message] = (
        Message(SAME_INPUT if is_input else OTHER_INPUT),
        Message(SAME_RESULT, {"value": value, "lots": run.lots}) if is_result else Message(OTHER_RESULT),
        Message(SAME_LINES if is_lines else OTHER_LINES),
    )
    return Replayed(is_input and is_result and is_lines, len(entries), tuple(lines))


def _lines_agree(session: Session, proposal: MatchProposal, solution: Solution) -> bool:
    rows = session.execute(
        select(MatchLine.run_lot_id, MatchLine.quantity).where(MatchLine.proposal_id == proposal.id)
    )
    kept = {str(row.run_lot_id): row.quantity for row in rows}
    found: dict[str, int] = {}
    for flow in solution.flows:
        if flow.demand_id == str(proposal.demand_id) and flow.lot_id in kept:
            found[flow.lot_id] = found.get(flow.lot_id, 0) + flow.quantity
    return kept == found
