"""Ray's own client of its Jobs REST wire, with time limits and no redirects followed. Only this file imports it."""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when ray is imported, below
if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
    os.environ.setdefault("RAY_AUTH_MODE", "token")  # who gives a token wants it sent

import requests
from ray.exceptions import AuthenticationError
from ray.job_submission import JobSubmissionClient

import knowledge
import tools
from knowledge.thresholds import threshold
from tools.jobs.backends.base import Missing, NotSent, Refused, Unanswered, Unreachable, definite, one_line

PACKAGES = [str(Path(str(package.__file__)).parent) for package in (tools, knowledge)]
"""Our code, as it runs here, so that nodes train what this computer would."""
LEFT_OUT = ["__pycache__", "**/__pycache__/**"]

for chatty in (
    "ray.dashboard.modules.dashboard_sdk",
    "ray.dashboard.modules.job.sdk",
    "ray._private.runtime_env.packaging",
):
    logging.getLogger(chatty).setLevel(logging.WARNING)


class Answer(RuntimeError):
    """Ray's answer to a request that did not succeed."""

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words
        super().__init__(one_line(words))


class Client:
    """One cluster's Jobs API.

    Args:
        address: of its dashboard, http or https.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._made: _Ray | None = None

    def _ray(self) -> "_Ray":
        if self._made is None:
            self._made = _Ray(self._address)  # asks for the version: only a cluster that answers is asked more
        return self._made

    def submit(self, job_id: str, entrypoint: str, environment: dict[str, str], metadata: dict[str, str]) -> None:
        """Send the code unless it is there, then the job with exactly one request.

        Raises:
            NotSent, Refused, Unanswered, FileExistsError: it is there already.
        """
        try:
            ray = self._ray()
            runtime = {"py_modules": list(PACKAGES), "excludes": LEFT_OUT, "env_vars": environment}
            ray.submit_job(entrypoint=entrypoint, submission_id=job_id, runtime_env=runtime, metadata=metadata)
        except AuthenticationError as e:
            # The dashboard looks at the token before at anything else, so nothing was made.
            raise NotSent(_about_token(e), code="authentication") from e
        except Answer as e:
            if "already exists" in e.words:
                raise FileExistsError(job_id) from None
            if "No available agent" in e.words:  # said before anything is done
                raise NotSent("no node of the cluster can take a job yet; try again in a minute") from e
            if definite(e.status, reason_given=False):
                raise Refused(_last_line(e.words), code=str(e.status)) from e
            raise Unanswered(f"Ray answered {e.status}: {_last_line(e.words)}") from e
        except (ConnectionError, requests.RequestException) as e:
            if self._made is None or not self._made.submitting:
                raise NotSent(f"no Ray cluster answers at {self._address}; nothing was sent") from e
            raise Unanswered(f"the connection ended before Ray's answer ({type(e).__name__})") from e

    def info(self, job_id: str) -> Any:
        """Ray's `JobDetails`. Raises Missing or Unreachable."""
        return self._asked(lambda ray: ray.get_job_info(job_id))

    def stop(self, job_id: str) -> bool:
        """Ask Ray to end the job; False when it has ended. Raises Missing or Unreachable."""
        return bool(self._asked(lambda ray: ray.stop_job(job_id)))

    def _asked(self, question: Any) -> Any:
        try:
            return question(self._ray())
        except Answer as e:
            if e.status == 404:
                raise Missing(one_line(e.words)) from e
            raise Unreachable(f"{e.status}: {_last_line(e.words)}", code=str(e.status)) from e
        except AuthenticationError as e:
            raise Unreachable(_about_token(e), code="authentication") from e
        except (ConnectionError, requests.RequestException, RuntimeError, ValueError) as e:
            raise Unreachable(f"no Ray cluster answers at {self._address} ({type(e).__name__})") from e


class _Ray(JobSubmissionClient):
    """The official client; what it leaves open is set here."""

    submitting = False
    """Whether the request that makes a job has begun to leave."""

    def _do_request(self, method: str, endpoint: str, **more: Any) -> requests.Response:
        making = (method, endpoint) == ("POST", "/api/jobs/")
        self.submitting = self.submitting or making
        wait = threshold("jobs.create_timeout_s" if making else "jobs.read_timeout_s")
        # A redirect of the submission would be a second request. Proxies are for the outside only.
        host = urlsplit(self._address).hostname
        inside: dict[str, Any] = (
            {"proxies": {"http": "", "https": ""}} if host in ("127.0.0.1", "localhost", "::1") else {}
        )
        answer: requests.Response = super()._do_request(
            method, endpoint, timeout=wait, allow_redirects=False, **inside, **more
        )
        return answer

    def _raise_error(self, r: requests.Response) -> None:
        raise Answer(r.status_code, r.text)


def _about_token(error: AuthenticationError) -> str:
    """Ray's advice is a page about its own set-up: what is missing here, in one line."""
    if "Missing authentication token" in str(error):
        where = "set RAY_AUTH_MODE=token, and the token as RAY_AUTH_TOKEN or in ~/.ray/auth_token"
        return f"the cluster wants a token: {where}"
    return "the cluster does not take this token: set RAY_AUTH_TOKEN, or ~/.ray/auth_token, to the cluster's own"


def _last_line(words: str) -> str:
    """Ray answers with a whole Python traceback: its last line says what it was."""
    return one_line(words.strip().splitlines()[-1] if words.strip() else "no words")
