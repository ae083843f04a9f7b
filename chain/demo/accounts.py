"""Organisations and users of the demonstration; everybody has the same, printed, password."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, RoleAssignment, User
from chain.accounts.rules import Actor, Country, OrganisationKind, Role, system_actor
from chain.accounts.services.organisations import OrganisationFacts, add_organisation
from chain.accounts.services.passwords import hash_password
from chain.buyers.services.vetting import Decision, vet_buyer
from chain.core.config import Settings
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.models import InstallationMark
from chain.demo import names

PASSWORD = "cadena-demo-2026"  # noqa: S105 - printed for everybody; docs/demo.md warns
FIBRE_CENTRES = len(names.FIBRE_COMMUNITIES)
DAIRY, COMMITTEE, GUARANTEE, PROGRAMME, FEDERATION = "LLALLI", "CARNE-TURCO", "SPG-SUR", "PROGRAMA", "OROPESA"
MILL, SECOND_MILL, TRADER = "MILL-SUR", "MILL-ANDE", "ACOPIOS-QORI"
BUYERS = (MILL, SECOND_MILL, TRADER)
CENTRES = tuple(f"CC{number:02d}" for number in range(1, FIBRE_CENTRES + 1))

_HOUSES: tuple[tuple[str, OrganisationKind, str, Country, str, str | None], ...] = (
    (PROGRAMME, OrganisationKind.PROGRAMME, "Programa Cadena (demostración)", Country.PERU, "Cusco", None),
    (FEDERATION, OrganisationKind.FEDERATION, "Federación Alpaquera de Oropesa (demostración)", Country.PERU, "Oropesa, Apurímac", None),
    *(
        (code, OrganisationKind.CENTRE, f"Centro de acopio {community}", Country.PERU, f"{community}, Oropesa", FEDERATION)
        for code, community in zip(CENTRES, names.FIBRE_COMMUNITIES, strict=True)
    ),
    (DAIRY, OrganisationKind.ASSOCIATION, "Asociación Lechera de Llalli (demostración)", Country.PERU, "Llalli, Puno", None),
    (COMMITTEE, OrganisationKind.COMMITTEE, "Comité de Carne de Llama (demostración)", Country.BOLIVIA, "Turco, Oruro", None),
    (GUARANTEE, OrganisationKind.GUARANTEE_COMMITTEE, "Comité de Garantía SPG del Sur (demostración)", Country.PERU, "Oropesa, Apurímac", None),
    (MILL, OrganisationKind.BUYER, "Hilandería Sol del Sur (inventada)", Country.PERU, "Arequipa", None),
    (SECOND_MILL, OrganisationKind.BUYER, "Textil Nube Andina (inventada)", Country.PERU, "Arequipa", None),
    (TRADER, OrganisationKind.BUYER, "Acopios Qori (inventada)", Country.PERU, "Juliaca, Puno", None),
)  # fmt: skip

_FIBRE_HOUSES = (FEDERATION, *CENTRES)


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A sign-in of the demonstration."""

    username: str
    display_name: str
    roles: tuple[Role, ...]
    houses: tuple[str, ...]
    #: what the list at the start says of it; None: not listed
    what: str | None


USERS: tuple[DemoUser, ...] = (
    DemoUser("acopio", "Nélida Roca (acopio)", (Role.CLERK,), CENTRES, N_("clerk of the fibre centres: weighs and registers")),
    DemoUser("calidad", "Abel Sierra (calidad)", (Role.GRADER,), CENTRES, N_("quality controller: confirms the class")),
    DemoUser("calidad2", "Teófila Cárdenas (calidad)", (Role.GRADER,), CENTRES, N_("second quality controller: grades samples blind")),
    DemoUser("ventas", "Lidia Fuentes (ventas)", (Role.SELLER,), CENTRES, N_("sales officer: offers lots in a tender")),
    DemoUser("presidencia", "Hilario Tito (presidencia)", (Role.SELLER, Role.AUDITOR), CENTRES, N_("president: accepts the winning bid")),
    DemoUser("vocalia", "Simona Halanoca (vocalía)", (Role.SELLER, Role.AUDITOR), CENTRES, N_("second officer: accepts the winning bid too")),
    DemoUser("mesa", "Edmundo Ticona (mesa de mercado)", (Role.MARKET_MANAGER,), CENTRES, N_("market manager: watches over tenders and auctions")),
    DemoUser("contabilidad", "Ruth Dávila (contabilidad)", (Role.ACCOUNTANT,), CENTRES, N_("accountant: prepares the settlement")),
    DemoUser("tesoreria", "Óscar Gallegos (tesorería)", (Role.TREASURER,), CENTRES, N_("treasurer: approves, pays, prints receipts")),
    DemoUser("productora", "", (Role.PRODUCER,), CENTRES[:1], N_("producer: sees the own income")),
    DemoUser("compra1", "Elsa Merma (compras)", (Role.BUYER, Role.ADMIN), (MILL,), N_("buyer of a mill")),
    DemoUser("compra2", "Percy Ochoa (compras)", (Role.BUYER, Role.ADMIN), (SECOND_MILL,), N_("buyer of a second mill")),
    DemoUser("compra3", "Norma Yanqui (compras)", (Role.BUYER, Role.ADMIN), (TRADER,), None),
    DemoUser("spg", "Silvia Pacco (SPG)", (Role.CERTIFIER,), (GUARANTEE,), N_("certification officer of the SPG")),
    DemoUser("leche", "Rubén Vilca (acopio de leche)", (Role.CLERK,), (DAIRY,), N_("clerk of the dairy association")),
    DemoUser("leche.calidad", "Juana Anco (calidad)", (Role.GRADER,), (DAIRY,), None),
    DemoUser("leche.contabilidad", "Efraín Umasi (contabilidad)", (Role.ACCOUNTANT,), (DAIRY,), N_("accountant of the dairy association")),
    DemoUser("leche.tesoreria", "Paulina Enríquez (tesorería)", (Role.TREASURER,), (DAIRY,), N_("treasurer of the dairy association")),
    DemoUser("carne", "Grover Choque (faenado)", (Role.CLERK,), (COMMITTEE,), N_("clerk of the meat committee (Bolivia)")),
    DemoUser("carne.calidad", "Flora Mamani (inspección)", (Role.GRADER,), (COMMITTEE,), None),
    DemoUser("carne.contabilidad", "Isidro Condori (contabilidad)", (Role.ACCOUNTANT,), (COMMITTEE,), N_("accountant of the meat committee (Bolivia)")),
    DemoUser("carne.tesoreria", "Bertha Quispe (tesorería)", (Role.TREASURER,), (COMMITTEE,), N_("treasurer of the meat committee (Bolivia)")),
    DemoUser("vigilancia", "Simón Layme (vigilancia)", (Role.AUDITOR,), _FIBRE_HOUSES, N_("vigilance committee: reads everything")),
    DemoUser("admin", "Gregoria Huillca (administración)", (Role.ADMIN,), (*_FIBRE_HOUSES, DAIRY, COMMITTEE, GUARANTEE), N_("administrator: users and roles")),
    DemoUser("operador", "Valentín Borda (programa)", (Role.OPERATOR,), (PROGRAMME,), N_("operator of the platform")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A sign-in as it is printed at the start and shown on the sign-in page."""

    username: str
    password: str
    #: a msgid
    what: str


def demo_accounts() -> list[DemoAccount]:
    """Return one sign-in per role when this installation is a demonstration, else nothing."""
    if db.session.get(InstallationMark, "demo") is None:
        return []
    return [DemoAccount(user.username, PASSWORD, user.what) for user in USERS if user.what]


@dataclass(frozen=True, slots=True)
class Houses:
    """The organisations and users that were made, and the actors that they are."""

    by_code: Mapping[str, Organisation]
    users: Mapping[str, UUID]

    def actor(self, username: str, code: str) -> Actor:
        """Return a demonstration user acting for one of the houses."""
        user = next(user for user in USERS if user.username == username)
        house = self.by_code[code]
        return Actor(self.users[username], house.id, OrganisationKind(house.kind), frozenset(user.roles))


def make_houses(session: Session, now: datetime, producer_name: str) -> Houses:
    """Make organisations and users. One password hash serves all: it is printed anyway, and hashing is slow on purpose."""
    system = Actor(user_id=None, organisation_id=None)
    by_code: dict[str, Organisation] = {}
    for code, kind, name, country, place, parent in _HOUSES:
        facts = OrganisationFacts(
            kind=kind,
            code=code,
            name=name,
            country=country,
            place=place,
            parent_id=by_code[parent].id if parent else None,
        )
        by_code[code] = add_organisation(
            session, actor=system, now=now, organisation_id=new_id(), facts=facts
        )
    operator = system_actor(by_code[PROGRAMME].id, OrganisationKind.PROGRAMME, Role.OPERATOR)
    for code in BUYERS:
        vet_buyer(
            session,
            actor=operator,
            now=now,
            decision_id=new_id(),
            buyer_id=by_code[code].id,
            decision=Decision("vetted", documents=("RUC",)),
        )
    settings: Settings = current_app.config["SETTINGS"]
    password_hash = hash_password(PASSWORD, fast=settings.password_fast)
    users = {user.username: new_id() for user in USERS}
    session.execute(
        insert(User),
        [
            {
                "id": users[user.username],
                "username": user.username,
                "display_name": user.display_name or producer_name,
                "password_hash": password_hash,
                "language": "es",
                "is_active": True,
                "must_change_password": False,
                "created_at": now,
            }
            for user in USERS
        ],
    )
    session.execute(
        insert(RoleAssignment),
        [
            {
                "id": new_id(),
                "user_id": users[user.username],
                "organisation_id": by_code[code].id,
                "role": str(role),
                "granted_at": now,
                "granted_by": None,
            }
            for user in USERS
            for code in user.houses
            for role in user.roles
        ],
    )
    return Houses(by_code, users)


def has_organisations(session: Session) -> bool:
    """Tell whether the database is in use."""
    return session.scalar(select(Organisation.id).limit(1)) is not None
