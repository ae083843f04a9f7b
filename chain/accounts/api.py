"""JSON resources of accounts: who the token speaks for, organisations, users, the audit trail."""

from typing import Any
from uuid import UUID

from flask import current_app, g

from chain.accounts import audit_trail, queries
from chain.accounts.audit_trail import AuditFilters
from chain.accounts.models import Organisation, User
from chain.accounts.rules import Country, OrganisationKind, Permission, Role
from chain.accounts.schemas import (
    AuditArgs,
    AuditSchema,
    MadeOrganisationSchema,
    MadeUserSchema,
    MeSchema,
    NewOrganisationSchema,
    NewUserSchema,
    OrganisationArgs,
    OrganisationSchema,
    UserArgs,
    UserSchema,
)
from chain.accounts.services.organisations import FirstAdministrator, OrganisationFacts, create_organisation
from chain.accounts.services.users import create_user, generate_password
from chain.core.clock import utc_now
from chain.core.config import Settings
from chain.core.db import atomic, db
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

me = ApiBlueprint("me", __name__, url="/me", description="Whom the token speaks for.")
organisations = ApiBlueprint(
    "organisations", __name__, url="/organisations", description="Organisations of all kinds."
)
users = ApiBlueprint(
    "users", __name__, url="/users", description="Users of the own organisation and their roles."
)
audit = ApiBlueprint(
    "audit", __name__, url="/audit", description="Who changed what, when, from what to what."
)
blueprints = [me, organisations, users, audit]


def fast_hash() -> bool:
    """Tell whether passwords are hashed with the least effort, as tests do."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.password_fast


def organisation_answer(row: Organisation) -> dict[str, Any]:
    """Return an organisation as the API gives it."""
    values = {name: getattr(row, name) for name in OrganisationSchema().fields}
    return {**values, "kind": OrganisationKind(row.kind), "country": Country(row.country)}


def user_answer(row: User | queries.UserRow, roles: frozenset[Role]) -> dict[str, Any]:
    """Return a user as the API gives it."""
    return {
        "id": row.id,
        "username": row.username,
        "display_name": row.display_name,
        "is_active": row.is_active,
        "must_change_password": row.must_change_password,
        "roles": sorted(roles),
    }


@me.get("")
@me.response(200, MeSchema)
@sign_in_required
def me_detail() -> dict[str, Any]:
    """Tell whom the token speaks for and what it may do."""
    return {
        "id": g.user.id,
        "username": g.user.username,
        "display_name": g.user.display_name,
        "language": g.user.language,
        "organisation": organisation_answer(queries.get_own_organisation(db.session, g.actor)),
        "roles": sorted(g.actor.roles),
        "permissions": sorted(g.actor.permissions),
    }


@organisations.get("")
@organisations.arguments(OrganisationArgs, location="query")
@organisations.response(200, page_schema(OrganisationSchema))
@sign_in_required
def organisation_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the own organisations, for the operator all; sort by code, name or kind."""
    page = queries.list_organisations(
        db.session, g.actor, page_request(args), text=args["text"], kind=args["kind"]
    )
    return page_answer(page, organisation_answer)


@organisations.get("/<uuid:organisation_id>")
@organisations.response(200, OrganisationSchema)
@sign_in_required
def organisation_detail(organisation_id: UUID) -> dict[str, Any]:
    """Return the own organisation, to the operator any."""
    return organisation_answer(queries.get_organisation_for(db.session, g.actor, organisation_id))


@organisations.post("")
@organisations.arguments(NewOrganisationSchema)
@organisations.alt_response(200, schema=MadeOrganisationSchema)
@organisations.response(201, MadeOrganisationSchema)
@permission_required(Permission.ORGANISATIONS_MANAGE)
def organisation_make(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Make an organisation with its first administrator."""
    first, password = data.pop("administrator"), generate_password()
    organisation_id = data.pop("id")
    with atomic() as session:
        organisation, user = create_organisation(
            session,
            actor=g.actor,
            now=utc_now(),
            organisation_id=organisation_id,
            facts=OrganisationFacts(**data),
            administrator=FirstAdministrator(first["id"], first["username"], first["display_name"], password),
            fast_hash=fast_hash(),
        )
    made = user is not None
    return {
        **organisation_answer(organisation),
        "first_password": password if made else None,
    }, 201 if made else 200


@users.get("")
@users.arguments(UserArgs, location="query")
@users.response(200, page_schema(UserSchema))
@permission_required(Permission.USERS_MANAGE)
def user_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the users of the own organisation; sort by username, display_name or created_at."""
    page = queries.list_users(
        db.session,
        g.actor.org,
        page_request(args),
        text=args["text"],
        role=args["role"],
        active=args["active"],
    )
    return page_answer(page, lambda row: user_answer(row, row.roles))


@users.get("/<uuid:user_id>")
@users.response(200, UserSchema)
@permission_required(Permission.USERS_MANAGE)
def user_detail(user_id: UUID) -> dict[str, Any]:
    """Return a user of the own organisation."""
    user = queries.get_user_for(db.session, g.actor, user_id)
    return user_answer(user, queries.roles_in(db.session, user_id, g.actor.org))


@users.post("")
@users.arguments(NewUserSchema)
@users.alt_response(200, schema=MadeUserSchema)
@users.response(201, MadeUserSchema)
@permission_required(Permission.USERS_MANAGE)
def user_make(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Make a user of the own organisation."""
    password, roles = generate_password(), frozenset(data["roles"])
    with atomic() as session:
        user, repeated = create_user(
            session,
            actor=g.actor,
            now=utc_now(),
            user_id=data["id"],
            username=data["username"],
            display_name=data["display_name"],
            roles=roles,
            password=password,
            fast_hash=fast_hash(),
        )
    answer = {**user_answer(user, roles), "first_password": None if repeated else password}
    return answer, 200 if repeated else 201


@audit.get("")
@audit.arguments(AuditArgs, location="query")
@audit.response(200, page_schema(AuditSchema))
@permission_required(Permission.AUDIT_READ)
def audit_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the audit trail of the own organisation, the newest first; sort by at or tag."""
    filters = AuditFilters(
        since=args["since"],
        until=args["until"],
        person=args["person"],
        tag=args["tag"],
        subject_id=args["subject_id"],
    )
    return page_answer(audit_trail.list_records(db.session, g.actor, filters, page_request(args)))
