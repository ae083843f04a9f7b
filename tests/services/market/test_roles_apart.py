"""Who sells does not watch over the market: nobody gets both roles in one organisation."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.accounts.errors import RolesApart
from chain.accounts.rules import Role
from chain.accounts.services.users import add_colleague, create_user, set_roles
from chain.core.ids import new_id
from tests.support.cast import Cast

BOTH = {Role.SELLER, Role.MARKET_MANAGER}


def test_no_way_of_giving_roles_makes_one_person_seller_and_manager(
    session: Session, now: datetime, cast: Cast
) -> None:
    with pytest.raises(RolesApart):
        create_user(
            session, actor=cast.admin.actor, now=now, user_id=new_id(), username="dos.roles", display_name="Dos Roles",
            roles=BOTH, password="una frase bastante larga", fast_hash=True,
        )  # fmt: skip
    with pytest.raises(RolesApart):
        set_roles(session, actor=cast.admin.actor, now=now, user_id=cast.seller.id, roles=BOTH)
    with pytest.raises(RolesApart):
        add_colleague(
            session,
            actor=cast.admin.actor,
            now=now,
            username=cast.seller.username,
            roles={Role.MARKET_MANAGER},
        )
    set_roles(session, actor=cast.admin.actor, now=now, user_id=cast.seller.id, roles={Role.MARKET_MANAGER})
