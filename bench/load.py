"""A load of N clients from another process: keep-alive connections over loopback, bounded in number and time."""

import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

Post = tuple[str, str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load."""

    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds


def send(url: str, posts: Sequence[Post], clients: int, expected: int) -> Load:
    """Send the posts (path, body, headers) shared out over the clients; each answer must have the expected status."""
    queue: multiprocessing.SimpleQueue[tuple[float, list[float]]] = multiprocessing.SimpleQueue()
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(url, posts, clients, expected, queue.put)
    )
    process.start()
    seconds, latencies = queue.get()
    process.join()
    if len(latencies) != len(posts):
        raise RuntimeError(f"only {len(latencies)} of {len(posts)} requests were answered with {expected}")
    return Load(seconds, latencies)


def _run(
    url: str,
    posts: Sequence[Post],
    clients: int,
    expected: int,
    report: Callable[[tuple[float, list[float]]], None],
) -> None:
    latencies: list[float] = []
    barrier = threading.Barrier(clients + 1)

    def client(mine: Sequence[Post]) -> None:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        connection.connect()
        barrier.wait()
        for path, body, headers in mine:
            start = time.perf_counter()
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != expected:
                print(answer.status, text[:300])
                return
            latencies.append(time.perf_counter() - start)
        connection.close()

    threads = [threading.Thread(target=client, args=(posts[number::clients],)) for number in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    report((time.perf_counter() - start, latencies))


def json_posts(path: str, items: Sequence[Mapping[str, object]], token: str = "") -> list[Post]:
    """Return the items as JSON posts."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return [(path, json.dumps(item), headers) for item in items]
