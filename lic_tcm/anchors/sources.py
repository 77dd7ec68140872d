"""A user's own Python classes: where they come from, and the files that an edit of theirs would be in."""

import ast
import functools
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from lic_tcm.anchors import files
from lic_tcm.anchors.codec import CodecError
from lic_tcm.anchors.hints import did_you_mean
from lic_tcm.anchors.imports import imported


def check_reference(name: str, class_: object, path: object) -> None:
    """Raise CodecError unless `class_` is written "package.module:Class", or "Class" with the `path` of its file."""
    example = "write package.module:Class, or Class beside the option path"
    if not isinstance(path, str):
        raise CodecError(f"{name}: option path is {path!r}: give the path of a Python file")
    if not isinstance(class_, str) or not class_:
        raise CodecError(f"{name}: option class is {class_!r}: {example}")
    module, _, inner = class_.rpartition(":")
    words = [*(module.split(".") if module else []), *inner.split(".")]
    if not all(word.isidentifier() for word in words) or bool(module) == bool(path):
        raise CodecError(f"{name}: option class is {class_!r}, path {path!r}: {example}")


def load(name: str, class_: str, path: str) -> type[Any]:
    """The class that a reference names, imported; raises CodecError naming what is missing, or what it raised."""
    module_name, _, inner = class_.rpartition(":")
    module = _module_at(name, Path(path)) if path else _module(name, module_name)
    found: Any = module
    for part in inner.split("."):
        if not hasattr(found, part):
            classes = [key for key, value in vars(module).items() if isinstance(value, type)]
            hint = did_you_mean(part, classes) or f"it has {', '.join(classes) or 'no class'}"
            raise CodecError(f"{name}: {path or module_name} has no class {part!r}: {hint}")
        found = getattr(found, part)
    if not isinstance(found, type):
        raise CodecError(f"{name}: {class_} is a {type(found).__name__}, no class: name a class")
    return found


def sources(name: str, class_: str, path: str) -> list[Path]:
    """The files of the class's project that its module imports, its own first.

    The project is what lies in the folder of `path`, or in the module's outermost package. What is imported inside
    functions counts; installed packages do not, since their versions are theirs to state.
    """
    module_name = class_.rpartition(":")[0]
    if path:
        own, root, package = Path(path), Path(path).parent, ""
    else:
        module = _module(name, module_name)
        if not module.__file__:
            return []
        own = Path(module.__file__)
        above = module_name.count(".") + (own.name == "__init__.py")
        root, package = own.parents[above], module_name if own.name == "__init__.py" else module_name.rpartition(".")[0]
    top = module_name.partition(".")[0]
    found: dict[Path, None] = {}
    waiting = [(own, package)]
    while waiting:
        file, inside = waiting.pop()
        if file in found:
            continue
        found[file] = None
        for wanted in _imports(file, inside):
            if path or wanted.partition(".")[0] == top:
                waiting += _files_of(root, wanted)
    return list(found)


def digest(paths: list[Path]) -> str:
    """The first digits of a SHA-256 over the contents of files."""
    hashes = "\n".join(files.fingerprint(path) for path in paths)
    return files.fingerprint(paths[0])[:12] if len(paths) == 1 else hashlib.sha256(hashes.encode()).hexdigest()[:12]


def arguments_problem(class_: type[Any], arguments: dict[str, Any]) -> str:
    """Why a class cannot be called with such keyword arguments; empty when it can."""
    try:
        signature = inspect.signature(class_)
    except (TypeError, ValueError):
        return ""  # of C: calling it will say
    try:
        signature.bind(**arguments)
    except TypeError as error:
        known = list(signature.parameters)
        unknown = [key for key in arguments if key not in known]
        hint = did_you_mean(unknown[0], known) if unknown else ""
        return f"{class_.__name__}: {error}; " + (hint or f"it takes {', '.join(known) or 'no arguments'}")
    return ""


def reason(error: BaseException) -> str:
    """An error of a user's code in one line, with the innermost place in a file."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}"
        trace = trace.tb_next
    text = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}{': ' if text else ''}{text}" + (f", {place}" if place else "")


def _module(name: str, module: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a project that is not installed, from its own folder
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            raise CodecError(
                f"{name}: cannot import {module}: install its package, run in the folder that holds it, or give the "
                "option path"
            ) from error
        raise CodecError(f"{name}: {module} needs {error.name}: install it") from error
    except Exception as error:  # a user's module raises what it likes
        raise CodecError(f"{name}: importing {module} fails ({reason(error)}): correct it") from error


def _module_at(name: str, path: Path) -> ModuleType:
    if not path.is_file():
        raise CodecError(f"{name}: option path: there is no file {path}: correct the path")
    return _loaded(name, path.resolve(), files.state(path))


@functools.lru_cache(maxsize=32)
def _loaded(name: str, path: Path, _state: files.State) -> ModuleType:
    """A module made of a file, once for each state of it; it finds its neighbours as a script does."""
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    label = f"lic_tcm_user_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(label, path)
    if spec is None or spec.loader is None:
        raise CodecError(f"{name}: {path} is no Python file: give one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[label] = module  # dataclasses and pickle look there
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise CodecError(f"{name}: {path} needs {error.name}: install it") from error
    except Exception as error:  # a user's module raises what it likes
        raise CodecError(f"{name}: {path} cannot be imported ({reason(error)}): correct it") from error
    return module


def _imports(file: Path, package: str) -> Iterator[str]:
    """The modules that a file imports, by their full names; of `from a import b`, both a and a.b."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return
    for module, name in imported(tree, package):
        yield module
        if name:
            yield f"{module}.{name}".strip(".")


def _files_of(root: Path, module: str) -> list[tuple[Path, str]]:
    """The file of a module under a folder and those of its packages, each with the package it is in."""
    found = []
    parts = [part for part in module.split(".") if part]
    for length in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:length])
        if (place / "__init__.py").is_file():
            found.append((place / "__init__.py", ".".join(parts[:length])))
        elif place.with_suffix(".py").is_file():
            found.append((place.with_suffix(".py"), ".".join(parts[: length - 1])))
    return found
