"""What the ladder adds to the bare model calls: both interleaved in one run, the same requests by the same client.

    python bench/ladder/overhead.py [ROUNDS] [--ms 50 200]   loopback endpoints that answer after so many milliseconds
    python bench/ladder/overhead.py [ROUNDS] --local 24      the local engine, so many samples

Bare: the openai client and as many threads as the ladder uses, nothing kept, nothing scored. The ladder: reading the
files, the plan, the requests, keeping completions, grading, storing evals, comparing, the verdict. Every round has a
fresh home folder, so that nothing is reused. Says wall and processor seconds of both sides, and the ratio of the sums.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import openai
import psutil

from knowledge.thresholds import threshold
from tools.endpoint import Endpoint
from tools.evals.prompts import prepare
from tools.ladder.arms import Bench
from tools.ladder.climb import climb
from tools.ladder.records import ArmName, LadderRequest

ARMS: tuple[ArmName, ...] = ("plain", "better_prompt", "few_shot", "retrieval")


class Took(NamedTuple):
    """Seconds by the clock, and of the processor."""

    wall: float
    cpu: float

    def __add__(self, other: tuple[float, ...]) -> "Took":  # type: ignore[override]
        return Took(self.wall + other[0], self.cpu + other[1])


class Watch:
    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def took(self) -> Took:
        return Took(time.perf_counter() - self._began[0], time.process_time() - self._began[1])


def serve(told: Connection, seconds: float) -> None:
    """An endpoint of its own process, so that its work is not counted to either side."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(seconds)
            message = {"role": "assistant", "content": "billing"}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            usage = {"prompt_tokens": 50, "completion_tokens": 1, "total_tokens": 51}
            form = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
            data = json.dumps(form | {"choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.send(server.server_port)
    server.serve_forever()


def rows(path: Path, start: int, n: int) -> Path:
    labels = ("billing", "login", "delivery", "returns")
    made = [
        [
            {"role": "system", "content": "Name the topic of the customer's message."},
            {"role": "user", "content": f"Message {i}: something about my {labels[i % 4]} is not as it should be."},
            {"role": "assistant", "content": labels[i % 4]},
        ]
        for i in range(start, start + n)
    ]
    path.write_text("".join(json.dumps({"messages": m}) + "\n" for m in made), encoding="utf-8")
    return path


def bare(request: LadderRequest) -> Took:
    """The ladder's own requests, asked by the openai client alone."""
    bench = Bench(request)
    asked = []
    for arm in ARMS:
        prepared = prepare(bench.run_request(arm).prompt, bench.held_out)
        asked.append([prepared.messages(s) for s in bench.samples])
    at, watch = request.endpoint, Watch()
    for messages in asked:
        key = at.api_key.get_secret_value()
        with (
            openai.OpenAI(base_url=at.base_url, api_key=key) as client,
            ThreadPoolExecutor(int(threshold("evals.parallel_requests"))) as pool,
        ):
            more = {"model": at.model, "max_tokens": request.max_tokens, "temperature": 0.0}
            list(pool.map(lambda m: client.chat.completions.create(messages=m, **more), messages))  # noqa: B023
    return watch.took()


def measure(endpoint: Endpoint, n: int, rounds: int, what: str) -> None:
    total = [Took(0, 0), Took(0, 0)]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        request = LadderRequest(
            train=rows(here / "train.jsonl", 10_000, 100),
            held_out=rows(here / "held_out.jsonl", 0, n),
            endpoint=endpoint,
            arms=ARMS,
            max_tokens=8,
            unpriced=True,
        )
        for i in range(rounds + 1):
            os.environ["ADVISOR_HOME"] = str(here / f"home{i}")
            first = bare(request) if i % 2 else None  # every other round the ladder goes first
            watch = Watch()
            climb(request)
            laddered = watch.took()
            asked = first or bare(request)
            if i == 0:
                continue  # imports and the engine's first answer
            total = [total[0] + asked, total[1] + laddered]
            print(
                f"  round {i}: bare {asked.wall:.2f} s (processor {asked.cpu:.2f}), ladder {laddered.wall:.2f} s "
                f"({laddered.cpu:.2f}): {laddered.wall / asked.wall:.3f}",
                flush=True,
            )
    asked, laddered = total
    load = psutil.getloadavg()[0]
    print(
        f"{what}, {len(ARMS)} rungs, n = {n}, {rounds} rounds: ladder / bare = {laddered.wall / asked.wall:.3f}; "
        f"processor seconds {laddered.cpu:.2f} against {asked.cpu:.2f}; load {load:.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--ms", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--local", type=int, metavar="SAMPLES")
    given = parser.parse_args()
    if given.local:
        from tools.engine import control

        measure(control.endpoint(), given.local, given.rounds, "local engine")
        return
    for ms in given.ms:
        ours, theirs = multiprocessing.Pipe()
        spawned = multiprocessing.get_context("spawn")
        process = spawned.Process(target=serve, args=(theirs, ms / 1000), daemon=True)
        process.start()
        try:
            at = Endpoint(base_url=f"http://127.0.0.1:{ours.recv()}/v1", model="m", name="loopback")
            measure(at, 200, given.rounds, f"{ms} ms an answer")
        finally:
            process.terminate()
            process.join()


if __name__ == "__main__":
    main()
