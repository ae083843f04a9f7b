"""Whatever the OpenAPI document allows, and what it forbids, is answered without a crash."""

from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests.support.cast import Cast, bearer

#: Drawn requests per operation. What the databases answer differently is for the service tests; parsing is the same.
EXAMPLES: Mapping[str, int] = {"sqlite": 10, "postgresql": 4}
#: An answer with another status or type than the document names surprises a client as much as a crash does.
CHECKS = [schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance]


def test_no_request_that_the_document_describes_crashes_the_server(
    app: Flask, cast: Cast, subtests: pytest.Subtests, database_kind: str
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]  # an Err raises, which fails the test as it should
        with subtests.test(operation.label):
            _send(operation, bearer(cast.everything), EXAMPLES[database_kind])


def _send(operation: Any, headers: dict[str, str], examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case: schemathesis.Case[Any]) -> None:
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    send()
