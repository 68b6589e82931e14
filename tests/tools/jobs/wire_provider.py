"""A provider on loopback that speaks the fine-tuning wire, counts every POST, and fails as it is told.

Run as a program it serves until it is ended; `GET /_count` then says what it has seen.
"""

import email.parser
import email.policy
import json
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

RESULTS = b"step,train_loss,valid_loss,train_mean_token_accuracy,validation_mean_token_accuracy\n1,2.0,2.1,0.3,0.3\n"


class Provider:
    """Its state, and the script of faults: each POST of a job takes the next one."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.checkpoints: dict[str, list[dict[str, Any]]] = {}
        self.posts: list[dict[str, Any]] = []
        self.uploads = 0
        self.gets: deque[str] = deque(maxlen=10_000)
        self.faults: deque[str] = deque()
        """none, 400, 403, 429, 429-retry, 429-html, 500, 502-html, 408, 409, reset-before, reset-after, html-200,
        half-json, slow-after:S, late:S (reset now, the job appears after S), redirect."""
        self.upload_faults: deque[str] = deque()
        self.get_faults: deque[str] = deque()
        self.keeps_metadata = True
        self.prefix = "/v1"
        """What its paths begin with: Azure's dated surface has /openai."""
        self.models: dict[str, dict[str, Any]] = {}
        self._numbers = 0

    def number(self) -> int:
        """The next number."""
        with self.lock:
            self._numbers += 1
            return self._numbers

    def make_job(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a job: from here on it would be paid."""
        with self.lock:
            job_id = f"ftjob-{self.number():06d}"
            self.jobs[job_id] = {
                "id": job_id, "object": "fine_tuning.job", "created_at": int(time.time()), "status": "queued",
                "model": body["model"], "training_file": body["training_file"], "finished_at": None, "error": None,
                "validation_file": body.get("validation_file"), "hyperparameters": {}, "seed": body.get("seed", 0),
                "organization_id": "org-test", "result_files": [], "trained_tokens": None, "fine_tuned_model": None,
                "estimated_finish": None, "method": body.get("method"),
                "metadata": body.get("metadata") if self.keeps_metadata else None,
            }  # fmt: skip
            self.events[job_id] = []
            self.checkpoints[job_id] = []
            self.say(job_id, "Created.")
            return self.jobs[job_id]

    def say(self, job_id: str, message: str, data: dict[str, Any] | None = None, event_id: str | None = None) -> None:
        """Add an event."""
        kind = "metrics" if data and "step" in data else "message"
        event = {
            "id": event_id or f"ftevent-{self.number():06d}", "object": "fine_tuning.job.event", "level": "info",
            "created_at": int(time.time()), "message": message, "type": kind, "data": data or {},
        }  # fmt: skip
        self.events[job_id].append(event)

    def finish(self, job_id: str, status: str = "succeeded") -> None:
        """End a job."""
        with self.lock:
            job = self.jobs[job_id]
            job.update(status=status, finished_at=int(time.time()))
            if status == "succeeded":
                self.files["file-results"] = {"id": "file-results"}
                self.contents["file-results"] = RESULTS
                tuned = f"ft:{job['model']}:x"
                job.update(result_files=["file-results"], trained_tokens=1200, fine_tuned_model=tuned)

    def counts(self) -> dict[str, Any]:
        """What it has seen."""
        with self.lock:
            keys = {j["id"]: (j.get("metadata") or {}).get("ft_launch") for j in self.jobs.values()}
            return {"posts": len(self.posts), "jobs": len(self.jobs), "keys": keys, "uploads": self.uploads}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def answer(self, status: int, body: Any, headers: dict[str, str] | None = None, html: bool = False) -> None:
        raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", "text/html" if html else "application/json")
            self.send_header("content-length", str(len(raw)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            pass  # whoever asked is gone

    def error(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        self.answer(status, {"error": error}, headers)

    def reset(self) -> None:
        self.close_connection = True
        import contextlib
        import socket
        import struct

        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.wfile = open("/dev/null", "wb")  # noqa: SIM115 -- closed by the handler

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        p = self.provider
        path = urlsplit(self.path).path.replace(p.prefix, "/v1", 1)
        if path == "/_faults":
            with p.lock:
                p.faults = deque(json.loads(raw))
            self.answer(200, {})
        elif path == "/v1/files":
            self.upload(raw)
        elif path == "/v1/fine_tuning/jobs":
            self.create(json.loads(raw))
        elif path.endswith(("/cancel", "/pause", "/resume")):
            self.wish(*path.split("/")[-2:])
        else:
            self.error(404, "not_found", "unknown path")

    def wish(self, job_id: str, what: str) -> None:
        """As the wire answers: a job has no status for a pause; its events say it."""
        job = self.provider.jobs.get(job_id)
        if job is None:
            return self.error(404, "not_found", "No such job")
        if job["status"] in ("succeeded", "failed"):
            return self.error(400, "job_finished", "The job has ended.")
        if what == "cancel":
            job["status"] = "cancelled"
        elif job["status"] != "running":
            return self.error(400, "not_running", "Only a running job can be paused.")
        else:
            self.provider.say(job_id, "The job has been paused." if what == "pause" else "The job has been resumed.")
        return self.answer(200, job)

    def upload(self, raw: bytes) -> None:
        p = self.provider
        with p.lock:
            p.uploads += 1
            fault = p.upload_faults.popleft() if p.upload_faults else "none"
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + raw)
        part = next(x for x in parts.iter_parts() if x.get_filename())
        content = part.get_payload(decode=True)
        if fault == "403":
            return self.error(403, "training_not_available", "Fine-tuning is not available to your organisation.")
        if fault == "moderation":
            return self.error(400, "moderation_failed", "The file was rejected: it breaks the usage policies.")
        if fault == "reset-before":
            return self.reset()
        with p.lock:
            file_id = f"file-{p.number():06d}"
            p.contents[file_id] = content
            p.files[file_id] = {
                "id": file_id, "object": "file", "bytes": len(content), "created_at": int(time.time()),
                "filename": part.get_filename(), "purpose": "fine-tune", "status": "processed",
            }  # fmt: skip
        if fault == "reset-after":
            return self.reset()
        return self.answer(200, p.files[file_id])

    def create(self, body: dict[str, Any]) -> None:
        p = self.provider
        with p.lock:
            query = dict(parse_qsl(urlsplit(self.path).query))
            headers = {k.lower(): v for k, v in self.headers.items()}
            p.posts.append({"body": body, "headers": headers, "query": query})
            fault = p.faults.popleft() if p.faults else "none"
        name, _, amount = fault.partition(":")
        refusals = {
            "400": ("invalid_model", "The model cannot be fine-tuned."),
            "401": ("invalid_api_key", "Incorrect API key."),
            "quota": ("insufficient_quota", "You exceeded your current quota."),
            "403": ("training_not_available", "Fine-tuning is not available to your organisation."),
            "408": ("timeout", "Timed out."),
            "409": ("conflict", "Conflict."),
            "429": ("rate_limit_exceeded", "Too many jobs."),
            "500": ("server_error", "Something went wrong."),
        }
        if name in refusals:
            return self.error(429 if name == "quota" else int(name), *refusals[name])
        if name == "429-retry":
            return self.error(429, "rate_limit_exceeded", "Too many jobs.", {"retry-after": "7"})
        if name == "429-html":
            return self.answer(429, "<html>slow down</html>", html=True)
        if name == "redirect":
            return self.answer(307, "", {"location": self.path})
        if name == "reset-before":
            return self.reset()
        if name == "late":
            timer = threading.Timer(float(amount), p.make_job, (body,))
            timer.daemon = True
            timer.start()
            return self.reset()
        job = p.make_job(body)
        if name == "502-html":
            return self.answer(502, "<html>bad gateway</html>", html=True)
        if name == "reset-after":
            return self.reset()
        if name == "html-200":
            return self.answer(200, "<html>welcome</html>", html=True)
        if name == "half-json":
            return self.answer(200, '{"id": "ftjob-00')
        if name == "slow-after":
            time.sleep(float(amount))
        return self.answer(200, job)

    def do_GET(self) -> None:
        p = self.provider
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        parts = url.path.strip("/").split("/")
        p.gets.append(url.path)
        if url.path == "/_count":
            return self.answer(200, p.counts())
        with p.lock:
            fault = p.get_faults.popleft() if p.get_faults else "none"
        if fault.isdigit():
            return self.error(int(fault), "server_error", "Not now.")
        if fault == "reset":
            return self.reset()
        if parts[:2] == ["v1", "models"] and len(parts) == 3:
            found = p.models.get(parts[2])
            return self.answer(200, found) if found else self.error(404, "not_found", "No such model")
        if parts[:2] == ["v1", "files"]:
            return self.get_files(parts[2:], query)
        if parts[:3] == ["v1", "fine_tuning", "jobs"]:
            return self.get_jobs(parts[3:], query)
        return self.error(404, "not_found", "unknown path")

    def get_files(self, rest: list[str], query: dict[str, str]) -> None:
        p = self.provider
        if not rest:
            return self.page(list(p.files.values())[::-1], query)
        if rest[0] not in p.files:
            return self.error(404, "not_found", "No such file")
        if rest[-1] == "content":
            return self.answer(200, p.contents[rest[0]])
        return self.answer(200, p.files[rest[0]])

    def get_jobs(self, rest: list[str], query: dict[str, str]) -> None:
        p = self.provider
        with p.lock:
            if not rest:
                rows = list(p.jobs.values())[::-1]
                for name, value in query.items():
                    if name.startswith("metadata["):
                        rows = [j for j in rows if (j["metadata"] or {}).get(name[9:-1]) == value]
                return self.page(rows, query)
            job = p.jobs.get(rest[0])
            if job is None:
                return self.error(404, "not_found", "No such fine-tuning job")
            if rest[-1] == "events":
                return self.page(p.events[rest[0]][::-1], query)
            if rest[-1] == "checkpoints":
                return self.page(p.checkpoints[rest[0]][::-1], query)
            return self.answer(200, job)

    def page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> None:
        ids = [r["id"] for r in rows]
        start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
        size = int(query.get("limit", 20))
        chosen = rows[start : start + size]
        self.answer(200, {"object": "list", "data": chosen, "has_more": start + size < len(rows)})


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers are killed here on purpose."""


class Server:
    """A provider being served on loopback."""

    def __init__(self, port: int = 0) -> None:
        self.provider = Provider()
        handler = type("Handler", (Handler,), {"provider": self.provider})
        self.http = Quiet(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Server":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)


if __name__ == "__main__":
    server = Server()
    sys.stdout.write(server.url + "\n")
    sys.stdout.flush()
    server.http.serve_forever(poll_interval=0.02)
