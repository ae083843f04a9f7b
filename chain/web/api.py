"""The base of the JSON API: one error shape, pages, bearer tokens, OpenAPI."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, wraps
from http import HTTPStatus
from threading import Lock
from typing import Any

import marshmallow as ma
from flask import Flask, current_app, request
from flask_smorest import Api, Blueprint
from marshmallow import fields, validate
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from chain import __version__
from chain.core.errors import InvalidId
from chain.core.ids import parse_id
from chain.core.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page, PageRequest
from chain.web.errors import handle_http_exception

PREFIX = "/api/v1"


class ErrorSchema(ma.Schema):
    """The one shape of every refusal."""

    code = fields.String(
        required=True, metadata={"description": "A stable word, explained in docs/errors.md."}
    )
    message = fields.String(required=True, metadata={"description": "A sentence in the caller's language."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Sentences per field; empty when no field is to blame."},
    )


class Schema(ma.Schema):
    """The base of all schemas: unknown fields are refused, the order of fields is kept."""

    class Meta:
        """Settings of marshmallow."""

        unknown = ma.RAISE


class ClientId(fields.UUID):
    """An id made by the client: a UUID of version 7."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_id(found)
        except InvalidId as error:
            raise ma.ValidationError(str(error)) from None


class Moment(fields.AwareDateTime):
    """A moment with its offset, which also exists in UTC: 9999-12-31T23:59:59-05:00 does not."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        found: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            found.astimezone(UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error
        return found


class PageArgs(ma.Schema):
    """Which page of a list."""

    class Meta:
        """Settings of marshmallow."""

        unknown = ma.EXCLUDE

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    page_size = fields.Integer(
        load_default=DEFAULT_PAGE_SIZE, validate=validate.Range(min=1, max=MAX_PAGE_SIZE)
    )
    sort = fields.String(
        load_default=None,
        validate=validate.Length(max=40),
        metadata={"description": "A field; - in front: descending."},
    )


def page_request(args: Mapping[str, Any]) -> PageRequest:
    """Return the wanted page from parsed query arguments."""
    return PageRequest(page=args["page"], page_size=args["page_size"], sort=args.get("sort"))


@lru_cache
def page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the schema of a page of items, the same one for the same item: the API names each once."""
    return ma.Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "page": fields.Integer(required=True),
            "page_size": fields.Integer(required=True),
            "total": fields.Integer(required=True),
        },
        name=item.__name__.removesuffix("Schema") + "Page",
    )


def page_answer(page: Page[Any], convert: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """Return a page as the API gives it."""
    items: Sequence[Any] = [convert(item) for item in page.items] if convert else page.items
    return {"items": items, "page": page.page, "page_size": page.page_size, "total": page.total}


#: What an operation may answer besides its success, for OpenAPI.
REFUSALS = (401, 403, 404, 409, 413, 415, 422)
#: Half of a surrogate pair, as JSON may spell it; alone it is no text that a database could keep.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class BodyParser(FlaskParser):
    """Reads JSON bodies. What Python's parser cannot take is a malformed body, not a crash of ours."""

    def _raw_load_json(self, req: Any) -> Any:
        """Return the parsed body; nesting without end, numbers of thousands of digits and broken text are refused."""
        try:
            found = super()._raw_load_json(req)
            if found is not ma.missing and _SURROGATE.search(req.get_data(cache=True)):
                json.dumps(found, ensure_ascii=False).encode()
        except (RecursionError, ValueError) as error:
            self._handle_invalid_json_error(json.JSONDecodeError(str(error), "", 0), req)
        return found


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest carries no types
    """A resource of the API. Errors and the bearer scheme are documented for each operation."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, import_name: str, *, url: str, description: str) -> None:
        super().__init__(f"{name}_api", import_name, url_prefix=PREFIX + url, description=description)

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        """Register a view and document its refusals."""
        if view_func is not None and not hasattr(view_func, "view_class"):
            view_func = _with_refusals(view_func)
        super().add_url_rule(rule, endpoint, view_func, *args, **kwargs)


def _with_refusals(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view whose description names every refusal.

    Blueprint.alt_response says one status and copies all that was said before: seven times for each view took half of the start.
    """

    @wraps(view)
    def documented(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    said = dict(getattr(view, "_apidoc", {}))
    response = dict(said.get("response", {}))
    answers = {status: list(found) for status, found in response.get("responses", {}).items()}
    for status in REFUSALS:
        refusal = {"schema": ErrorSchema, "description": HTTPStatus(status).phrase, "content_type": None}
        answers.setdefault(status, []).append(refusal)
    documented._apidoc = said | {"response": response | {"responses": answers}}  # type: ignore[attr-defined]  # noqa: SLF001 - where flask-smorest looks
    return documented


class ChainApi(Api):  # type: ignore[misc]  # flask-smorest carries no types
    """flask-smorest answers every HTTP error of the whole application as JSON; ours tells pages and API apart.

    It also writes the OpenAPI document while it starts, which takes longer than all the rest; ours waits until it is read.
    """

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: Flask, **kwargs: Any) -> None:
        self._undocumented: list[ApiBlueprint] = []
        self._writing = Lock()
        super().__init__(app, **kwargs)

    def register_blueprint(self, blp: ApiBlueprint) -> None:
        """Register a resource; its description is written later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undocumented.append(blp)

    @property
    def spec(self) -> Any:
        """The OpenAPI document of all resources."""
        with self._writing:
            for blp in self._undocumented:
                blp.register_views_in_doc(self, self._app, self._spec, name=blp.name, parameters=None)
                self._spec.tag({"name": blp.name, "description": blp.description})
            self._undocumented.clear()
        return self._spec

    @spec.setter
    def spec(self, value: Any) -> None:
        self._spec = value

    def handle_http_exception(self, error: HTTPException) -> Any:
        """Answer with a page or JSON."""
        return handle_http_exception(error)


def refuse_other_content() -> None:
    """Refuse a body that is no JSON where JSON is read: it would be taken for an empty one, with every field missing.

    Raises:
        UnsupportedMediaType.
    """
    if not request.path.startswith(PREFIX) or not request.content_length or request.is_json:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    read = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", ())
    if any(one.get("in") == "json" for one in read):
        raise UnsupportedMediaType


def init_api(app: Flask, blueprints: Sequence[ApiBlueprint]) -> ChainApi:
    """Register the resources and the OpenAPI document."""
    app.config.update(
        API_TITLE="Chain / Cadena",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = ChainApi(
        app,
        spec_kwargs={
            "info": {"description": "Lots, markets, settlements and income of small Andean producers."},
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "stripe_signature": {"type": "apiKey", "in": "header", "name": "Stripe-Signature"},
                }
            },
            "security": [{"bearer": []}],
        },
    )
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.before_request(refuse_other_content)
    return api
