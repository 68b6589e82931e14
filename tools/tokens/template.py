"""A model folder's own chat template: the exact text that a conversation becomes before it is tokenized."""

import json
from pathlib import Path
from typing import Any

from tools.dataset.example import Example


class ChatTemplate:
    """A Jinja chat template of a Hugging Face model folder, rendered in a sandbox."""

    def __init__(self, source: str, tokens: dict[str, str]) -> None:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(message: str) -> None:
            raise TemplateError(message)

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)  # as transformers renders it
        environment.globals["raise_exception"] = refuse
        environment.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
        self._template = environment.from_string(source)
        self._tokens = tokens

    @classmethod
    def load(cls, folder: Path) -> "ChatTemplate | None":
        """The template of a model folder; None when it has none or it cannot be read."""
        try:
            config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            config = {}
        source = config.get("chat_template")
        if not isinstance(source, str):
            file = folder / "chat_template.jinja"
            if not file.is_file():
                return None
            source = file.read_text(encoding="utf-8")
        tokens: dict[str, str] = {}
        for key in ("bos_token", "eos_token", "pad_token", "unk_token"):
            value = config.get(key)
            tokens[key] = value.get("content", "") if isinstance(value, dict) else (value or "")
        try:
            return cls(source, tokens)
        except Exception:  # whatever a stranger's template does wrong, the text alone is still counted
            return None

    def render(self, example: Example) -> str | None:
        """The conversation as text; None when the template refuses it."""
        given: dict[str, Any] = {"messages": [t.raw for t in example.turns], "add_generation_prompt": False}
        if example.tools:
            given["tools"] = example.tools
        try:
            return str(self._template.render(**given, **self._tokens))
        except Exception:  # a stranger's template may fail in any way
            return None
