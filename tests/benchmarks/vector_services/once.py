"""Ask for each address of standard input once, over so many connections at a time; print rate and latency."""

from __future__ import annotations

import http.client
import json
import queue
import sys
import threading
import time
import urllib.parse


def main() -> None:
    """Read the addresses, ask, print one line of JSON."""
    base, connections, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    paths: queue.SimpleQueue[str] = queue.SimpleQueue()
    for line in sys.stdin.read().split("\n"):
        paths.put(line)
    host = urllib.parse.urlsplit(base).netloc
    taken: list[float] = []
    errors: list[int] = []
    began = time.perf_counter()

    def ask() -> None:
        connection = http.client.HTTPConnection(host, timeout=60)
        while time.perf_counter() - began < seconds:
            try:
                path = paths.get_nowait()
            except queue.Empty:
                return
            start = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - start)
            if answer.status not in (200, 204):
                errors.append(answer.status)

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    taken.sort()
    middle, high = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    rates = {"rate": len(taken) / spent, "p50": middle * 1e3, "p99": high * 1e3, "errors": len(errors)}
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
