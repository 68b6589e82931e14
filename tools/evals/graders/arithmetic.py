"""Formulas over named numbers, computed without running any code."""

import ast
import contextlib
import math
import operator
from collections.abc import Callable
from typing import Any

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    **{"min": min, "max": max, "abs": abs, "floor": math.floor, "ceil": math.ceil},
    **{"exp": math.exp, "sqrt": math.sqrt, "log": math.log},
}
_LONGEST = 1000


def calculate(formula: str, values: dict[str, float]) -> float | None:
    """The value of a formula; None where it has none (a division by 0, a name that is not there).

    Raises:
        ValueError: it is more than numbers, names, + - * / **, and min, max, abs, floor, ceil, exp, sqrt, log.
    """
    try:
        found = _value(_tree(formula), values)
    except (ZeroDivisionError, OverflowError, KeyError):
        return None
    return float(found) if isinstance(found, (int, float)) else None


def names_in(formula: str) -> set[str]:
    """The names a formula uses. Raises ValueError as `calculate`."""
    tree = _tree(formula)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - _FUNCTIONS.keys()
    with contextlib.suppress(ZeroDivisionError, OverflowError):
        _value(tree, dict.fromkeys(names, 1.0))
    return names


def _tree(formula: str) -> ast.expr:
    if len(formula) > _LONGEST:
        raise ValueError(f"a formula may have {_LONGEST} characters")
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise ValueError("not a formula") from None


def _value(node: ast.expr, values: dict[str, float]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, values)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and not node.keywords
    ):
        return _FUNCTIONS[node.func.id](*(_value(a, values) for a in node.args))
    raise ValueError("a formula may hold numbers, grader names, + - * / **, and " + ", ".join(_FUNCTIONS))
