from lic_tcm.report.folder import owner, owner_of
from lic_tcm.tables.paper import COUNTED


def networks():
    """The networks of Table 1 and of the run's methods."""
    models = [dict(method.options).get("model") for method in CONFIG.methods]
    return list(dict.fromkeys([*COUNTED, *filter(None, models)]))


def maps_of(figure):
    """The maps a figure is drawn from, where the configuration names checkpoints that exist."""
    wanted = CONFIG.figures.get(figure, {}).get("checkpoints", {}).values()
    there = wanted and all(Path(path).is_file() for path in wanted)
    return [layout.maps(CONFIG.name, figure)] if there else []


def maps_arguments(wildcards):
    """Pictures, checkpoints and the like of a file of maps, as command-line arguments."""
    chosen = CONFIG.figures[wildcards.figure]
    pairs = [
        ("--checkpoint", f"{label}={path}")
        for label, path in chosen["checkpoints"].items()
    ]
    pairs += [
        ("--image", image) for image in chosen.get("images", [chosen.get("image")])
    ]
    pairs += [("--clip", f"{clip:g}") for clip in chosen.get("clips", [])]
    arguments = [f"{option} {shlex.quote(value)}" for option, value in pairs]
    if "position" in chosen:
        arguments.append("--position {} {}".format(*chosen["position"]))
    return " ".join(arguments)


def unclaimed(wildcards):
    """No file, or an error: outputs are deleted before the job could see that a comparison's report lies there."""
    own = owner({"name": CONFIG.name})
    found = owner_of(REPORT)
    if found not in (None, own):
        raise WorkflowError(
            f"{REPORT} holds the report of {found}, not of {own}; "
            "give the run another name in its configuration, or delete that folder"
        )
    return []
