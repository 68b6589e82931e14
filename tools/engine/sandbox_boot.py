"""What runs inside the sandbox: limits, the kernel's filter, Python's audit hook, then the grader.

Arguments: limits as JSON, the filter as hexadecimal digits (empty: none). In: the source, then one [sample, item] a
line. Out: "ready", then one {"score"} or {"error"} a line.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any, TextIO

KNOWN = (
    *("math", "re", "collections", "itertools", "functools", "statistics", "string", "difflib"),
    *("random", "datetime", "decimal", "fractions", "json", "operator"),
)
"""Imported before the walls go up, so that a grader that imports them is not slowed."""
HARMLESS = (
    *("import", "compile", "exec", "marshal.loads", "sys._getframe", "sys._getframemodulename"),
    *("sys.excepthook", "sys.unraisablehook", "time.sleep", "builtins.id"),
    *("object.__getattr__", "object.__setattr__", "object.__delattr__"),
)
UNSAFE = (
    *("ctypes", "_ctypes", "socket", "_socket", "ssl", "_ssl", "subprocess", "_posixsubprocess", "multiprocessing"),
    *("_multiprocessing", "_posixshmem", "mmap", "_sqlite3", "_dbm", "_gdbm", "_curses", "readline", "fcntl", "pty"),
    *("termios", "resource", "_imp", "_interpreters", "_xxsubinterpreters", "_testcapi", "_testinternalcapi", "gc"),
    *("asyncio", "urllib", "http", "ftplib", "smtplib"),
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def contain(limits: dict[str, int], program: bytes) -> None:
    """Set the limits and hand the kernel its filter."""
    for limit, most in limits.items():
        hard = resource.getrlimit(getattr(resource, limit))[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(getattr(resource, limit), (most, most))
    if not program:
        return
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    own = Program(len(program) // 8, program)
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_seccomp, filter_mode, ctypes.byref(own), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")
    for name in [n for n in sys.modules if n.partition(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]


def guard() -> Callable[[str, tuple[Any, ...]], None]:
    """The hook. It holds all it needs, so that nothing a grader can reach changes what it does."""
    harmless, unsafe, writes, refused = frozenset(HARMLESS), frozenset(UNSAFE), WRITES, PermissionError
    library, kind, text = os.path.dirname(os.__file__) + os.sep, type, str

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in harmless:
            if event == "import" and args[0] in unsafe:
                raise refused("a grader may not use " + args[0])
            return
        path: Any = args[0] if event in ("open", "os.listdir", "os.scandir") else None
        own = kind(path) is text and (path.startswith(library) or path + "/" == library) and "/../" not in path
        if own and not (event == "open" and args[2] & writes):
            return
        raise refused("a grader may not use " + event)

    return hook


def main(out: TextIO) -> None:
    """Make ready, then grade until the other end closes."""
    contain(json.loads(sys.argv[1]), bytes.fromhex(sys.argv[2]))
    source = json.loads(sys.stdin.readline())
    space: dict[str, Any] = {"__name__": "grader"}
    try:
        code = compile(source, "<grader>", "exec")
        for name in KNOWN:
            __import__(name)
        sys.addaudithook(guard())
        exec(code, space)  # noqa: S102 -- what this process is for
        space["grade"]
        out.write("ready\n")
    except BaseException as e:
        out.write(f"{type(e).__name__}: {e}\n")
    out.flush()
    for line in sys.stdin:
        sample, item = json.loads(line)
        try:
            told: dict[str, Any] = {"score": float(space["grade"](sample, item))}
        except BaseException as e:
            told = {"error": f"{type(e).__name__}: {e}"[:300]}
        out.write(json.dumps(told) + "\n")
        out.flush()


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    main(out)
