"""What the order of a conversation's roles says once and for all: whether it is sound, and what it costs."""

from collections.abc import Mapping

from tools.dataset.sieve import ROLES, Costs
from tools.tokens.tool_text import FIXED


class Plan:
    """One order of roles, shared by all examples that have it."""

    __slots__ = ("asks", "examples", "overhead", "roles", "sound", "starts_with_system")

    def __init__(self, roles: tuple[str, ...], around: Mapping[str, int], per_example: int) -> None:
        self.roles = roles
        self.asks = roles[:-1]
        """The roles of the input."""
        self.starts_with_system = roles[:1] == ("system",)
        turns = roles[1:] if self.starts_with_system else roles
        self.sound = len(turns) >= 2 and turns == ("user", "assistant") * (len(turns) // 2)
        """User and assistant in turn, a system message at most first, an answer at the end."""
        self.overhead = per_example + sum(around.get(r, 0) for r in roles)
        """Tokens of the chat format and the roles' names."""
        self.examples = 0
        """How many had this order."""


class Plans(dict[tuple[str, ...], Plan]):
    """Roles -> their plan, made when first met."""

    def __init__(self, around: Mapping[str, int], per_example: int) -> None:
        super().__init__()
        self._around, self._per_example = around, per_example

    @property
    def costs(self) -> Costs:
        """What the chat format costs; nothing where nothing is counted."""
        if not self._around:
            return Costs()
        system, user, assistant, tool = (self._around.get(role, 0) for role in ROLES)
        return Costs(system, user, assistant, tool, self._per_example, *FIXED)

    def __missing__(self, roles: tuple[str, ...]) -> Plan:
        plan = Plan(roles, self._around, self._per_example)
        if len(self) < 10_000:  # conversations of ever new lengths are planned each time
            self[roles] = plan
        return plan
