"""Hyperparameters: how providers choose them, when to change them, and recipes that were measured."""

from functools import cache

from knowledge.load import Record, read


class AutoEpochs(Record):
    """The published estimate of what `auto` chooses; a provider's real default may differ."""

    target: int
    """Epochs when the number of examples gives no reason for another."""
    min_total: int
    max_total: int
    """Bounds on examples times epochs."""
    min_epochs: int
    max_epochs: int
    note: str
    source: str

    def epochs(self, examples: int) -> int:
        """Epochs for a number of examples (1 or more)."""
        if examples * self.target < self.min_total:
            return min(self.max_epochs, self.min_total // examples)
        if examples * self.target > self.max_total:
            return max(self.min_epochs, self.max_total // examples)
        return self.target


class Symptom(Record):
    """What a run showed, and which setting to change by how much."""

    seen: str
    change: str
    """The setting, as OpenAI's job types name it."""
    by: str
    why: str
    sources: tuple[str, ...]


class Band(Record):
    """A field rule: settings for training files up to a size."""

    up_to_examples: int | None
    """Inclusive; None for any larger file."""
    n_epochs: tuple[int, int]
    """Lowest and highest."""
    learning_rate_multiplier: tuple[float, float] | None
    note: str = ""
    source: str


class Default(Record):
    """What a trainer or provider uses when nothing is said."""

    value: float | int | str | bool | None
    note: str = ""
    source: str


class Measured(Record):
    """What one run of a recipe gave."""

    task: str
    train_examples: int
    held_out: int
    steps: int
    n_epochs: float
    max_length: int | None
    base_score: float
    base_arm: str
    """The best arm without training that it was compared with."""
    tuned_score: float
    half_width: float
    """Of the 95 % interval of the tuned score."""
    wall_seconds: int
    cpu_seconds: int
    peak_memory_gb: float
    note: str
    source: str


class Recipe(Record):
    """A full set of settings for local training, and what it gave."""

    base_model: str
    settings: dict[str, float | int | str | bool]
    reasons: dict[str, str]
    """Why a setting is not the trainer's default."""
    measured: tuple[Measured, ...]
    source: str


class Hyperparameters(Record):
    """The whole file."""

    auto_epochs: AutoEpochs
    symptoms: tuple[Symptom, ...]
    bands: tuple[Band, ...]
    defaults: dict[str, dict[str, Default]]
    """Trainer or provider, then setting."""
    recipes: dict[str, Recipe]


@cache
def hyperparameters() -> Hyperparameters:
    """All rules, defaults and recipes."""
    return read("hyperparameters.yaml", Hyperparameters)
