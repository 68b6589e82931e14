"""One error tree. Every message says what happened, where, and what to do now."""


class AdvisorError(Exception):
    """Anything this product raises on purpose.

    Args:
        what: what happened, one clause.
        where: file, line, setting or address it happened at; empty when there is no place.
        remedy: what the person can do now; the command if there is one.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where else ""
        stop = "" if what.endswith((".", "!", "?", "。")) else "."
        super().__init__(f"{place}{what}{stop}" + (f" {remedy}" if remedy else ""))


class InputError(AdvisorError):
    """A file, an argument or a setting cannot be used. The command line exits with 2."""


class NotFoundError(InputError):
    """The thing named does not exist here (or is not the asker's to see)."""


class UnavailableError(AdvisorError):
    """Something needed is not there now: an endpoint, the engine, an optional package. Trying later may help."""


class RefusedError(AdvisorError):
    """A rule of ours says no: no approval, over a ceiling, leakage. The command line exits with 1."""


class CancelledError(AdvisorError):
    """A person stopped long work; what was finished before is kept."""
