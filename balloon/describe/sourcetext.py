"""The model's own text: what its docstrings and functions say, read without running them.

So a document cannot say another thing than the code, and numba is not loaded to write one.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

SHAPE = re.compile(r"^\([A-Z0-9]+,(?: [A-Z0-9]+)*\) ")
"""As "(N,) " before the meaning of a column."""


class Function(NamedTuple):
    """A function of the model."""

    name: str
    says: str
    """Its docstring, without indentation."""
    text: str
    """Its source, docstring left out."""


@cache
def functions(module: str) -> dict[str, Function]:
    """The functions of a module by name, in the order of its text.

    Examples
    --------
    >>> list(functions("balloon.behaviour.rules"))
    ['utility', 'hazard', 'revision_rate']
    """
    text, tree = _read(module)
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            says = ast.get_docstring(node) or ""
            body = node.body[1:] if says else node.body
            lines = text.splitlines()
            head = lines[node.lineno - 1 : node.body[0].lineno - 1]
            rest = lines[body[0].lineno - 1 : node.end_lineno]
            found[node.name] = Function(node.name, says, "\n".join([*head, *rest]))
    return found


@cache
def field_notes(module: str, name: str) -> dict[str, str]:
    """The fields of a class, with the docstring under each; blank where there is none.

    Examples
    --------
    >>> field_notes("balloon.landscape", "Edge")["friction"]
    'Multiples of the switching cost, >= 0.'
    """
    _, tree = _read(module)
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name).body
    found = {}
    for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = _docstring(after)
    return found


@cache
def summary(module: str, name: str) -> str:
    """The docstring of a class up to its first section.

    Examples
    --------
    >>> summary("balloon.landscape", "Edge")
    'A way from one platform to another; it exists whatever is open today.'
    """
    _, tree = _read(module)
    node = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    prose = (ast.get_docstring(node) or "").partition("\n\nExamples\n")[0]
    return _prose(prose)


@cache
def purposes() -> tuple[str, ...]:
    """The purposes that a random number can have, by the order of their numbers."""
    _, tree = _read("balloon.draws")
    for names in _tuples(tree):
        if "RECRUIT" in names:
            return names
    raise AssertionError("balloon.draws names no purposes")


def _tuples(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            yield tuple(name.id for name in node.targets[0].elts if isinstance(name, ast.Name))


def _docstring(node: ast.AST) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return _prose(node.value.value)
    return ""


def _prose(docstring: str) -> str:
    """A docstring as one line, without marks of code and shapes of arrays."""
    said = " ".join(inspect.cleandoc(docstring).replace("`", "").split())
    return SHAPE.sub("", said)


@cache
def _read(module: str) -> tuple[str, ast.Module]:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text("utf-8")
    return text, ast.parse(text)
