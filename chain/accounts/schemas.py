"""Schemas of accounts' JSON resources."""

from marshmallow import fields, validate

from chain.accounts.rules import Country, OrganisationKind, Permission, Role
from chain.web.api import ClientId, Moment, PageArgs, Schema


class OrganisationSchema(Schema):
    """An organisation."""

    id = fields.UUID(required=True)
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    country = fields.Enum(Country, by_value=True, required=True)
    currency = fields.String(required=True)
    timezone = fields.String(required=True)
    parent_id = fields.UUID(allow_none=True)
    place = fields.String(allow_none=True)
    tax_id = fields.String(allow_none=True)


class OrganisationArgs(PageArgs):
    """Filters of organisations."""

    text = fields.String(
        load_default="", validate=validate.Length(max=100), metadata={"description": "Part of name or code."}
    )
    kind = fields.Enum(OrganisationKind, by_value=True, load_default=None)


class AdministratorSchema(Schema):
    """The first administrator of a new organisation."""

    id = ClientId(required=True)
    username = fields.String(required=True, validate=validate.Length(max=80))
    display_name = fields.String(required=True, validate=validate.Length(max=200))


class NewOrganisationSchema(Schema):
    """A new organisation; currency and time zone follow the country."""

    id = ClientId(required=True)
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    code = fields.String(required=True, validate=validate.Length(max=20))
    name = fields.String(required=True, validate=validate.Length(max=200))
    country = fields.Enum(Country, by_value=True, required=True)
    parent_id = fields.UUID(load_default=None, allow_none=True)
    place = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    tax_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    administrator = fields.Nested(AdministratorSchema, required=True)


class MadeOrganisationSchema(OrganisationSchema):
    """An organisation that was just made."""

    first_password = fields.String(
        allow_none=True,
        metadata={"description": "Of the first administrator; only in the first answer, kept nowhere."},
    )


class UserSchema(Schema):
    """A user with the roles in the organisation of the token."""

    id = fields.UUID(required=True)
    username = fields.String(required=True)
    display_name = fields.String(required=True)
    is_active = fields.Boolean(required=True)
    must_change_password = fields.Boolean(required=True)
    roles = fields.List(fields.Enum(Role, by_value=True), required=True)


class UserArgs(PageArgs):
    """Filters of users."""

    text = fields.String(
        load_default="", validate=validate.Length(max=100), metadata={"description": "Part of a name."}
    )
    role = fields.Enum(Role, by_value=True, load_default=None)
    active = fields.Boolean(load_default=None)


class NewUserSchema(Schema):
    """A new user."""

    id = ClientId(required=True)
    username = fields.String(required=True, validate=validate.Length(max=80))
    display_name = fields.String(required=True, validate=validate.Length(max=200))
    roles = fields.List(
        fields.Enum(Role, by_value=True), required=True, validate=validate.Length(min=1, max=len(Role))
    )


class MadeUserSchema(UserSchema):
    """A user who was just made."""

    first_password = fields.String(
        allow_none=True,
        metadata={
            "description": "Only in the first answer, kept nowhere; the person must change it at the first sign-in."
        },
    )


class MeSchema(Schema):
    """Whom the token speaks for."""

    id = fields.UUID(required=True)
    username = fields.String(required=True)
    display_name = fields.String(required=True)
    language = fields.String(required=True)
    organisation = fields.Nested(OrganisationSchema, required=True)
    roles = fields.List(fields.Enum(Role, by_value=True), required=True)
    permissions = fields.List(fields.Enum(Permission, by_value=True), required=True)


class AuditArgs(PageArgs):
    """Filters of the audit trail."""

    since = Moment(load_default=None, metadata={"description": "From this moment on."})
    until = Moment(load_default=None, metadata={"description": "Before this moment."})
    person = fields.String(
        load_default="", validate=validate.Length(max=100), metadata={"description": "Part of a name."}
    )
    tag = fields.String(
        load_default="", validate=validate.Length(max=80), metadata={"description": "Start of a tag."}
    )
    subject_id = fields.UUID(load_default=None)


class AuditSchema(Schema):
    """One record of the audit trail."""

    id = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)
    tag = fields.String(required=True, metadata={"description": "area:subject:action"})
    actor_id = fields.UUID(allow_none=True, metadata={"description": "Null: the worker or the command line."})
    actor_name = fields.String(allow_none=True)
    subject_type = fields.String(required=True)
    subject_id = fields.UUID(allow_none=True)
    before = fields.Dict(allow_none=True)
    after = fields.Dict(allow_none=True)
    request_id = fields.String(allow_none=True)
