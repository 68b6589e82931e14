"""Which bases read images; told without loading any library, for a plan asks too."""

from pathlib import Path

from tools.engine.durable import read_json


def sees(folder: Path) -> bool:
    """Whether the model in a folder reads images, by its config.json; no library is loaded for it."""
    try:
        config = read_json(folder / "config.json")
    except ValueError:
        config = None
    made = config.get("architectures") if isinstance(config, dict) else None
    answers = isinstance(made, list) and any(str(name).endswith("ForConditionalGeneration") for name in made)
    return answers and isinstance(config, dict) and isinstance(config.get("vision_config"), dict)
