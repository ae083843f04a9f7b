"""JSON resources of certification."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.certification import queries, services
from chain.certification.models import Certificate
from chain.certification.rules import Paper, state_on
from chain.certification.schemas import CertificateArgs, CertificateSchema, SuspensionSchema
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema
from chain.web.formats import timezone_name

certificates = ApiBlueprint(
    "certificates", __name__, url="/certificates", description="Certificates of members, with their dates."
)
blueprints = [certificates]

PAPER_FIELDS = ("producer_id", "scheme", "level", "number", "issued_by", "valid_from", "valid_to")
SHOWN = ("id", "issuer_id", "suspended_from", "suspension_reason", "created_at", *PAPER_FIELDS)


@certificates.get("")
@certificates.arguments(CertificateArgs, location="query")
@certificates.response(200, page_schema(CertificateSchema))
@permission_required(Permission.CERTIFICATES_READ)
def certificate_list(args: dict[str, Any]) -> dict[str, Any]:
    """List certificates, the last to expire first; sort by valid_to, valid_from, number or producer."""
    page = queries.list_certificates(
        db.session,
        g.actor,
        page_request(args),
        today=_today(),
        state=args["state"],
        text=args["q"],
        producer_id=args["producer_id"],
    )
    return page_answer(page, lambda row: certificate_answer(row.certificate))


@certificates.post("")
@certificates.arguments(CertificateSchema)
@certificates.response(201, CertificateSchema)
@certificates.alt_response(
    200, schema=CertificateSchema, description="The same command came before.", success=True
)
@permission_required(Permission.CERTIFICATES_WRITE)
def certificate_register(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Register the certificate of a member. Lots that are already registered keep their level."""
    facts: dict[str, Any] = {name: data[name] for name in PAPER_FIELDS}
    with atomic() as session:
        certificate, is_new = services.keep_certificate(
            session, actor=g.actor, now=utc_now(), certificate_id=data["id"], paper=Paper(**facts)
        )
        answer = certificate_answer(certificate)
    return answer, 201 if is_new else 200


@certificates.get("/<uuid:certificate_id>")
@certificates.response(200, CertificateSchema)
@permission_required(Permission.CERTIFICATES_READ)
def certificate_detail(certificate_id: UUID) -> dict[str, Any]:
    """Return a certificate."""
    return certificate_answer(queries.get_certificate_for(db.session, g.actor, certificate_id))


@certificates.post("/<uuid:certificate_id>/suspend")
@certificates.arguments(SuspensionSchema)
@certificates.response(200, CertificateSchema)
@permission_required(Permission.CERTIFICATES_WRITE)
def certificate_suspend(data: dict[str, Any], certificate_id: UUID) -> dict[str, Any]:
    """Let a certificate say nothing from a day on. Lots that are already registered keep their level."""
    with atomic() as session:
        certificate = services.suspend_certificate(
            session,
            actor=g.actor,
            now=utc_now(),
            certificate_id=certificate_id,
            suspended_from=data["suspended_from"],
            reason=data["reason"],
        )
        return certificate_answer(certificate)


def _today() -> date:
    return local_date(utc_now(), timezone_name())


def certificate_answer(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate with its state today."""
    return {
        **{name: getattr(certificate, name) for name in SHOWN},
        "state": state_on(certificate, _today()).value,
    }
