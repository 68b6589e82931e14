"""The queue: one training process at a time, watched, and recognised again after a restart of the server."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from tools.engine import files, jobs, processes
from tools.engine.durable import read_json
from tools.engine.jobs import Job
from tools.engine.wire import TERMINAL, WireError

TICK_S = 0.3
IDLE_TICK_S = 5.0


class Runner:
    """Starts queued jobs in order and records how they end. One thread; cancel may be called from any other.

    Args:
        before_start: called before a training process starts, so that memory can be freed for it.
    """

    def __init__(self, before_start: Callable[[], None] = lambda: None) -> None:
        self._before_start = before_start
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="engine-runner", daemon=True)

    def start(self) -> None:
        """Begin working."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. A training process that runs goes on and is picked up at the next start."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=5)

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def busy(self) -> list[str]:
        """Ids of jobs that are not finished."""
        return [job.id for job in jobs.everything() if job.status not in TERMINAL]

    def cancel(self, job_id: str) -> Job:
        """Stop a job for good; its processes are gone when this returns.

        Raises:
            WireError: 404, or 400 when it has finished.
        """
        with self._lock:
            job = self._settle(jobs.get(job_id))
            if job.status in TERMINAL:
                raise WireError(400, f"The job has already {job.status}: nothing to cancel.", code="job_finished")
            process, job.process = job.process, job.process
            job.status, job.finished_at = "cancelled", int(time.time())
            job.save()
        if process:
            processes.stop_group(process)
        self._collect(job.id)
        jobs.say(job.folder, "The job was cancelled; what it had learnt so far is kept only in its checkpoints.")
        self.wake()
        return job

    def _loop(self) -> None:
        while not self._stopping:
            busy = True
            try:
                busy = self._tick()
            except OSError:
                time.sleep(1)  # a full disk passes; the queue must outlive it
            self._wake.wait(TICK_S if busy else IDLE_TICK_S)
            self._wake.clear()

    def _tick(self) -> bool:
        """Settle and start; False when there is nothing to do until someone says so."""
        with self._lock:
            open_jobs = [self._settle(job) for job in reversed(jobs.everything()) if job.status not in TERMINAL]
            open_jobs = [job for job in open_jobs if job.status not in TERMINAL]
            if open_jobs and not any(job.process for job in open_jobs) and not self._stopping:
                self._start(open_jobs[0])
            return bool(open_jobs)

    def _start(self, job: Job) -> None:
        self._before_start()
        env = processes.environment()
        argv = [sys.executable, "-m", "tools.engine.train", str(job.folder)]
        with (job.folder / "train.log").open("ab") as log:
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
            )
        job.process = processes.identify(child.pid)
        job.status, job.started_at = "validating_files", time.time()
        job.save()
        self._children[job.id] = child
        jobs.say(job.folder, "The training process has started.")

    def _settle(self, job: Job) -> Job:
        """Bring the status up to date with what the training process has said and whether it lives."""
        if job.status in TERMINAL or job.process is None:
            return job
        running = processes.alive(job.process)
        outcome = read_json(job.folder / "outcome.json")
        if running:
            if job.status == "validating_files" and (job.folder / "resolved.json").exists():
                job.status = "running"
                job.save()
            return job
        code = self._collect(job.id)
        outcome = outcome or read_json(job.folder / "outcome.json")
        self._finish(job, outcome or {"status": "failed", "error": _ended(code)})
        return job

    def _finish(self, job: Job, outcome: dict[str, Any]) -> None:
        job.status, job.error, job.finished_at = outcome["status"], outcome.get("error"), int(time.time())
        results = job.folder / "results.csv"
        if results.is_file() and not job.result_files:
            with results.open("rb") as f:
                job.result_files = [files.save(f, "step_metrics.csv", "fine-tune-results", check=False)["id"]]
        if job.error:
            jobs.say(job.folder, job.error["message"], level="error")
        elif job.status == "succeeded":
            jobs.say(job.folder, f"The job has finished. New model: {job.fine_tuned_model}")
        job.save()

    def _collect(self, job_id: str) -> int | None:
        child = self._children.pop(job_id, None)
        if child is None:
            return None
        try:
            return child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return None


def _ended(code: int | None) -> dict[str, Any]:
    how = "the computer or the engine was restarted while it ran, or it was ended from outside"
    if code == -9:
        how = "it was killed (signal 9); most often the system does that when memory runs out"
    elif code is not None and code < 0:
        how = f"it was ended by signal {-code}"
    elif code is not None:
        how = f"it ended with status {code}; the job's train.log has its last words"
    return {"code": "process_ended", "message": f"The training process ended before it was done: {how}.", "param": None}
