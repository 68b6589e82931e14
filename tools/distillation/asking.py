"""Asking for many completions within a budget: kept by the content of the question, so that nothing is asked twice."""

import hashlib
import json
import random
import time
from decimal import Decimal
from threading import Lock
from typing import NamedTuple

from tools.endpoint import (
    RETRIES,
    Completion,
    Endpoint,
    FailedError,
    Message,
    RejectedError,
    SlowDownError,
    in_parallel,
)
from tools.errors import RefusedError, UnavailableError
from tools.evals.store import completions
from tools.progress import Progress

_KEEP_EVERY_SECONDS = 2.0
_PER_MESSAGE_TOKENS = 8
"""What a chat template adds around a message, rounded up."""
_WAIT_S, _LONGEST_WAIT_S = 0.5, 20.0
Answer = Completion | RejectedError


class Prices(NamedTuple):
    """US dollars per million tokens; None is unknown."""

    prompt: Decimal | None
    completion: Decimal | None

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """Of so many tokens."""
        if self.prompt is None or self.completion is None:
            return None
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1_000_000


class Budget:
    """The most that may be used. Each request is reckoned at its worst before it is sent.

    One whose answer was lost stays counted at its worst: it may have been made, and billed.
    """

    def __init__(self, usd: Decimal | None, tokens: int | None) -> None:
        self._usd, self._tokens = usd, tokens
        self._lock = Lock()
        self.lost = 0
        """Requests whose answer never came."""
        self.spent_usd: Decimal | None = Decimal(0)
        self.spent_tokens = 0
        self.exact = True
        """False once an endpoint did not say what an answer took: then the worst case is counted, not the cost."""

    @property
    def cost_usd(self) -> Decimal | None:
        """What was really spent; None when a price or a count is not known, or an answer was lost."""
        return self.spent_usd if self.exact or self.spent_usd == 0 else None

    def reserve(self, usd: Decimal | None, tokens: int, *, again: bool = False) -> bool:
        """Count a request of at most this size, if it is within the budget whatever else is under way.

        Args:
            usd: dollars at most; None: not known.
            tokens: at most, prompt and answer together.
            again: the request's last answer was lost; that one stays counted, and the cost is not known any more.
        """
        with self._lock:
            if again:
                self.lost, self.exact = self.lost + 1, False
            if self._tokens is not None and self.spent_tokens + tokens > self._tokens:
                return False
            if self._usd is not None and (usd is None or self.spent_usd is None or self.spent_usd + usd > self._usd):
                return False
            self._take(usd, tokens)
            return True

    def settle(self, usd: Decimal | None, tokens: int) -> None:
        """Correct what was reserved by a difference."""
        with self._lock:
            self._take(usd, tokens)

    def lose(self) -> None:
        """A request's answer was lost, and it is not asked again."""
        with self._lock:
            self.lost, self.exact = self.lost + 1, False

    def _take(self, usd: Decimal | None, tokens: int) -> None:
        self.spent_tokens += tokens
        self.spent_usd = None if usd is None or self.spent_usd is None else self.spent_usd + usd


class Asker:
    """One endpoint with its settings, prices and the shared budget."""

    def __init__(
        self, endpoint: Endpoint, prices: Prices, budget: Budget, *, max_tokens: int, temperature: float, at_once: int
    ) -> None:
        self._endpoint, self._prices, self._budget = endpoint, prices, budget
        self._max_tokens, self._temperature, self._at_once = max_tokens, temperature, at_once
        self.asked = 0
        """Requests sent, those whose answer was lost included."""
        self.reused = 0
        """Answers that were there already."""
        self._counting = Lock()

    def key(self, messages: list[Message]) -> str:
        """Address of a completion by everything that could change it (the same as an eval's without tools)."""
        e = self._endpoint
        content = [e.identity, e.model, messages, None, self._max_tokens, self._temperature, None]
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def worst(self, messages: list[Message]) -> tuple[int, Decimal | None]:
        """(tokens, dollars) one request may take at most."""
        sent = sum(len(json.dumps(m, ensure_ascii=False).encode()) + _PER_MESSAGE_TOKENS for m in messages)
        return sent + self._max_tokens, self._prices.cost(sent, self._max_tokens)

    def ask(self, questions: dict[str, list[Message]], progress: Progress, what: str) -> dict[str, Answer]:
        """Answers by key; those known are not asked for.

        Raises:
            RefusedError: the budget ends; what was answered is kept.
            UnavailableError, InputError, CancelledError: likewise kept.
        """
        answers: dict[str, Answer] = dict(completions.known(list(questions)))
        self.reused += len(answers)
        missing = [key for key in questions if key not in answers]
        unsaved: dict[str, Completion] = {}
        last, stopped = time.monotonic(), False

        def tick() -> None:
            progress(len(answers), len(questions), f"{len(answers)} of {len(questions)} {what}")

        def allowed() -> list[str]:
            chosen: list[str] = []
            for key in missing:
                tokens, usd = self.worst(questions[key])
                if not self._budget.reserve(usd, tokens):
                    break
                chosen.append(key)
            return chosen

        try:
            tick()
            while missing and not stopped:
                chosen = allowed()
                stopped = not chosen
                for key, answer in in_parallel(
                    chosen, lambda key: self._one(questions[key]), at_once=self._at_once, tick=tick
                ):
                    answers[key] = answer
                    self._settle(questions[key], answer)
                    if isinstance(answer, Completion):
                        unsaved[key] = answer
                    if time.monotonic() - last > _KEEP_EVERY_SECONDS:
                        completions.keep(unsaved, self._endpoint.model)
                        unsaved, last = {}, time.monotonic()
                missing = [key for key in missing if key not in answers]
        except UnavailableError as e:
            left = len(questions) - len(answers)
            raise UnavailableError(
                e.what, where=e.where, remedy=f"{e.remedy} {len(answers)} answers are kept; {left} are left to ask."
            ) from None
        finally:
            completions.keep(unsaved, self._endpoint.model)
            self._endpoint.close()
        if missing:
            raise RefusedError(
                f"the budget ends after {len(answers)} of {len(questions)} {what}",
                where=self._endpoint.identity,
                remedy="The answers are kept. The same command with a larger budget goes on from there.",
            )
        return answers

    def _one(self, messages: list[Message]) -> Completion:
        """One answer. Asked again when it is lost, as often as any endpoint is; each time counts in the budget."""
        tokens, usd = self.worst(messages)
        for attempt in range(RETRIES):
            try:
                return self._once(messages)
            except SlowDownError as e:  # nothing was made: what was reserved serves the next attempt
                wait_s = e.after_s
            except UnavailableError as e:
                if not self._budget.reserve(usd, tokens, again=True):
                    raise RefusedError(
                        f"the budget has no room to ask again after an answer was lost ({e.what})",
                        where=e.where,
                        remedy="The answers are kept. The same command with a larger budget goes on from there.",
                    ) from None
                wait_s = e.after_s if isinstance(e, FailedError) else None
            # S311: what is drawn keeps many requests from coming back at one moment; it is no secret.
            drawn_s = _WAIT_S * 2**attempt * (1 - 0.25 * random.random())  # noqa: S311
            time.sleep(min(_LONGEST_WAIT_S, drawn_s if wait_s is None else wait_s))
        try:
            return self._once(messages)
        except SlowDownError:
            self._budget.settle(-usd if usd is not None else None, -tokens)
            raise
        except UnavailableError:
            self._budget.lose()
            raise

    def _once(self, messages: list[Message]) -> Completion:
        with self._counting:
            self.asked += 1
        return self._endpoint.complete(messages, max_tokens=self._max_tokens, temperature=self._temperature, retries=0)

    def _settle(self, messages: list[Message], answer: Answer) -> None:
        """Put what it really took in place of the worst case, where the endpoint says it."""
        tokens, usd = self.worst(messages)
        if isinstance(answer, RejectedError):
            self._budget.settle(-usd if usd is not None else None, -tokens)
            return
        if answer.prompt_tokens is None or answer.completion_tokens is None:
            self._budget.exact = False
            return
        real = self._prices.cost(answer.prompt_tokens, answer.completion_tokens)
        self._budget.settle(
            real - usd if real is not None and usd is not None else None,
            answer.prompt_tokens + answer.completion_tokens - tokens,
        )
