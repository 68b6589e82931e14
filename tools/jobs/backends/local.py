"""The local engine: the same wire, on this computer, free, and idempotent by the launch key."""

from tools.jobs.backends.openai_wire import WireBackend


class LocalBackend(WireBackend):
    """Jobs on this computer; the engine is started when it is first asked."""

    def __init__(self) -> None:
        super().__init__(
            "local",
            _address,
            paid=False,
            idempotent=True,
            techniques=frozenset({"sft"}),
            default_base="SmolLM2-135M-Instruct",
        )

    def account(self) -> str:
        """Nobody is billed."""
        return "this computer"


def _address() -> tuple[str, str]:
    from tools.engine.control import ensure_running

    engine = ensure_running()
    return engine.base_url, engine.token.get_secret_value()
