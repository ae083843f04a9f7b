"""Organisations."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.accounts import audit_trail, errors, queries
from chain.accounts.audit_trail import AuditFilters
from chain.accounts.models import Organisation, User
from chain.accounts.rules import Country, OrganisationKind, Role
from chain.accounts.services import organisations
from chain.accounts.services.organisations import FirstAdministrator, OrganisationFacts
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from tests.support.cast import Cast, Person

FACTS = OrganisationFacts(OrganisationKind.ASSOCIATION, "turco-1", "Asociación de Turco", Country.BOLIVIA)


def create(
    session: Session,
    by: Person,
    now: datetime,
    facts: OrganisationFacts = FACTS,
    username: str = "turco.admin",
) -> tuple[Organisation, User | None]:
    return organisations.create_organisation(
        session,
        actor=by.actor,
        now=now,
        organisation_id=new_id(),
        facts=facts,
        administrator=FirstAdministrator(new_id(), username, "Tania Turco", "llama y alpaca juntas"),
        fast_hash=True,
    )


def test_the_operator_creates_an_organisation_with_its_administrator(
    session: Session, cast: Cast, now: datetime
) -> None:
    organisation, user = create(session, cast.operator, now)
    assert (organisation.code, organisation.currency, organisation.timezone) == (
        "TURCO-1",
        "BOB",
        "America/La_Paz",
    )
    assert user is not None
    assert queries.roles_in(session, user.id, organisation.id) == {Role.ADMIN}


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_every_kind_can_be_created(
    session: Session, cast: Cast, now: datetime, kind: OrganisationKind
) -> None:
    organisation, _ = create(
        session, cast.operator, now, OrganisationFacts(kind, "NEW", "Nueva", Country.PERU)
    )
    assert organisation.kind == kind


def test_only_the_operator_creates_organisations(session: Session, cast: Cast, now: datetime) -> None:
    for person in (cast.admin, cast.everything, cast.buyer):
        with pytest.raises(Forbidden):
            create(session, person, now)


def test_codes_are_unique_and_printable(session: Session, cast: Cast, now: datetime) -> None:
    for code, refusal in (("cc01", errors.OrganisationCodeTaken), ("ÑA", errors.InvalidOrganisationCode)):
        facts = OrganisationFacts(OrganisationKind.CENTRE, code, "Otro", Country.PERU)
        with pytest.raises(refusal):
            create(session, cast.operator, now, facts)


def test_only_some_kinds_stand_above_others(session: Session, cast: Cast, now: datetime) -> None:
    facts = OrganisationFacts(OrganisationKind.CENTRE, "NEW", "Nueva", Country.PERU, parent_id=cast.mill.id)
    with pytest.raises(errors.UnknownParent):
        create(session, cast.operator, now, facts)


def test_the_same_id_makes_one_organisation(session: Session, cast: Cast, now: datetime) -> None:
    organisation, _ = create(session, cast.operator, now)

    def again(facts: OrganisationFacts) -> tuple[Organisation, User | None]:
        return organisations.create_organisation(
            session,
            actor=cast.operator.actor,
            now=now,
            organisation_id=organisation.id,
            facts=facts,
            administrator=FirstAdministrator(new_id(), "otra", "Otra", "llama y alpaca juntas"),
        )

    assert again(FACTS) == (organisation, None)
    with pytest.raises(IdempotencyConflict):
        again(OrganisationFacts(FACTS.kind, FACTS.code, "Otro nombre", FACTS.country))


def test_an_administrator_changes_only_the_own_data(session: Session, cast: Cast, now: datetime) -> None:
    organisation = organisations.change_organisation(
        session, actor=cast.admin.actor, now=now, name=" Centro nuevo ", place="", tax_id="20123456789"
    )
    assert (organisation.name, organisation.place, organisation.tax_id) == (
        "Centro nuevo",
        None,
        "20123456789",
    )
    with pytest.raises(errors.NameNeeded):
        organisations.change_organisation(
            session, actor=cast.admin.actor, now=now, name=" ", place=None, tax_id=None
        )
    with pytest.raises(Forbidden):
        organisations.change_organisation(
            session, actor=cast.clerk.actor, now=now, name="x", place=None, tax_id=None
        )


def test_others_organisations_are_not_found_but_by_the_operator(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        queries.get_organisation_for(session, cast.admin.actor, cast.other_centre.id)
    assert queries.get_organisation_for(session, cast.operator.actor, cast.centre.id).code == "CC01"
    own = queries.list_organisations(session, cast.admin.actor, PageRequest())
    assert [row.code for row in own.items] == ["CC01"]
    everybody = queries.list_organisations(session, cast.operator.actor, PageRequest(), text="hilandería")
    assert [row.code for row in everybody.items] == ["MILL", "RIVAL"]


def test_the_audit_trail_is_read_by_organisation_and_filter(
    session: Session, cast: Cast, now: datetime
) -> None:
    for person in (cast.admin, cast.outsider):
        organisations.change_organisation(
            session, actor=person.actor, now=now, name=f"De {person.name}", place="Lugar", tax_id=None
        )

    def found(by: Person, filters: AuditFilters) -> list[str | None]:
        page = audit_trail.list_records(session, by.actor, filters, PageRequest())
        return [row.actor_name for row in page.items]

    assert found(cast.auditor, AuditFilters()) == [cast.admin.name]
    assert found(
        cast.auditor, AuditFilters(person="ALICIA", tag="accounts:org", subject_id=cast.centre.id)
    ) == [cast.admin.name]
    assert found(cast.auditor, AuditFilters(since=now, until=now)) == []
    assert found(cast.auditor, AuditFilters(tag="lots")) == []
    with pytest.raises(Forbidden):
        found(cast.clerk, AuditFilters())
    assert len(list(audit_trail.export_records(session, cast.auditor.actor, AuditFilters()))) == 1
