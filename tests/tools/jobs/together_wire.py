"""Together's wire on loopback."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wire_base import REFUSALS, State, Wire, now


class Together(State):
    """api.together.xyz"""

    models = ("tiny", "gpt-4.1-mini", "Qwen/Qwen3.5-9B")

    def keys(self) -> dict[str, str | None]:
        return {i: j["suffix"] for i, j in self.jobs.items()}

    def make_job(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            job_id = f"ft-{self.number():06d}"
            self.jobs[job_id] = {
                "id": job_id, "status": "pending", "created_at": now(), "updated_at": now(), "user_id": "u",
                "model": body["model"], "training_file": body["training_file"], "suffix": body.get("suffix"),
                "validation_file": body.get("validation_file") or None, "n_epochs": body.get("n_epochs"),
                "model_output_name": f"me/{body['model']}-{body.get('suffix')}", "token_count": None,
                "adapter_output_name": None,
                "training_method": body["training_method"], "training_type": body.get("training_type"), "events": [],
            }  # fmt: skip
            self.say(job_id, "JOB_PENDING", "Created.")
            return self.jobs[job_id]

    def say(self, job_id: str, kind: str, message: str) -> None:
        event = {"object": "fine-tune-event", "created_at": now(), "type": kind.lower(), "message": message,
                 "level": "info"}  # fmt: skip
        self.jobs[job_id]["events"].append(event)

    def finish(self, job_id: str, status: str = "completed") -> None:
        self.say(job_id, "job_complete" if status == "completed" else "job_error", f"Job {status}.")
        self.jobs[job_id].update(status=status, token_count=1200, updated_at=now())

    def file(self, file_id: str) -> dict[str, Any]:
        name, content = self.files[file_id]  # type: ignore[misc]
        return {"id": file_id, "bytes": len(content), "created_at": int(time.time()), "filename": name,
                "FileType": "jsonl", "object": "file", "Processed": True, "purpose": "fine-tune"}  # fmt: skip


LIMITS = {
    "default_gradient_accumulation_steps": 1, "max_learning_rate": 1.0, "max_num_checkpoints": 10,
    "max_num_epochs": 50, "max_num_evals": 100, "max_seq_length_dpo": 8192, "max_seq_length_sft": 8192,
    "merge_output_lora": True, "min_learning_rate": 1e-9, "min_max_seq_length": 32, "model_name": "tiny",
    "supports_full_training": True, "supports_reasoning": False, "supports_tools": True, "supports_vision": False,
    "lora_training": {"default_rank": 64, "max_batch_size": 96, "max_batch_size_dpo": 48, "max_rank": 64,
                      "min_batch_size": 8, "target_modules": ["q_proj"]},
    "full_training": {"max_batch_size": 32, "max_batch_size_dpo": 16, "min_batch_size": 8},
}  # fmt: skip


class TogetherWire(Wire):
    """Its paths."""

    def refuse(self, status: int, message: str) -> None:
        self.answer(status, {"error": {"message": message, "type": "invalid_request_error", "code": f"e{status}"}})

    def do_POST(self) -> None:
        p, path, raw = self.provider, urlsplit(self.path).path, self.body()
        if self.control(path, raw):
            return None
        rest = path.removeprefix("/v1/").split("/")
        if rest == ["files"]:
            fault = p.upload_faults.popleft() if p.upload_faults else "none"
            if fault != "none":
                return self.refuse(int(fault), REFUSALS[fault])
            name = dict(_form(raw, self.headers["content-type"]))["file_name"]
            file_id = f"file-{p.number():06d}"
            p.files[file_id] = (name, b"")
            place = {"location": f"{p.url}/_put/{file_id}", "x-together-file-id": file_id}
            return self.answer(302, "", place)
        if rest[0] == "files" and rest[2] == "preprocess":
            return self.tell("file", p.file(rest[1]))
        if rest == ["fine-tunes", "estimate-price"]:
            estimate = {"estimation_available": True, "allowed_to_proceed": True, "estimated_total_price": 1.0}
            return self.tell("estimate", estimate)
        if rest == ["fine-tunes"]:
            return self.create_job(json.loads(raw), "created")
        job = p.jobs.get(rest[1])
        if job is None:
            return self.refuse(404, "No such job")
        if job["status"] in ("completed", "error"):
            return self.refuse(400, "The job has ended.")
        job["status"] = "cancelled"
        return self.tell("cancelled", job)

    def do_PUT(self) -> None:
        file_id = urlsplit(self.path).path.split("/")[-1]
        self.provider.files[file_id] = (self.provider.files[file_id][0], self.body())
        self.answer(200, "")

    def do_GET(self) -> None:
        p, url = self.provider, urlsplit(self.path)
        if url.path == "/_count":
            return self.answer(200, p.counts())
        rest = url.path.removeprefix("/v1/").split("/")
        if rest[0] == "files":
            if len(rest) == 1:
                return self.tell("files", {"data": [p.file(i) for i in p.files]})
            return self.tell("file", p.file(rest[1])) if rest[1] in p.files else self.refuse(404, "No such file")
        if rest[1:] == ["models", "limits"]:
            known = parse_qs(url.query)["model_name"][0] in p.models
            return self.tell("limits", LIMITS) if known else self.refuse(404, "No such model")
        if len(rest) == 1:
            return self.tell("jobs", {"data": list(p.jobs.values())})
        job = p.jobs.get(rest[1])
        if job is None:
            return self.refuse(404, "No such job")
        if rest[-1] == "events":
            return self.tell("events", {"data": job["events"]})
        if rest[-1] == "checkpoints":
            row = {"checkpoint_type": "Final", "created_at": now(), "path": "s3://x", "step": 2}
            return self.tell("checkpoints", {"data": [row] if job["status"] == "completed" else []})
        if rest[-1] == "metrics":
            rows = [{"train/global_step": 1.0, "train/loss": 2.0}, {"train/global_step": 2.0, "train/loss": 1.5}]
            return self.tell("metrics", {"metrics": rows if job["status"] == "completed" else []})
        return self.tell("job", job)


def _form(raw: bytes, kind: str) -> list[tuple[str, str]]:
    import email.parser
    import email.policy

    whole = f"Content-Type: {kind}\r\n\r\n".encode() + raw
    parts = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(whole)
    if not parts.is_multipart():
        return [(k, v[0]) for k, v in parse_qs(raw.decode()).items()]
    return [(str(x.get_param("name", header="content-disposition")), str(x.get_content()).strip())
            for x in parts.iter_parts()]  # fmt: skip
