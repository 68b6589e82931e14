"""Google's wire on loopback: tuning jobs, a bucket, and the place where a service account signs in."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from wire_base import REFUSALS, State, Wire, now


class Google(State):
    """A project's tuning jobs, its bucket, and the place where a service account signs in."""

    def keys(self) -> dict[str, str | None]:
        return {i: j["description"] for i, j in self.jobs.items()}

    def make_job(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            name = f"projects/p/locations/us-central1/tuningJobs/{self.number():06d}"
            self.jobs[name] = {**body, "name": name, "state": "JOB_STATE_PENDING", "createTime": now(),
                               "updateTime": now()}  # fmt: skip
            return self.jobs[name]

    def finish(self, name: str, state: str = "JOB_STATE_SUCCEEDED") -> None:
        stats = {"supervisedTuningDataStats": {"totalBillableTokenCount": "1200", "tuningStepCount": "2",
                                               "tuningDatasetExampleCount": "16"}}  # fmt: skip
        tuned = {"model": "projects/p/locations/us-central1/models/7@1",
                 "endpoint": "projects/p/locations/us-central1/endpoints/9",
                 "checkpoints": [{"checkpointId": "1", "epoch": "1", "step": "2"}]}  # fmt: skip
        self.jobs[name].update(state=state, startTime=now(), endTime=now(), tuningDataStats=stats, tunedModel=tuned)


class GoogleWire(Wire):
    """Its paths."""

    def refuse(self, status: int, message: str) -> None:
        words = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
        error = {"code": status, "message": message, "status": words.get(status, "UNKNOWN")}
        self.answer(status, {"error": error})

    def do_POST(self) -> None:
        p, url, raw = self.provider, urlsplit(self.path), self.body()
        if self.control(url.path, raw):
            return None
        if url.path == "/token":
            return self.answer(200, {"access_token": "ya29.test", "expires_in": 3600, "token_type": "Bearer"})
        if url.path.startswith("/upload/"):
            fault = p.upload_faults.popleft() if p.upload_faults else "none"
            if fault != "none":
                return self.refuse(int(fault), REFUSALS[fault])
            query = parse_qs(url.query)
            name = query["name"][0]
            if name in p.files and query.get("ifGenerationMatch") == ["0"]:
                return self.refuse(412, "It exists.")
            p.files[name] = raw
            return self.answer(200, {"name": name, "size": str(len(raw))})
        if url.path.endswith(":cancel"):
            job = p.jobs.get(url.path.removeprefix("/v1beta1/").removesuffix(":cancel"))
            if job is None:
                return self.refuse(404, "No such job")
            if job["state"] in ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED"):
                return self.refuse(400, "The job has ended.")
            job.update(state="JOB_STATE_CANCELLED", endTime=now())
            return self.answer(200, {})
        if url.path.endswith("/tuningJobs"):
            return self.create_job(json.loads(raw), "job")
        return self.refuse(404, f"unknown path {url.path}")

    def do_GET(self) -> None:
        p, url = self.provider, urlsplit(self.path)
        if url.path == "/_count":
            return self.answer(200, p.counts())
        if url.path.startswith("/storage/"):
            name = unquote(url.path.split("/o/")[1])
            if name not in p.files:
                return self.refuse(404, "No such object")
            return self.answer(200, {"name": name, "size": str(len(p.files[name]))})
        if url.path.endswith("/tuningJobs"):
            wanted = parse_qs(url.query).get("filter", [""])[0]
            label = wanted.partition('"')[2].rstrip('"')
            rows = [j for j in p.jobs.values() if not label or j["labels"]["ft_launch"] == label]
            return self.tell("list", {"tuningJobs": rows})
        job = p.jobs.get(url.path.removeprefix("/v1beta1/"))
        return self.tell("job", job) if job else self.refuse(404, "No such job")
