"""The Hugging Face hub's wire on loopback: a private repository, a bucket, and jobs."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wire_base import REFUSALS, State, Wire, now


class Hub(State):
    """The hub: a private repository, a bucket, and its jobs."""

    public = False
    """Whether repository and bucket were there before, for everybody to read."""

    def keys(self) -> dict[str, str | None]:
        return {i: (j.get("labels") or {}).get("ft_launch") for i, j in self.jobs.items()}

    def make_job(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            job_id = f"{self.number():024x}"
            self.jobs[job_id] = {
                **body, "id": job_id, "createdAt": now(), "startedAt": None, "finishedAt": None,
                "owner": {"id": "1", "name": "me", "type": "user"}, "status": {"stage": "SCHEDULING", "message": None},
                "initiator": {"type": "user", "id": "1", "name": "me"},
                "durations": {"schedulingSecs": 1, "runningSecs": None, "totalSecs": 1},
            }  # fmt: skip
            return self.jobs[job_id]

    def finish(self, job_id: str, stage: str = "COMPLETED") -> None:
        message = "exit code 1" if stage == "ERROR" else None
        self.jobs[job_id].update(status={"stage": stage, "message": message}, startedAt=now(), finishedAt=now())


LOG = (
    "===== Job started at 2026-11-21 =====",
    "Downloading torch (700 MB)",
    'ADVISOR {"step": 1, "total_steps": 2, "at": 1763700000.0, "train_loss": 2.0}',
    'ADVISOR {"step": 2, "total_steps": 2, "at": 1763700001.0, "train_loss": 1.5}',
    "ADVISOR {not json",
    'ADVISOR {"message": "The tuned model is saved.", "at": 1763700002.0}',
)


class HubWire(Wire):
    """Its paths."""

    def refuse(self, status: int, message: str) -> None:
        self.answer(status, {"error": message}, {"x-error-message": message})

    def do_POST(self) -> None:
        p, path, raw = self.provider, urlsplit(self.path).path, self.body()
        if self.control(path, raw):
            return None
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "repos"]:
            return self.answer(200, {"url": f"{p.url}/datasets/me/x"})
        if parts[1] == "buckets":
            return self.answer(200, {"url": f"{p.url}/buckets/me/x"})
        if "preupload" in parts:
            fault = p.upload_faults.popleft() if p.upload_faults else "none"
            if fault != "none":
                return self.refuse(int(fault), REFUSALS[fault])
            files = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                     for f in json.loads(raw)["files"]]  # fmt: skip
            return self.answer(200, {"files": files})
        if "commit" in parts:
            for line in raw.splitlines():
                said = json.loads(line)
                if said["key"] == "file":
                    p.files[said["value"]["path"]] = base64.b64decode(said["value"]["content"])
            return self.answer(200, {"commitUrl": f"{p.url}/datasets/me/x/commit/abc", "commitOid": "abc"})
        if "paths-info" in parts:
            asked = parse_qs(raw.decode())["paths"]
            rows = [{"type": "file", "path": a, "size": len(p.files[a]), "oid": "0"} for a in asked if a in p.files]
            return self.answer(200, rows)
        if parts[:2] == ["api", "jobs"] and len(parts) == 3:
            return self.create_job(json.loads(raw), "job")
        job = p.jobs.get(parts[3])
        if job is None:
            return self.refuse(404, "No such job")
        job.update(status={"stage": "CANCELED", "message": None}, finishedAt=now())
        return self.answer(200, job)

    def do_GET(self) -> None:
        p, url = self.provider, urlsplit(self.path)
        if url.path == "/_count":
            return self.answer(200, p.counts())
        parts = url.path.strip("/").split("/")
        if parts[1] == "whoami-v2":
            return self.answer(200, {"name": "me", "type": "user"})
        if parts[1] == "models":
            name = "/".join(parts[2:])
            if name not in ("tiny", "gpt-4.1-mini", "Qwen/Qwen3-8B"):
                return self.answer(404, {"error": "x"}, {"x-error-code": "RepoNotFound"})
            return self.answer(200, {"id": name, "gated": False})
        if parts[1] == "datasets":
            return self.answer(200, {"id": "/".join(parts[2:4]), "private": not p.public, "tags": [], "siblings": []})
        if parts[1] == "buckets":
            stamp = "2026-11-21T00:00:00.000Z"
            bucket = {
                "id": "/".join(parts[2:4]),
                "private": not p.public,
                "createdAt": stamp,
                "size": 0,
                "totalFiles": 0,
            }
            return self.answer(200, bucket)
        if parts[-1] == "logs":
            if parts[3] not in p.jobs:
                return self.refuse(404, "No such job")
            done = p.jobs[parts[3]]["status"]["stage"] == "COMPLETED"
            events = [{"data": line, "timestamp": now()} for line in (LOG if done else LOG[:1])]
            return self.answer(200, "".join(f"data: {json.dumps(e)}\n\n" for e in events))
        if len(parts) == 3:
            asked = [a.partition("=")[2] for a in parse_qs(url.query).get("label", [])]
            rows = [j for i, j in p.jobs.items() if not asked or p.keys()[i] in asked]
            return self.tell("jobs", rows)
        job = p.jobs.get(parts[3])
        return self.tell("job", job) if job else self.refuse(404, "No such job")
