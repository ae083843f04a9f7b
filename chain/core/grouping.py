"""Group commit: commands that arrive while another one is being written go into the next transaction together.

A commit, and what a batch looks up once, cost the same for one command as for ten. So the first thread writes what
waits, its own command included, and hands the turn to the first of those who came meanwhile. Nobody waits for a timer:
with one command at a time there is no delay, under load the transactions grow.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from flask import has_app_context
from sqlalchemy.orm import Session

from chain.core.db import LOCK_WAIT_SECONDS, Busy, atomic, db

Command = TypeVar("Command")
Answer = TypeVar("Answer")

#: Commands of one transaction at most.
MAX_GROUP = 200
#: A turn takes milliseconds; whoever waits this long is told to try again.
MAX_WAIT_SECONDS = 3 * LOCK_WAIT_SECONDS


class _Ticket(Generic[Command, Answer]):
    """A waiting command, and later its answer or the refusal of it."""

    __slots__ = ("_gate", "answer", "command", "error", "has_turn")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        #: set when this thread shall write the next group
        self.has_turn = False
        #: shut until the ticket is ready; a bare lock wakes a thread in a third of the time that an event takes
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self, seconds: float = -1) -> bool:
        """Wait until this is answered or has the turn; False: not in that time."""
        return self._gate.acquire(timeout=seconds)

    def wake(self) -> None:
        """Let the thread go on that waits here; once."""
        self._gate.release()


class GroupWriter(Generic[Command, Answer]):
    """Writes commands of many threads in common transactions, each answered for itself.

    `write` gets a session inside `atomic()` and the commands, and returns one answer per command in their order. It says
    in its answers what it refuses; when it raises, nothing of the group is kept and each command runs alone, so that only
    the one to blame fails. When the database gives no lock, all of the group are told so.
    """

    def __init__(
        self,
        write: Callable[[Session, Sequence[Command]], Sequence[Answer]],
        *,
        linger_seconds: float = 0,
    ) -> None:
        """Write groups with `write`.

        Clients that were answered together come back together. With `linger_seconds` a leader waits that long at most for as
        many as were there last time, so that the first of them does not go alone; one client alone never waits.
        """
        self._write = write
        self._linger = linger_seconds
        self._last_size = 1
        self._lock = threading.Lock()
        self._waiting: list[_Ticket[Command, Answer]] = []
        self._is_busy = False
        #: opened by whoever completes the group that a leader waits for
        self._complete: threading.Lock | None = None

    def submit(self, command: Command) -> Answer:
        """Write a command, alone or with others, and return its answer after the commit.

        Raises:
            Busy: the turn did not come in time; nothing was written.
            Exception: whatever `write` raised for this command.
        """
        if has_app_context() and db.session.get_bind().dialect.name == "sqlite":
            db.session.rollback()  # a read transaction of before would not see what another thread commits for us
        ticket: _Ticket[Command, Answer] = _Ticket(command)
        with self._lock:
            self._waiting.append(ticket)
            if not self._is_busy:
                self._is_busy = ticket.has_turn = True
            elif self._complete is not None and len(self._waiting) >= self._last_size:
                self._complete.release()
                self._complete = None
        if not ticket.has_turn:
            self._wait(ticket)
        if ticket.has_turn:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer  # type: ignore[return-value]  # set whenever there is no error

    def _wait(self, ticket: _Ticket[Command, Answer]) -> None:
        if ticket.wait(MAX_WAIT_SECONDS):
            return
        with self._lock:
            if not ticket.has_turn and ticket in self._waiting:
                self._waiting.remove(ticket)
                raise Busy
        ticket.wait()  # it is being written just now

    def _lead(self) -> None:
        """Write what waits, then hand the turn on."""
        if self._linger:
            self._gather()
        with self._lock:
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            self._last_size = len(group)
        try:
            self._write_group(group)
        finally:
            with self._lock:
                follower = self._waiting[0] if self._waiting else None
                if follower is not None:
                    follower.has_turn = True
                else:
                    self._is_busy = False
            if follower is not None:
                follower.wake()
            for ticket in group:
                if not ticket.has_turn:  # the leader is awake
                    ticket.wake()

    def _gather(self) -> None:
        """Wait a little until as many are here as last time."""
        with self._lock:
            if len(self._waiting) >= self._last_size:
                return
            complete = self._complete = threading.Lock()
            complete.acquire()
        complete.acquire(timeout=self._linger)
        with self._lock:
            self._complete = None

    def _write_group(self, group: Sequence[_Ticket[Command, Answer]]) -> None:
        try:
            answers = self._commit([ticket.command for ticket in group])
        except Busy:
            for ticket in group:  # waiting again for each would keep all of them for minutes
                ticket.error = Busy()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that it belongs to
            if len(group) == 1:
                group[0].error = error
                return
            for ticket in group:
                self._write_group([ticket])
        else:
            for ticket, answer in zip(group, answers, strict=True):
                ticket.answer = answer

    def _commit(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Write commands in one transaction; return after its commit."""
        with atomic() as session:
            answers = self._write(session, commands)
            assert len(answers) == len(commands), "one answer per command"  # noqa: S101 - of `write`, before the commit
            return answers
