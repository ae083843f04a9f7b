"""The own account: preferences, tokens, several organisations."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import ApiToken, RoleAssignment
from chain.accounts.rules import Role
from chain.accounts.services.sign_in import token_hash
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import SINCE, Cast, sign_in


def test_language_and_numbers_are_kept(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    data = {"language": "en", "number_format": "BO"}
    assert client.post("/account/preferences", data=data).status_code == 302
    page = client.get("/account").text
    assert "Your settings were saved." in page
    assert re.search(r'value="BO" checked', page)
    assert (
        client.post("/account/preferences", data={"language": "xx", "number_format": ""}).status_code == 422
    )


def test_a_token_is_shown_once(client: ChainClient, session: Session, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    data = {"id": str(new_id()), "name": "Balanza <b>1</b>", "days": "30", "limited_to": ["org:lots:read"]}
    page = client.post("/account/tokens/new", data=data)
    found = re.search(r"<code>(cdn_[^<]+)</code>", page.text)
    assert found is not None
    token = session.scalars(select(ApiToken).where(ApiToken.name == data["name"])).one()
    assert token.token_hash == token_hash(found[1])
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert client.get("/api/v1/me", headers=headers).json["permissions"] == ["org:lots:read"]  # type: ignore[index]  # JSON
    assert client.post("/account/tokens/new", data=data).status_code == 302
    account = client.get("/account").text
    assert found[1] not in account
    assert "<b>1</b>" not in account
    assert client.post(f"/account/tokens/{token.id}/revoke").status_code == 302
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_token_with_a_permission_one_does_not_hold_is_refused(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    data = {"id": str(new_id()), "name": "x", "days": "30", "limited_to": ["org:runs:pay"]}
    response = client.post("/account/tokens/new", data=data)
    assert response.status_code == 422
    assert 'value="x"' in response.text


def test_somebody_else_s_token_is_not_found(client: ChainClient, session: Session, cast: Cast) -> None:
    token = session.scalars(select(ApiToken).where(ApiToken.user_id == cast.clerk.id)).one()
    sign_in(client, cast.outsider)
    assert client.post(f"/account/tokens/{token.id}/revoke").status_code == 404


def test_one_switches_between_own_organisations_only(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    session.add(
        RoleAssignment(
            user_id=cast.clerk.id, organisation_id=cast.other_centre.id, role=Role.CLERK, granted_at=SINCE
        )
    )
    sign_in(client, cast.clerk)
    header = client.get("/lots").text.split("</header>")[0]
    assert f'value="{cast.other_centre.id}">{cast.other_centre.name}</button>' in header
    assert f'value="{cast.centre.id}"' not in header
    switched = client.post("/organisation/switch", data={"organisation_id": str(cast.other_centre.id)})
    assert switched.status_code == 302
    assert f"</span>{cast.other_centre.name}</summary>" in client.get("/").text
    refused = client.post("/organisation/switch", data={"organisation_id": str(cast.mill.id)})
    assert refused.status_code == 404


def test_who_took_the_last_role_away_meets_a_plain_page(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    for assignment in session.scalars(select(RoleAssignment).where(RoleAssignment.user_id == cast.clerk.id)):
        session.delete(assignment)
    sign_in(client, cast.clerk)
    assert "ningún rol" in client.get("/").text
    for path in ("/account", "/who-may"):
        assert client.get(path).status_code == 200
