"""What is checked of a configuration whatever it means: its structure, its numbers, its names; and merging two."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from lic_tcm.anchors.hints import choose
from lic_tcm.errors import UserError
from lic_tcm.files import unreadable

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


def read(path: Path) -> dict[str, Any]:
    """A configuration file; raises UserError when it cannot be read or is no mapping."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise unreadable(path, error, "give a configuration in YAML; `lic-tcm init` writes one") from error
    if not isinstance(content, Mapping):
        raise UserError(f"{path} is no mapping of keys to values; `lic-tcm init` in an empty folder writes one")
    return dict(content)


def complete(raw: Mapping[str, Any], catalogue: Path) -> dict[str, Any]:
    """A configuration merged over the catalogue of methods: mappings key by key, anything else replaced."""
    return merged(read(catalogue), raw)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two mappings as one, mappings inside them too; of anything else that both have, that of `above`.

    >>> merged({"webp": {"points": [1, 2], "label": "WebP"}}, {"webp": {"points": [3]}})
    {'webp': {'points': [3], 'label': 'WebP'}}
    """
    found = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            found[key] = merged(below[key], above[key])
    return found


def with_numbers(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Points as numbers: snakemake hands numbers nested in a `--config` value over as text."""

    def number(value: Any) -> Any:
        try:
            return float(value) if isinstance(value, str) else value
        except ValueError:
            return value  # the schema will name it

    definitions = raw.get("definitions")
    if not isinstance(definitions, Mapping):
        return dict(raw)
    changed = {
        name: {**method, "points": [number(point) for point in method["points"]]}
        for name, method in definitions.items()
        if isinstance(method, Mapping) and isinstance(method.get("points"), list)
    }
    return {**raw, "definitions": {**definitions, **changed}}


def at_home(value: Any) -> Any:
    """A configuration with the user's home folder for every "~/" that a text begins with, as a shell has it."""
    if isinstance(value, Mapping):
        return {key: at_home(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [at_home(inner) for inner in value]
    return str(Path(value).expanduser()) if isinstance(value, str) and value.startswith("~/") else value


def check_structure(raw: Mapping[str, Any], schema: Path, only: Collection[str] = ()) -> None:
    """Raise UserError naming the first key or value that does not fit the schema, or the part of it under some keys."""
    import jsonschema
    import yaml

    rules = yaml.safe_load(schema.read_text(encoding="utf-8"))
    if only:
        rules = {"type": "object", "properties": {key: rules["properties"][key] for key in only}}
    errors = sorted(jsonschema.Draft202012Validator(rules).iter_errors(raw), key=lambda error: list(error.path))
    if not errors:
        return
    error = errors[0]
    where = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))
        raise UserError(unknown_message(f"key in {where}" if where else "key", unknown[0], allowed))
    raise UserError(f"config: {where or 'the file'}: {error.message}")


def check_names(key: str, names: Iterable[str]) -> None:
    """Raise UserError for a name that is no good name of a folder on every system and in every shell."""
    seen: dict[str, str] = {}
    for name in names:
        if not NAME.fullmatch(name) or ".." in name or name.endswith("."):
            raise UserError(
                f"config: {key}: {name!r} would name folders and files; take at most 100 letters, digits and @ + - _ . "
                "beginning with a letter or digit, and give the rest as its label"
            )
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            raise UserError(f"config: {key}: {twin!r} and {name!r} are one name where case is ignored; rename one")


def check_known(key: str, values: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise UserError for the first value under a key that is not allowed."""
    allowed = list(allowed)
    for value in values:
        if value not in allowed:
            raise UserError(unknown_message(key, value, allowed))


def unknown_message(key: str, value: str, allowed: Iterable[str]) -> str:
    """One sentence for a name that is not known, with the nearest known one and all that are allowed."""
    return f"config: unknown {key} {value!r}; {choose(value, map(str, allowed))}"
