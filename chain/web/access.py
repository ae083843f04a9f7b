"""Who is asking: the actor of the request, and the decorator that guards a view."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from flask import g

from chain.core.errors import NotSignedIn

P = ParamSpec("P")
R = TypeVar("R")


class CurrentActor(Protocol):
    """What the edge knows of an actor; `chain.accounts.rules.Actor` is one."""

    @property
    def user_id(self) -> UUID | None: ...
    @property
    def organisation_id(self) -> UUID | None: ...
    def may(self, permission: str) -> bool: ...
    def require(self, permission: Any) -> None: ...


def current_actor() -> Any:
    """Return the actor of the request.

    Raises:
        NotSignedIn: there is none.
    """
    actor = g.get("actor")
    if actor is None:
        raise NotSignedIn
    return actor


def permission_required(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard a view: without a sign-in 401 (pages lead to the sign-in), without the permission 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            current_actor().require(permission)
            return view(*args, **kwargs)

        guarded.needs_permission = str(permission)  # type: ignore[attr-defined]  # read by the page of permissions and by tests
        return guarded

    return decorate


def sign_in_required(view: Callable[P, R]) -> Callable[P, R]:
    """Guard a view that every signed-in user may open."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        current_actor()
        return view(*args, **kwargs)

    guarded.needs_permission = "signed-in"  # type: ignore[attr-defined]  # read by tests
    return guarded
