"""What a codec's code is, as a hash: streams made by code that was edited since are not taken for finished.

The code is that of the codec's module and of all modules of this suite it imports, at the top or inside functions, and
theirs. Comments, docstrings and layout do not count, so that a reformatted file codes nothing anew.
"""

import ast
import functools
import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from lic_tcm.anchors.imports import imported

PACKAGE = Path(__file__).resolve().parents[1]


def code_of(codec: object) -> str:
    """SHA-256 of a codec's code as far as it is Python, and this suite's or in the same file."""
    return _digest(Path(inspect.getfile(type(codec))).resolve())


def code_of_module(module: ModuleType) -> str:
    """The same of a module, for stages that are done again when what they compute with is edited."""
    return _digest(Path(str(module.__file__)).resolve())


@functools.cache
def _digest(path: Path) -> str:
    found, todo = set[Path](), [path]
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo += _parsed(module)[1]
    together = hashlib.sha256()
    for module in sorted(found):
        name = module.relative_to(PACKAGE.parent).as_posix() if module.is_relative_to(PACKAGE) else module.name
        together.update(f"{name} {_parsed(module)[0]}\n".encode())
    return together.hexdigest()


@functools.cache
def _parsed(path: Path) -> tuple[str, tuple[Path, ...]]:
    """The hash of a module's statements, and the modules of this suite it imports when it runs."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _has_docstring(
            node
        ):
            node.body = node.body[1:]
    statements = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return statements, tuple(dict.fromkeys(_imported(tree)))


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _imported(tree: ast.Module) -> Iterator[Path]:
    """The files of the suite's modules that a module imports; a package's own only where a name is taken from it."""
    for module, name in imported(tree):
        file = (_file(f"{module}.{name}") if name else None) or _file(module)
        if file:
            yield file


def _file(module: str) -> Path | None:
    """The file of a module of this suite; None for others, and for names that are no module."""
    top, *parts = module.split(".")
    if top != PACKAGE.name or not parts:
        return None
    path = PACKAGE.joinpath(*parts)
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
