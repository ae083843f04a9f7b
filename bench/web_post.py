"""Single registrations under gunicorn with 16 clients, against bare Flask views that insert one row. Goal: half of it.

Product and reference run under the same gunicorn (one process on SQLite, two on PostgreSQL, 8 threads each), get the same
JSON and commit each request (SQLite: WAL, synchronous FULL; PostgreSQL: without fsync, for both).
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.request import urlopen

from bench import load
from bench.common import KINDS, database, percentile, print_table, run_folder
from bench.lots_intake import add_producers, make_items
from tests.support.cast import Cast
from tests.support.databases import Database, Kind
from tests.support.live import ROOT, environment

CAST = Cast()
CLIENTS = 16
THREADS = 8
STOP_SECONDS = 20


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def gunicorn(target: str, kind: Kind, extra: Mapping[str, str]) -> Iterator[str]:
    """Run an application under gunicorn; yield its address."""
    port = free_port()
    workers = 1 if kind == "sqlite" else 2
    command = [
        *(sys.executable, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(workers), "--threads", str(THREADS), "--worker-class", "gthread"),
        *("--keep-alive", "15", "--graceful-timeout", "5", "--log-level", "error", "--no-control-socket"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | dict(extra), start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url)
        yield url
    finally:
        stop(process)


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(300):
        try:
            urlopen(f"{url}/healthz", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a server that leads a session of its own, gently first; on a loaded machine it may take its time."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the server and the processes that it has started
        process.wait()


#: What is measured, and where it is posted to.
PRODUCT, DRIVER, ORM = "registration", "bare view, driver", "bare view, ORM"


def measure(kind: Kind, requests: int) -> dict[str, load.Load]:
    """Return the loads of the product and of the two references."""
    with database(kind) as made:
        items = make_items(add_producers(made), requests + CLIENTS * 4)
        ours = _load("wsgi:app", made, load.json_posts("/api/v1/lots", items, CAST.clerk.token))
    found = {PRODUCT: ours}
    for name, path in ((DRIVER, "/lots"), (ORM, "/lots-orm")):
        with database(kind, "empty") as made:
            found[name] = _load("bench.bare_app:app", made, load.json_posts(path, items))
    return found


def _load(target: str, made: Database, posts: list[load.Post]) -> load.Load:
    warm_up = CLIENTS * 4
    with gunicorn(target, made.kind, environment(made) | {"BARE_URL": made.url}) as url:
        load.send(url, posts[:warm_up], CLIENTS, 201)
        return load.send(url, posts[warm_up:], CLIENTS, 201)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    table = []
    with run_folder():
        for kind in KINDS:
            runs = [measure(kind, options.requests) for _ in range(options.repeats)]
            rates = {name: statistics.median(run[name].rate for run in runs) for name in runs[0]}
            for name, rate in rates.items():
                fifty = statistics.median(percentile(run[name].latencies, 0.5) for run in runs)
                last = statistics.median(percentile(run[name].latencies, 0.99) for run in runs)
                ratios = [f"{rate / rates[reference]:.2f}" for reference in (DRIVER, ORM)]
                table.append(
                    [kind, name, f"{rate:,.0f}", f"{1000 * fifty:.1f}", f"{1000 * last:.1f}", *ratios]
                )
    print_table(
        f"Single registrations, {CLIENTS} clients, {options.requests:,} requests (medians of {options.repeats})",
        ["database", "what", "requests/s", "p50 ms", "p99 ms", "to the driver's", "to the ORM's"],
        table,
    )


if __name__ == "__main__":
    main()
