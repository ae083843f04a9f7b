"""Who may do what: roles, permissions and the separation of duties, as values."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from chain.core.errors import Forbidden, SamePerson
from chain.core.i18n import N_, Message


class OrganisationKind(StrEnum):
    """What an organisation is."""

    CENTRE = "centre"
    ASSOCIATION = "association"
    COMMITTEE = "committee"
    FEDERATION = "federation"
    BUYER = "buyer"
    GUARANTEE_COMMITTEE = "guarantee_committee"
    PROGRAMME = "programme"


ORGANISATION_KIND_LABELS = {
    OrganisationKind.CENTRE: N_("Collection centre"),
    OrganisationKind.ASSOCIATION: N_("Association"),
    OrganisationKind.COMMITTEE: N_("Processing committee"),
    OrganisationKind.FEDERATION: N_("Federation"),
    OrganisationKind.BUYER: N_("Buyer"),
    OrganisationKind.GUARANTEE_COMMITTEE: N_("Guarantee committee (SPG)"),
    OrganisationKind.PROGRAMME: N_("Programme"),
}

#: Kinds that hold lots and keep accounts for producers.
SELLER_KINDS = frozenset(
    {
        OrganisationKind.CENTRE,
        OrganisationKind.ASSOCIATION,
        OrganisationKind.COMMITTEE,
        OrganisationKind.FEDERATION,
    }
)


class Country(StrEnum):
    """Countries of the product (ISO 3166)."""

    PERU = "PE"
    BOLIVIA = "BO"


COUNTRY_CURRENCY = {Country.PERU: "PEN", Country.BOLIVIA: "BOB"}
COUNTRY_TIMEZONE = {Country.PERU: "America/Lima", Country.BOLIVIA: "America/La_Paz"}


class Role(StrEnum):
    """What a user is in one organisation. Duties that must lie with two people are two roles."""

    CLERK = "clerk"  # weighs and registers
    GRADER = "grader"  # confirms the class that another person registered
    SELLER = "seller"  # offers lots, accepts awards
    ACCOUNTANT = "accountant"  # prepares settlements
    TREASURER = "treasurer"  # approves what another person prepared, pays, prints
    CERTIFIER = "certifier"  # keeps the certificates of a guarantee committee
    BUYER = "buyer"  # bids and posts demands
    PRODUCER = "producer"  # reads the own income
    ADMIN = "admin"  # users, roles, tokens and settings of the organisation
    AUDITOR = "auditor"  # reads everything of the organisation, changes nothing
    MARKET_MANAGER = "market_manager"  # watches over tenders and auctions, excludes bidders; never sells
    OPERATOR = "operator"  # runs the platform: creates organisations and their first administrators


ROLE_LABELS = {
    Role.CLERK: N_("Clerk"),
    Role.GRADER: N_("Quality controller"),
    Role.SELLER: N_("Sales officer"),
    Role.ACCOUNTANT: N_("Accountant"),
    Role.TREASURER: N_("Treasurer"),
    Role.CERTIFIER: N_("Certification officer"),
    Role.BUYER: N_("Buyer"),
    Role.PRODUCER: N_("Producer"),
    Role.ADMIN: N_("Administrator"),
    Role.AUDITOR: N_("Vigilance committee"),
    Role.MARKET_MANAGER: N_("Market manager"),
    Role.OPERATOR: N_("Platform operator"),
}


class Permission(StrEnum):
    """scope:resource:action. Scope `org` is the acting organisation, `own` the user's own person, `platform` all."""

    PRODUCERS_READ = "org:producers:read"
    PRODUCERS_WRITE = "org:producers:write"
    LOTS_READ = "org:lots:read"
    LOTS_REGISTER = "org:lots:register"
    LOTS_IMPORT = "org:lots:import"
    LOTS_TRANSFORM = "org:lots:transform"
    GRADES_CONFIRM = "org:grades:confirm"
    RECIPES_WRITE = "org:recipes:write"
    MEASUREMENTS_WRITE = "org:measurements:write"
    INSTRUMENTS_MANAGE = "org:instruments:manage"
    OPINIONS_ASK = "org:opinions:ask"
    STOCK_WRITE = "org:stock:write"
    SITES_MANAGE = "org:sites:manage"
    HOLDS_WRITE = "org:holds:write"
    DISPATCHES_WRITE = "org:dispatches:write"
    ARRIVALS_CONFIRM = "org:arrivals:confirm"
    SCHEMES_CHOOSE = "org:schemes:choose"
    SCHEMES_WRITE = "org:schemes:write"
    CERTIFICATES_READ = "org:certificates:read"
    CERTIFICATES_WRITE = "org:certificates:write"
    TENDERS_READ = "org:tenders:read"
    TENDERS_WRITE = "org:tenders:write"
    AWARDS_ACCEPT = "org:awards:accept"
    MARKET_MANAGE = "org:market:manage"
    CREDITS_WRITE = "org:credits:write"
    SALES_READ = "org:sales:read"
    BOARD_READ = "market:board:read"
    BIDS_PLACE = "market:bids:place"
    DEMANDS_READ = "market:demands:read"
    DEMANDS_WRITE = "market:demands:write"
    RUNS_READ = "org:runs:read"
    RUNS_PREPARE = "org:runs:prepare"
    RUNS_APPROVE = "org:runs:approve"
    RUNS_ACCOUNT = "org:runs:account"
    RUNS_PAY = "org:runs:pay"
    PAYOUTS_WRITE = "org:payouts:write"
    PAYOUTS_DELIVER = "org:payouts:deliver"
    PAYIN_WRITE = "org:payin:write"
    INVOICES_READ = "org:invoices:read"
    INVOICES_WRITE = "org:invoices:write"
    INVOICES_PAY = "market:invoices:pay"
    RECEIPTS_READ = "org:receipts:read"
    RECEIPTS_PRINT = "org:receipts:print"
    ADVANCES_WRITE = "org:advances:write"
    DEDUCTIONS_WRITE = "org:deductions:write"
    PRICES_WRITE = "org:prices:write"
    PASSING_ON_WRITE = "org:passing_on:write"
    LEDGER_READ = "org:ledger:read"
    LEDGER_WRITE = "org:ledger:write"
    PERIODS_CLOSE = "org:periods:close"
    TAXES_CONFIRM = "org:taxes:confirm"
    INCOME_READ = "org:income:read"
    INCOME_WRITE = "org:income:write"
    OWN_INCOME_READ = "own:income:read"
    OWN_OPINIONS_ASK = "own:opinions:ask"
    USERS_MANAGE = "org:users:manage"
    ORGANISATION_MANAGE = "org:organisation:manage"
    TOKENS_MANAGE = "own:tokens:manage"
    AUDIT_READ = "org:audit:read"
    BUYERS_VET = "platform:buyers:vet"
    ORGANISATIONS_MANAGE = "platform:organisations:manage"


PERMISSION_LABELS = {
    Permission.PRODUCERS_READ: N_("See the producers"),
    Permission.PRODUCERS_WRITE: N_("Register and change producers"),
    Permission.LOTS_READ: N_("See the lots"),
    Permission.LOTS_REGISTER: N_("Weigh and register lots"),
    Permission.LOTS_IMPORT: N_("Import lots from files"),
    Permission.LOTS_TRANSFORM: N_("Merge, split, sort and process lots"),
    Permission.GRADES_CONFIRM: N_("Confirm the class that another person registered"),
    Permission.RECIPES_WRITE: N_("Set the recipes and their expected yields"),
    Permission.MEASUREMENTS_WRITE: N_("Take samples and record measurements"),
    Permission.INSTRUMENTS_MANAGE: N_("Manage instruments and how their files are read"),
    Permission.OPINIONS_ASK: N_("Ask for a second opinion on a class"),
    Permission.STOCK_WRITE: N_("Count the stock, lend containers, read tanks and keep the gate"),
    Permission.SITES_MANAGE: N_("Manage stores, tanks, routes and containers"),
    Permission.HOLDS_WRITE: N_("Hold lots and release them"),
    Permission.DISPATCHES_WRITE: N_("Dispatch lots with a waybill"),
    Permission.ARRIVALS_CONFIRM: N_("Record the weight on arrival and dispute it"),
    Permission.SCHEMES_CHOOSE: N_("Choose the norm and its edition"),
    Permission.SCHEMES_WRITE: N_("Write own classes, colour lists and price grids"),
    Permission.CERTIFICATES_READ: N_("See certificates"),
    Permission.CERTIFICATES_WRITE: N_("Register and suspend certificates"),
    Permission.TENDERS_READ: N_("See the own tenders"),
    Permission.TENDERS_WRITE: N_("Offer lots in tenders"),
    Permission.AWARDS_ACCEPT: N_("Accept the winning bid"),
    Permission.MARKET_MANAGE: N_("Watch over tenders and auctions, exclude bidders with a reason"),
    Permission.CREDITS_WRITE: N_("Record deposits of buyers and grant them credit"),
    Permission.SALES_READ: N_("See the sales"),
    Permission.BOARD_READ: N_("See the lots on offer"),
    Permission.BIDS_PLACE: N_("Place bids"),
    Permission.DEMANDS_READ: N_("See standing demands"),
    Permission.DEMANDS_WRITE: N_("Post standing demands"),
    Permission.RUNS_READ: N_("See settlements"),
    Permission.RUNS_PREPARE: N_("Prepare settlements"),
    Permission.RUNS_APPROVE: N_("Approve a settlement that another person prepared"),
    Permission.RUNS_ACCOUNT: N_("Account an approved settlement and reverse it"),
    Permission.RUNS_PAY: N_("Pay a settlement"),
    Permission.PAYOUTS_WRITE: N_("Prepare payments to producers, and approve those of another person"),
    Permission.PAYOUTS_DELIVER: N_("Hand over money and record who received it"),
    Permission.PAYIN_WRITE: N_("Record money from buyers and read bank statements"),
    Permission.INVOICES_READ: N_("See invoices"),
    Permission.INVOICES_WRITE: N_("Issue invoices and credit notes"),
    Permission.INVOICES_PAY: N_("See and pay the invoices that one received"),
    Permission.RECEIPTS_READ: N_("See receipts"),
    Permission.RECEIPTS_PRINT: N_("Print receipts"),
    Permission.ADVANCES_WRITE: N_("Register advances"),
    Permission.DEDUCTIONS_WRITE: N_("Set fees and deductions"),
    Permission.PRICES_WRITE: N_("Set the prices of milk and meat"),
    Permission.PASSING_ON_WRITE: N_("Keep the animals and seed to be passed on"),
    Permission.LEDGER_READ: N_("See the ledger"),
    Permission.LEDGER_WRITE: N_("Post to the ledger by hand and import opening balances"),
    Permission.PERIODS_CLOSE: N_("Close a period of the books"),
    Permission.TAXES_CONFIRM: N_("Confirm tax rates and issue tax papers"),
    Permission.INCOME_READ: N_("See the income of the producers"),
    Permission.INCOME_WRITE: N_("Set baselines"),
    Permission.OWN_INCOME_READ: N_("See the own income and receipts"),
    Permission.OWN_OPINIONS_ASK: N_("Ask for a second opinion on the own deliveries"),
    Permission.USERS_MANAGE: N_("Manage users and their roles"),
    Permission.ORGANISATION_MANAGE: N_("Change the organisation's data"),
    Permission.TOKENS_MANAGE: N_("Make own API tokens"),
    Permission.AUDIT_READ: N_("Read the audit trail"),
    Permission.BUYERS_VET: N_("Vet buying organisations"),
    Permission.ORGANISATIONS_MANAGE: N_("Create organisations and see all of them"),
}

_READS = frozenset(
    {
        Permission.PRODUCERS_READ,
        Permission.LOTS_READ,
        Permission.CERTIFICATES_READ,
        Permission.TENDERS_READ,
        Permission.SALES_READ,
        Permission.DEMANDS_READ,
        Permission.RUNS_READ,
        Permission.RECEIPTS_READ,
        Permission.INVOICES_READ,
        Permission.LEDGER_READ,
        Permission.INCOME_READ,
        Permission.AUDIT_READ,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CLERK: frozenset(
        {
            Permission.PRODUCERS_READ,
            Permission.PRODUCERS_WRITE,
            Permission.LOTS_READ,
            Permission.LOTS_REGISTER,
            Permission.LOTS_IMPORT,
            Permission.LOTS_TRANSFORM,
            Permission.MEASUREMENTS_WRITE,
            Permission.OPINIONS_ASK,
            Permission.STOCK_WRITE,
            Permission.DISPATCHES_WRITE,
            Permission.ARRIVALS_CONFIRM,
            Permission.CERTIFICATES_READ,
            Permission.PAYOUTS_DELIVER,
            Permission.PASSING_ON_WRITE,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.GRADER: frozenset(
        {
            Permission.PRODUCERS_READ,
            Permission.LOTS_READ,
            Permission.GRADES_CONFIRM,
            Permission.SCHEMES_CHOOSE,
            Permission.SCHEMES_WRITE,
            Permission.RECIPES_WRITE,
            Permission.MEASUREMENTS_WRITE,
            Permission.INSTRUMENTS_MANAGE,
            Permission.SITES_MANAGE,
            Permission.HOLDS_WRITE,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.SELLER: frozenset(
        {
            Permission.LOTS_READ,
            Permission.TENDERS_READ,
            Permission.TENDERS_WRITE,
            Permission.AWARDS_ACCEPT,
            Permission.DISPATCHES_WRITE,
            Permission.OPINIONS_ASK,
            Permission.SALES_READ,
            Permission.DEMANDS_READ,
            Permission.BOARD_READ,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.ACCOUNTANT: frozenset(
        {
            Permission.PRODUCERS_READ,
            Permission.LOTS_READ,
            Permission.SALES_READ,
            Permission.RUNS_READ,
            Permission.RUNS_PREPARE,
            Permission.ADVANCES_WRITE,
            Permission.DEDUCTIONS_WRITE,
            Permission.PRICES_WRITE,
            Permission.LEDGER_READ,
            Permission.RECEIPTS_READ,
            Permission.INCOME_READ,
            Permission.INCOME_WRITE,
            Permission.RUNS_ACCOUNT,
            Permission.PAYOUTS_WRITE,
            Permission.INVOICES_READ,
            Permission.INVOICES_WRITE,
            Permission.PASSING_ON_WRITE,
            Permission.LEDGER_WRITE,
            Permission.TAXES_CONFIRM,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.TREASURER: frozenset(
        {
            Permission.PRODUCERS_READ,
            Permission.SALES_READ,
            Permission.RUNS_READ,
            Permission.RUNS_APPROVE,
            Permission.RUNS_PAY,
            Permission.CREDITS_WRITE,
            Permission.RECEIPTS_READ,
            Permission.RECEIPTS_PRINT,
            Permission.LEDGER_READ,
            Permission.INCOME_READ,
            Permission.RUNS_ACCOUNT,
            Permission.PAYOUTS_WRITE,
            Permission.PAYOUTS_DELIVER,
            Permission.PAYIN_WRITE,
            Permission.INVOICES_READ,
            Permission.INVOICES_WRITE,
            Permission.PERIODS_CLOSE,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.CERTIFIER: frozenset(
        {
            Permission.PRODUCERS_READ,
            Permission.CERTIFICATES_READ,
            Permission.CERTIFICATES_WRITE,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.BUYER: frozenset(
        {
            Permission.BOARD_READ,
            Permission.BIDS_PLACE,
            Permission.DEMANDS_READ,
            Permission.DEMANDS_WRITE,
            Permission.SALES_READ,
            Permission.SCHEMES_WRITE,
            Permission.OPINIONS_ASK,
            Permission.ARRIVALS_CONFIRM,
            Permission.INVOICES_PAY,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.PRODUCER: frozenset({Permission.OWN_INCOME_READ, Permission.OWN_OPINIONS_ASK}),
    Role.ADMIN: frozenset(
        {
            Permission.USERS_MANAGE,
            Permission.ORGANISATION_MANAGE,
            Permission.SITES_MANAGE,
            Permission.AUDIT_READ,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.AUDITOR: _READS,
    Role.MARKET_MANAGER: frozenset(
        {
            Permission.LOTS_READ,
            Permission.TENDERS_READ,
            Permission.MARKET_MANAGE,
            Permission.CREDITS_WRITE,
            Permission.SALES_READ,
            Permission.DEMANDS_READ,
            Permission.BOARD_READ,
            Permission.AUDIT_READ,
            Permission.TOKENS_MANAGE,
        }
    ),
    Role.OPERATOR: frozenset(
        {
            Permission.BUYERS_VET,
            Permission.ORGANISATIONS_MANAGE,
            Permission.USERS_MANAGE,
            Permission.AUDIT_READ,
            Permission.TOKENS_MANAGE,
        }
    ),
}


#: What somebody lacks who acts for no organisation at all.
NO_ORGANISATION = N_("A role in an organisation")

#: Nobody is both in one organisation: who sells does not watch over the market.
ROLES_APART = frozenset({Role.SELLER, Role.MARKET_MANAGER})

#: Roles that make sense in a buying company; the others belong to sellers and committees.
BUYER_ROLES = frozenset({Role.BUYER, Role.ADMIN, Role.AUDITOR})


def roles_for(kind: OrganisationKind) -> frozenset[Role]:
    """Return the roles that an administrator may give in an organisation of this kind."""
    if kind is OrganisationKind.BUYER:
        return BUYER_ROLES
    if kind is OrganisationKind.PROGRAMME:
        return frozenset({Role.OPERATOR, Role.AUDITOR, Role.ADMIN})
    return frozenset(Role) - {Role.BUYER, Role.OPERATOR}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return everything that a set of roles allows together."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


@dataclass(frozen=True, slots=True)
class Actor:
    """A user acting for one organisation; what every service is told about who asks."""

    user_id: UUID | None
    organisation_id: UUID | None
    organisation_kind: OrganisationKind | None = None
    roles: frozenset[Role] = frozenset()
    #: API tokens may carry fewer permissions than their user
    limited_to: frozenset[Permission] | None = None
    permissions: frozenset[Permission] = field(init=False)

    def __post_init__(self) -> None:
        granted = permissions_of(self.roles)
        if self.limited_to is not None:
            granted &= self.limited_to
        object.__setattr__(self, "permissions", granted)

    def may(self, permission: str) -> bool:
        """Tell whether the actor holds a permission."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Refuse when the permission is lacking.

        Raises:
            Forbidden: the actor does not hold it.
        """
        if not self.may(permission):
            raise Forbidden(permission=Message(PERMISSION_LABELS[permission]))

    def require_other_than(self, user_id: UUID | None) -> None:
        """Refuse when the actor is the person who did the step before.

        Raises:
            SamePerson: the two are one.
        """
        if self.user_id is not None and self.user_id == user_id:
            raise SamePerson

    @property
    def org(self) -> UUID:
        """The acting organisation; an actor without one owns nothing and finds nothing."""
        if self.organisation_id is None:
            raise Forbidden(permission=Message(NO_ORGANISATION))
        return self.organisation_id


#: The worker, the command line and the demo: nobody signed in; services called with it skip no check.
SYSTEM = Actor(user_id=None, organisation_id=None)


def system_actor(organisation_id: UUID, kind: OrganisationKind, *roles: Role) -> Actor:
    """Return an actor without a user, for the command line and the worker, with the roles that the command needs."""
    return Actor(
        user_id=None, organisation_id=organisation_id, organisation_kind=kind, roles=frozenset(roles)
    )
