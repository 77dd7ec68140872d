"""Which modules the source of a module imports when it runs, read without running it."""

import ast
from collections.abc import Iterator


def imported(node: ast.AST, package: str = "") -> Iterator[tuple[str, str]]:
    """Pairs of a module and a name taken from it, "" where the module itself is imported; inside functions, too.

    `package` is the one the source lies in, for relative imports. What only type checkers import is left out.

    >>> list(imported(ast.parse("import a.b; from . import c; from d import e"), "p.q"))
    [('a.b', ''), ('p.q', 'c'), ('d', 'e')]
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield from imported(ast.Module([other], []), package)
        elif isinstance(child, ast.Import):
            yield from ((alias.name, "") for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            above = package.split(".")
            parts = above[: len(above) - child.level + 1] if child.level else []
            module = ".".join(filter(None, [*parts, child.module or ""]))
            yield from ((module, alias.name) for alias in child.names)
        else:
            yield from imported(child, package)
