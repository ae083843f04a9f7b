"""The OpenAPI document turned into values that a page can show: groups, operations, fields, examples."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from chain.core.ids import new_id

METHODS = ("get", "post", "put", "patch", "delete")
#: How deep the fields of nested objects are shown.
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a request or answer, or one parameter. `name` is a path: "items[].net_g"."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address."""

    method: str
    path: str
    anchor: str
    summary: str
    parameters: list[FieldRow]
    request: list[FieldRow]
    #: status of success and the fields of its answer
    status: str
    response: list[FieldRow]
    example_body: str | None


@dataclass(frozen=True, slots=True)
class Resource:
    """The operations under one tag."""

    name: str
    about: str
    operations: list[Operation] = field(default_factory=list)


class Document:
    """An OpenAPI document whose references can be followed."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec

    def follow(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a schema refers to, or itself."""
        if "$ref" in schema:
            found: Any = self.spec
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                found = found[part]
            return self.follow(found)
        for choice in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            if choice.get("type") != "null":
                return {
                    **self.follow(choice),
                    **{key: value for key, value in schema.items() if key == "description"},
                }
        return schema

    def rows(self, schema: Mapping[str, Any], prefix: str = "", depth: int = 0) -> list[FieldRow]:
        """Return the fields of a schema, nested ones after their parents."""
        schema = self.follow(schema)
        if schema.get("type") == "array":
            return self.rows(schema.get("items", {}), f"{prefix}[]", depth)
        needed, found = set(schema.get("required", ())), []
        for name, value in schema.get("properties", {}).items():
            inner = self.follow(value)
            path = f"{prefix}.{name}" if prefix else name
            found.append(FieldRow(path, kind_of(inner), name in needed, about(inner)))
            nested = inner.get("items", {}) if inner.get("type") == "array" else inner
            if depth < MAX_DEPTH and "properties" in self.follow(nested):
                found += self.rows(nested, path + ("[]" if nested is not inner else ""), depth + 1)
        return found

    def example(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """Return a value that a schema would take."""
        schema = self.follow(schema)
        if "example" in schema:
            return schema["example"]
        if schema.get("enum"):
            return next((value for value in schema["enum"] if value is not None), None)
        kind = one_type(schema)
        if kind == "array":
            return [self.example(schema.get("items", {}), depth + 1)] if depth < MAX_DEPTH else []
        if "properties" in schema and depth < MAX_DEPTH:
            needed = schema.get("required") or list(schema["properties"])
            return {name: self.example(schema["properties"][name], depth + 1) for name in needed}
        if kind == "object":
            return {}
        simple = {"integer": schema.get("minimum", 1), "number": 1, "boolean": True}
        texts = {"uuid": str(new_id()), "date": "2026-03-16", "date-time": "2026-03-16T10:00:00-05:00"}
        return simple.get(kind, texts.get(schema.get("format", ""), "…"))


def one_type(schema: Mapping[str, Any]) -> str:
    """Return the type of a schema; of ["string", "null"] the first that is not null."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return next((word for word in kind if word != "null"), "string") if isinstance(kind, list) else str(kind)


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return the type in words: "string (uuid)", "integer", "one of: a, b"."""
    if schema.get("enum"):
        return " | ".join(str(value) for value in schema["enum"] if value is not None)
    form = schema.get("format")
    return f"{one_type(schema)} ({form})" if form else one_type(schema)


def about(schema: Mapping[str, Any]) -> str:
    """Return a field's description and its bounds."""
    bounds = (("≥", "minimum"), ("≤", "maximum"), ("≤ characters:", "maxLength"))
    words = [str(schema.get("description", ""))]
    words += [f"{sign} {schema[name]}" for sign, name in bounds if name in schema]
    return " ".join(word for word in words if word)


def describe_api(app: Flask) -> list[Resource]:
    """Return the resources of the API in the order in which they were registered."""
    spec: Mapping[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    document = Document(spec)
    resources = {
        tag["name"]: Resource(readable(tag["name"]), tag.get("description", ""))
        for tag in spec.get("tags", ())
    }
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                operation = _operation(document, method, path, item)
                for tag in item[method].get("tags", ("other",)):
                    resources.setdefault(tag, Resource(readable(tag), "")).operations.append(operation)
    return [resource for resource in resources.values() if resource.operations]


def readable(tag: str) -> str:
    """Return a tag without the mark that keeps the names of API and pages apart."""
    return tag.removesuffix("_api").replace("_", " ").capitalize()


def _operation(document: Document, method: str, path: str, item: Mapping[str, Any]) -> Operation:
    found = item[method]
    body = found.get("requestBody", {}).get("content", {})
    sent = next((media.get("schema", {}) for media in body.values()), None)
    status, answer = next(
        ((code, value) for code, value in found.get("responses", {}).items() if str(code).startswith("2")),
        ("", {}),
    )
    received = next(
        (media.get("schema", {}) for media in document.follow(answer).get("content", {}).values()), None
    )
    parameters = [document.follow(one) for one in (*item.get("parameters", ()), *found.get("parameters", ()))]
    example = json.dumps(document.example(sent), indent=2, ensure_ascii=False) if sent is not None else None
    return Operation(
        method=method.upper(),
        path=path,
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        summary=found.get("summary", "") or found.get("description", ""),
        parameters=[
            FieldRow(
                one["name"],
                kind_of(document.follow(one.get("schema", {}))),
                bool(one.get("required")),
                one.get("description", "") or about(document.follow(one.get("schema", {}))),
            )
            for one in parameters
            if one.get("in") in {"query", "path"}
        ],
        request=document.rows(sent) if sent is not None else [],
        status=str(status),
        response=document.rows(received) if received is not None else [],
        example_body=example,
    )
