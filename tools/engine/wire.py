"""The wire's words: errors and lists in OpenAI's shape, and what a create request may say."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]
TERMINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})


class WireError(Exception):
    """An error as the wire says it; `status` is the HTTP status.

    Args:
        status: HTTP status code.
        message: what happened and what to do, one or two sentences.
        code: machine-readable word.
        param: the request field it is about.
    """

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        self.status, self.message, self.code, self.param = status, message, code, param
        super().__init__(message)

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def not_found(what: str, name: str, param: str | None = None) -> WireError:
    """404 for an id that does not exist here."""
    return WireError(404, f"No such {what}: {name}.", code="not_found", param=param)


def page(rows: list[dict[str, Any]], after: str | None, limit: int | None, default: int = 20) -> dict[str, Any]:
    """One page of `rows` (already in wire order), after the row whose id is `after`.

    Raises:
        WireError: 400 when `after` names no row.
    """
    start = 0
    if after:
        ids = [row["id"] for row in rows]
        if after not in ids:
            raise WireError(400, f"'after' names nothing in this list: {after}.", code="invalid_cursor", param="after")
        start = ids.index(after) + 1
    size = default if limit is None else max(1, min(limit, 10_000))
    chosen = rows[start : start + size]
    return {
        "object": "list",
        "data": chosen,
        "has_more": start + size < len(rows),
        "first_id": chosen[0]["id"] if chosen else None,
        "last_id": chosen[-1]["id"] if chosen else None,
    }


class MethodSettings(BaseModel):
    """One method's part: hyperparameters, and a grader for reinforcement."""

    model_config = ConfigDict(extra="forbid")

    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    grader: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


class Method(BaseModel):
    """How to train."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["supervised", "dpo", "reinforcement"] = "supervised"
    supervised: MethodSettings | None = None
    dpo: MethodSettings | None = None
    reinforcement: MethodSettings | None = None

    @property
    def settings(self) -> MethodSettings:
        """The part of the method chosen."""
        return getattr(self, self.type) or MethodSettings()


class CreateJob(BaseModel):
    """The body of POST /v1/fine_tuning/jobs."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=4096)
    training_file: str
    validation_file: str | None = None
    method: Method = Field(default_factory=Method)
    hyperparameters: dict[str, Any] | None = None
    suffix: str | None = Field(default=None, max_length=64)
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    metadata: dict[str, str] = Field(default_factory=dict, max_length=16)
    integrations: list[dict[str, Any]] | None = None
