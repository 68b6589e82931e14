"""What the ladder adds to the bare model calls: both interleaved in one run, the same requests by the same client.

    python bench/ladder/overhead.py [ROUNDS]              a loopback endpoint that answers after 50 ms
    python bench/ladder/overhead.py [ROUNDS] --local      the local engine, 24 samples

Bare: the openai client and as many threads as the ladder uses, nothing kept, nothing scored. The ladder: reading the
files, the plan, the requests, keeping completions, grading, storing evals, comparing, the verdict. Every round has a
fresh home folder, so that nothing is reused. Says the ratio of the sums and of each round.
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

import psutil

from knowledge.thresholds import threshold
from tools.endpoint import Endpoint
from tools.evals.prompts import prepare
from tools.ladder.arms import Bench
from tools.ladder.climb import climb
from tools.ladder.records import ArmName, LadderRequest

LATENCY = 0.05
ARMS: tuple[ArmName, ...] = ("plain", "better_prompt", "few_shot", "retrieval")


def serve(told: Connection) -> None:
    """An endpoint of its own process, so that its work is not counted to either side."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(LATENCY)
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


def bare(request: LadderRequest) -> float:
    """Seconds for the ladder's own requests, asked by the client alone."""
    bench = Bench(request)
    asked = []
    for arm in ARMS:
        prepared = prepare(bench.run_request(arm).prompt, bench.held_out)
        asked.append([prepared.messages(s) for s in bench.samples])
    began = time.perf_counter()
    for messages in asked:
        with ThreadPoolExecutor(int(threshold("evals.parallel_requests"))) as pool:
            list(pool.map(lambda m: request.endpoint.complete(m, max_tokens=request.max_tokens), messages))
        request.endpoint.close()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--local", action="store_true")
    given = parser.parse_args()
    n, process = (24 if given.local else 200), None
    if given.local:
        from tools.engine import control

        base = control.ready_base()
        engine = control.ensure_running()
        endpoint = Endpoint(base_url=engine.base_url, model=base, api_key=engine.token, name="local-engine")
    else:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
        process.start()
        endpoint = Endpoint(base_url=f"http://127.0.0.1:{ours.recv()}/v1", model="m", name="loopback")
    sums = [0.0, 0.0]
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
        for i in range(given.rounds + 1):
            os.environ["ADVISOR_HOME"] = str(here / f"home{i}")
            first = bare(request) if i % 2 else 0.0  # every other round the ladder goes first
            began = time.perf_counter()
            climb(request)
            laddered = time.perf_counter() - began
            asked = first or bare(request)
            if i == 0:
                continue  # imports and the engine's first answer
            sums = [sums[0] + asked, sums[1] + laddered]
            print(f"round {i}: bare {asked:.2f} s, ladder {laddered:.2f} s, {laddered / asked:.3f}", flush=True)
    load = psutil.getloadavg()[0]
    ratio = f"ladder / bare = {sums[1] / sums[0]:.3f} over {given.rounds} rounds"
    print(f"{len(ARMS)} rungs, n = {n}: {ratio}, load {load:.1f}")
    if process:
        process.terminate()
        process.join()


if __name__ == "__main__":
    main()
