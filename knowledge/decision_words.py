"""The rules' own sentences in other languages: English sentence -> sentence, one file a language."""

from functools import cache

from knowledge.load import ROOT, read


@cache
def sentences(language: str) -> dict[str, str]:
    """Translations by English sentence, holes in braces kept; empty where a language has none."""
    path = f"decision/words/{language}.yaml"
    return read(path, dict[str, str]) if (ROOT / path).exists() else {}
