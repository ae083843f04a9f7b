"""The fixed cast: one person per role, in three organisations, with sign-ins and tokens that are known beforehand.

They stand in every database that tests get, so a test about permissions is one line: `sign_in(client, cast.buyer)`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.accounts.edge import COOKIE_TOKEN
from chain.accounts.models import ApiToken, Organisation, RoleAssignment, SignIn, User
from chain.accounts.rules import COUNTRY_CURRENCY, COUNTRY_TIMEZONE, Actor, Country, OrganisationKind, Role
from chain.accounts.services.passwords import hash_password
from chain.accounts.services.sign_in import token_hash
from chain.buyers.models import BuyerVetting
from chain.sales.models import MarketRule

#: The password of everybody.
PASSWORD = "una clave solo de prueba"
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
FOREVER = datetime(2999, 1, 1, tzinfo=UTC)


def fixed_id(number: int) -> UUID:
    """Return a UUIDv7 that is the same in every run."""
    return UUID(int=(0x018C_0000_0000 << 80) | (7 << 76) | (0b10 << 62) | number)


@dataclass(frozen=True, slots=True)
class House:
    """An organisation of the cast."""

    id: UUID
    code: str
    name: str
    kind: OrganisationKind
    country: Country = Country.PERU

    @property
    def currency(self) -> str:
        """The currency of its books."""
        return COUNTRY_CURRENCY[self.country]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast. `actor` is what services are told, `cookie` and `token` open pages and API."""

    id: UUID
    username: str
    name: str
    house: House
    roles: tuple[Role, ...]
    password: str = PASSWORD

    @property
    def actor(self) -> Actor:
        """The person, acting for the own organisation."""
        return Actor(
            user_id=self.id,
            organisation_id=self.house.id,
            organisation_kind=self.house.kind,
            roles=frozenset(self.roles),
        )

    @property
    def cookie(self) -> str:
        """The secret of a browser in which the person is signed in."""
        return f"cookie-of-{self.username}-that-nobody-guesses"

    @property
    def token(self) -> str:
        """A bearer token."""
        return f"token-of-{self.username}-that-nobody-guesses"


CENTRE = House(fixed_id(0x101), "CC01", "Centro de acopio de prueba", OrganisationKind.CENTRE)
OTHER_CENTRE = House(fixed_id(0x102), "CC02", "Centro ajeno", OrganisationKind.CENTRE, Country.BOLIVIA)
MILL = House(fixed_id(0x103), "MILL", "Hilandería de prueba", OrganisationKind.BUYER)
RIVAL_MILL = House(fixed_id(0x104), "RIVAL", "Hilandería rival", OrganisationKind.BUYER)
PLATFORM = House(fixed_id(0x105), "PLAT", "Plataforma", OrganisationKind.PROGRAMME)
GUARANTEE = House(fixed_id(0x106), "SPG1", "Comité de garantía", OrganisationKind.GUARANTEE_COMMITTEE)


def _person(number: int, username: str, name: str, house: House, *roles: Role) -> Person:
    return Person(fixed_id(number), username, name, house, roles)


#: every duty of a centre
DUTIES = (
    Role.CLERK,
    Role.GRADER,
    Role.SELLER,
    Role.ACCOUNTANT,
    Role.TREASURER,
    Role.CERTIFIER,
    Role.ADMIN,
)


class Cast:
    """Everybody. All but the buyers, the outsider, the operator and the certifier belong to `centre`."""

    centre = CENTRE
    other_centre = OTHER_CENTRE
    mill = MILL
    rival_mill = RIVAL_MILL
    guarantee = GUARANTEE

    clerk = _person(0x201, "clerk", "Carla Registradora", CENTRE, Role.CLERK)
    second_clerk = _person(0x202, "clerk2", "César Registrador", CENTRE, Role.CLERK)
    grader = _person(0x203, "grader", "Gloria Clasificadora", CENTRE, Role.GRADER)
    seller = _person(0x204, "seller", "Sergio Vendedor", CENTRE, Role.SELLER)
    #: prepares settlements
    accountant = _person(0x205, "accountant", "Ana Contadora", CENTRE, Role.ACCOUNTANT)
    treasurer = _person(0x206, "treasurer", "Teresa Tesorera", CENTRE, Role.TREASURER)
    second_treasurer = _person(0x207, "treasurer2", "Tomás Tesorero", CENTRE, Role.TREASURER)
    admin = _person(0x208, "admin", "Alicia Administradora", CENTRE, Role.ADMIN)
    auditor = _person(0x209, "auditor", "Aurelio Vigilante", CENTRE, Role.AUDITOR)
    producer = _person(0x20A, "producer", "Paulina Productora", CENTRE, Role.PRODUCER)
    #: holds every duty of the centre at once, to show that separation of duties holds nevertheless
    everything = _person(0x20B, "everything", "Eva Todo", CENTRE, *DUTIES)
    certifier = _person(0x20C, "certifier", "Ciro Certificador", GUARANTEE, Role.CERTIFIER)
    market_manager = _person(0x20D, "manager", "Marta Mercado", CENTRE, Role.MARKET_MANAGER)
    buyer = _person(0x211, "buyer", "Beatriz Compradora", MILL, Role.BUYER)
    rival_buyer = _person(0x212, "rival", "Raúl Rival", RIVAL_MILL, Role.BUYER)
    #: every duty, in another organisation: must see nothing of the centre
    outsider = _person(0x221, "outsider", "Oscar Ajeno", OTHER_CENTRE, *DUTIES)
    operator = _person(0x231, "operator", "Olga Operadora", PLATFORM, Role.OPERATOR)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody, in a fixed order."""
        return tuple(value for value in vars(Cast).values() if isinstance(value, Person))

    @property
    def preparer(self) -> Person:
        """Who prepares settlements: the accountant."""
        return self.accountant


HOUSES = (CENTRE, OTHER_CENTRE, MILL, RIVAL_MILL, PLATFORM, GUARANTEE)


def insert_cast(session: Session) -> None:
    """Write the cast into a migrated, empty database."""
    session.add_all(
        Organisation(
            id=house.id,
            kind=house.kind.value,
            code=house.code,
            name=house.name,
            country=house.country.value,
            currency=house.currency,
            timezone=COUNTRY_TIMEZONE[house.country],
            created_at=SINCE,
        )
        for house in HOUSES
    )
    session.flush()
    # one officer is enough in the houses of the tests, unless a test says otherwise
    session.add_all(
        MarketRule(
            organisation_id=house.id,
            confirmations_needed=1,
            confirm_hours=72,
            silence="declined",
            changed_at=SINCE,
        )
        for house in (CENTRE, OTHER_CENTRE)
    )
    # the platform has vetted the mills
    session.add_all(
        BuyerVetting(buyer_id=house.id, status="vetted", tier="full", documents=[], decided_at=SINCE)
        for house in (MILL, RIVAL_MILL)
    )
    password_hash = hash_password(PASSWORD, fast=True)
    for person in Cast().people:
        _insert_person(session, person, password_hash)


def _insert_person(session: Session, person: Person, password_hash: str) -> None:
    session.add(
        User(
            id=person.id,
            username=person.username,
            display_name=person.name,
            password_hash=password_hash,
            created_at=SINCE,
        )
    )
    session.flush()
    session.add_all(
        RoleAssignment(user_id=person.id, organisation_id=person.house.id, role=role.value, granted_at=SINCE)
        for role in person.roles
    )
    session.add(
        SignIn(
            user_id=person.id,
            organisation_id=person.house.id,
            token_hash=token_hash(person.cookie),
            created_at=SINCE,
            expires_at=FOREVER,
        )
    )
    session.add(
        ApiToken(
            user_id=person.id,
            organisation_id=person.house.id,
            name="prueba",
            prefix=person.token[:8],
            token_hash=token_hash(person.token),
            created_at=SINCE,
        )
    )


def sign_in(client: FlaskClient, person: Person | None) -> None:
    """Make the client's browser one in which a person is signed in; None signs out."""
    with client.session_transaction() as cookie:
        cookie.clear()
        if person is not None:
            cookie[COOKIE_TOKEN] = person.cookie


def bearer(person: Person) -> dict[str, str]:
    """Return the header that makes an API request one of this person."""
    return {"Authorization": f"Bearer {person.token}"}
