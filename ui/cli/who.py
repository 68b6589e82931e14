"""Who is at the keyboard."""

from tools.errors import InputError


def me() -> str:
    """The person's name on this computer.

    Raises:
        InputError: it is not known.
    """
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise InputError("your name on this computer is not known", remedy="Say who you are: --as NAME.") from None
