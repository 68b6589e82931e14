"""A seccomp program: the system calls that the kernel refuses to a grader, whatever Python is talked into.

Source of the form: Linux's Documentation/userspace-api/seccomp_filter.rst and include/uapi/linux/bpf_common.h.
"""

import errno
import os
import platform
import struct
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@cache
def program() -> bytes | None:
    """The filter as the kernel takes it (an array of sock_filter); None where this machine has none."""
    tables: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "syscalls.yaml").read_text())
    table = tables.get(platform.machine())
    if not sys.platform.startswith("linux") or table is None:
        return None
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, table["audit_arch"]),
        (_RETURN, 0, 0, _REFUSE),  # another way to call the kernel, with other numbers
        (_LOAD, 0, 0, _NUMBER),
    ]
    for number in table["refused"].values():
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    for number, argument in table["writing"].values():
        steps += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument),
            (_ANY_BIT, 0, 1, _WRITES),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
