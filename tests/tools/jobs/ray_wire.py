"""Ray's Jobs REST API on loopback, answering as Ray's own server does (its job_head.py), without a cluster.

It keeps packages and jobs, refuses a submission id that exists with the traceback Ray gives, and fails as it is told.
Where a training would run, `finish` writes what one leaves in the shared folder.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any

from wire_base import State, Wire
from wire_provider import Quiet

from tools.engine.durable import write_json
from tools.engine.report import Report

TRACEBACK = 'Traceback (most recent call last):\n  File "job_head.py", line 412, in submit_job\n{}: {}\n'


class Ray(State):
    """What the head node keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.packages: dict[str, bytes] = {}
        self.stops = 0
        self.token = ""
        """What every request must bring, where the cluster has one."""

    def keys(self) -> dict[str, str | None]:
        return {job_id: job["metadata"].get("ft_launch") for job_id, job in self.jobs.items()}

    def make_job(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """None: the submission id is taken."""
        with self.lock:
            job_id = body["submission_id"]
            if job_id in self.jobs:
                return None
            self.jobs[job_id] = {
                "type": "SUBMISSION", "job_id": None, "submission_id": job_id, "driver_info": None, "status": "PENDING",
                "entrypoint": body["entrypoint"], "message": "Job has not started yet.", "error_type": None,
                "start_time": int(time.time() * 1000), "end_time": None, "metadata": body["metadata"],
                "runtime_env": body["runtime_env"], "driver_agent_http_address": None, "driver_node_id": None,
                "driver_exit_code": None,
            }  # fmt: skip
            return {"job_id": job_id, "submission_id": job_id}

    def end(self, job_id: str, status: str, message: str = "") -> None:
        """As Ray ends a job."""
        with self.lock:
            self.jobs[job_id].update(status=status, end_time=int(time.time() * 1000), message=message)

    def folder(self, job_id: str) -> Path:
        """The job's folder, found as a node finds it: from the environment that was submitted."""
        told = self.jobs[job_id]["runtime_env"]["env_vars"]
        return Path(told["ADVISOR_HOME"], "engine", "jobs", told["ADVISOR_RAY_JOB"])

    def finish(self, job_id: str) -> None:
        """What a training leaves, by the training's own voice."""
        report = Report(self.folder(job_id))
        report.begin_training()
        report.metrics(1, 2, {"train_loss": 2.0})
        report.metrics(2, 2, {"train_loss": 1.0})
        adapter = self.folder(job_id) / "adapter"
        adapter.mkdir()
        write_json(adapter / "adapter_config.json", {})
        report.results()
        report.outcome("succeeded", trained_tokens=64)
        self.end(job_id, "SUCCEEDED", "Job finished successfully.")


class RayWire(Wire):
    """Its routes."""

    provider: Ray

    def refuse(self, status: int, message: str) -> None:
        self.answer(status, TRACEBACK.format("ValueError", message), html=True)

    def create_job(self, body: dict[str, Any], kind: str) -> None:
        """Before the shared faults: Ray says 500 to a submission id that exists, and names it."""
        if body["submission_id"] in self.provider.jobs:
            self.provider.posts.append(body)
            words = (
                f"Job with submission_id {body['submission_id']} already exists. Please use a different submission_id."
            )
            return self.refuse(500, words)
        if list(self.provider.faults)[:1] == ["no-agent"]:
            self.provider.faults.popleft()
            return self.answer(500, "No available agent to submit job, please try again later.", html=True)
        return super().create_job(body, kind)

    def stranger(self) -> bool:
        """Whether the request was turned away, as Ray's middleware does it."""
        given, wanted = self.headers.get("Authorization", ""), self.provider.token
        if not wanted or given == f"Bearer {wanted}":
            return False
        missing = "Unauthorized: Missing authentication token", 401
        words, status = ("Forbidden: Invalid authentication token", 403) if given else missing
        self.answer(status, words, html=True)
        return True

    def do_POST(self) -> None:
        raw, path = self.body(), self.path.rstrip("/")
        if self.stranger():
            return None
        if path == "/api/jobs":
            return self.create_job(json.loads(raw), "submit")
        job = self.provider.jobs.get(path.split("/")[3])
        if job is None:
            return self.answer(404, f"Job {path.split('/')[3]} does not exist", html=True)
        self.provider.stops += 1
        ended = job["status"] in ("STOPPED", "SUCCEEDED", "FAILED")
        if not ended:
            self.provider.end(job["submission_id"], "STOPPED", "Job was intentionally stopped.")
        return self.answer(200, {"stopped": not ended})

    def do_PUT(self) -> None:
        body = self.body()
        if self.stranger():
            return
        self.provider.packages[self.path] = body
        self.answer(200, b"")

    def do_GET(self) -> None:
        if self.stranger():
            return None
        if self.path == "/api/version":
            return self.answer(200, {"version": "4", "ray_version": "2.60.0", "ray_commit": "-", "session_name": "-"})
        if self.path.startswith("/api/packages/"):
            there = self.path in self.provider.packages
            return self.answer(200 if there else 404, b"")
        job_id = self.path.split("/")[3]
        if job_id not in self.provider.jobs:
            return self.answer(404, f"Job {job_id} does not exist", html=True)
        return self.answer(200, self.provider.jobs[job_id])


class ServingRay:
    """One head node on a port of its own."""

    def __init__(self) -> None:
        self.provider = Ray()
        self.http = Quiet(("127.0.0.1", 0), type("Bound", (RayWire,), {"provider": self.provider}))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "ServingRay":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)
