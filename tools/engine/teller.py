"""The trainer's log as events, evaluation ten times a run and at every epoch's end, a checkpoint an epoch."""

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from tools.engine.report import Report

NAMES = {
    "loss": "train_loss",
    "mean_token_accuracy": "train_mean_token_accuracy",
    "eval_loss": "valid_loss",
    "eval_mean_token_accuracy": "valid_mean_token_accuracy",
    "rewards/accuracies": "train_reward_accuracy",
    "rewards/margins": "train_reward_margin",
    "eval_rewards/accuracies": "valid_reward_accuracy",
    "eval_rewards/margins": "valid_reward_margin",
    "reward": "train_reward_mean",
    "reward_std": "train_reward_std",
    "eval_reward": "valid_reward_mean",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
}
"""TRL's names and those of the wire."""
TELLING = ("train_loss", "valid_loss", "train_reward_mean", "valid_reward_mean")


class Teller(TrainerCallback):  # type: ignore[misc]
    """Listens to a TRL trainer.

    Args:
        report: where to tell.
        evaluates: whether there is something to validate with.
        keep: stores the model as a checkpoint of a step; None: only the last model is kept.
        every: steps between evaluations; None: ten times a run.
    """

    def __init__(
        self, report: Report, evaluates: bool, keep: Callable[[Any, int], None] | None, every: int | None = None
    ) -> None:
        self._report, self._evaluates, self._keep, self._every = report, evaluates, keep, every

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Evaluate every so often."""
        control.should_evaluate = self._evaluates and self._due(state)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Evaluate at the end of every epoch, unless that was just done."""
        control.should_evaluate = self._evaluates and not self._due(state)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        """Tell the numbers."""
        values = {new: float(logs[old]) for old, new in NAMES.items() if old in logs}
        if any(name in values for name in TELLING):
            self._report.metrics(state.global_step, state.max_steps, values)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        """Keep what the epoch before has learnt (evaluated by now)."""
        if state.global_step and float(state.epoch).is_integer():  # a run that goes on may begin in an epoch's middle
            self._checkpoint(state, model)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        """Keep the last epoch's checkpoint too."""
        self._checkpoint(state, model)

    def _checkpoint(self, state: Any, model: Any) -> None:
        if self._keep is not None:
            self._keep(model, state.global_step)
            self._report.checkpoint(state.global_step)

    def _due(self, state: Any) -> bool:
        step: int = state.global_step
        return step % (self._every or max(1, state.max_steps // 10)) == 0
