"""What works on this machine: software, codecs, GPU, data at hand offline."""

import importlib
import shutil
from dataclasses import asdict
from typing import Any

import numpy as np

from lic_tcm import layout
from lic_tcm.anchors import networks, vtm
from lic_tcm.anchors.codec import Anchor, CodecError, Weighted
from lic_tcm.anchors.registry import BROUGHT
from lic_tcm.bench import codecs
from lic_tcm.datasets.fetch import dataset_names, get_dataset, local_images
from lic_tcm.environment import environment
from lic_tcm.errors import UserError
from lic_tcm.folders import cache_folder, data_folder

BRING_YOUR_OWN = "yours, by options of a method; docs/bring-your-own.md"


def examine() -> dict[str, Any]:
    """Findings as plain JSON data: keys environment, codecs, vtm_decoders, datasets, tools, torch."""
    return {
        "environment": asdict(environment()),
        "codecs": {name: _codec(name) for name in codecs.codec_names()},
        "vtm_decoders": _vtm_decoders(),
        "datasets": {name: _dataset(name) for name in dataset_names()},
        "tools": {tool: shutil.which(tool) or "" for tool in ("snakemake", "conda", "cmake", "flock", "pdflatex")},
        "torch": _torch(),
    }


def _codec(name: str) -> dict[str, Any]:
    if name in BROUGHT:
        return {"works": True, "label": BROUGHT[name].label, "points": "any", "version": BRING_YOUR_OWN}
    try:
        codec = codecs.create(name, {})
    except UserError as error:
        return {"works": False, "needs": str(error), "reason": "it needs options"}
    try:
        found = {"works": True, "label": codec.label, "points": str(codec.quality_range), "version": codec.version()}
        _try(codec)
    except (UserError, CodecError) as error:
        return {"works": False, "reason": str(error)}
    except Exception as error:  # a broken installation raises what it likes, in a library's own words
        reason = (str(error).strip().splitlines() or [""])[0]
        return {"works": False, "reason": f"{type(error).__name__}: {reason}; install its packages again"}
    return found


def _try(codec: Anchor) -> None:
    """Have a codec code a small image; of one with weights, which may have to be fetched, import what computes."""
    if isinstance(codec, Weighted):
        if codec.name == codecs.TCM:
            importlib.import_module("lic_tcm.coding.network")
        else:
            networks.compressai("zoo.image")
        return
    image = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    limits = codec.quality_range
    point = (limits.low + limits.high) // 2
    if codec.decode(codec.encode(image, point)).shape != image.shape:
        raise CodecError(f"{codec.name} gives an image of another size back: leave it out")


def _vtm_decoders() -> dict[str, str]:
    """What each decoder of VTM's streams makes of one that ships; the workflow's own build before the PATH's."""
    built = layout.vtm_files()["decoder"]
    try:
        return vtm.decoders(str(built) if built.is_file() else vtm.Vtm.decoder)
    except CodecError as error:
        return {"streams": str(error)}


def _dataset(name: str) -> dict[str, Any]:
    dataset = get_dataset(name)
    try:
        found = local_images(dataset, data_folder(), cache_folder())
    except UserError as error:
        return {"label": dataset.label, "images": 0, "images_total": dataset.count, "reason": str(error)}
    return {"label": dataset.label, "images": len(found), "images_total": dataset.count}


def _torch() -> dict[str, Any]:
    try:
        import torch
    except (ImportError, OSError) as error:
        return {"installed": False, "reason": str(error)}
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {"installed": True, "version": torch.__version__, "gpus": gpus, "threads": torch.get_num_threads()}


def format_findings(findings: dict[str, Any]) -> str:
    """The findings as text for a terminal."""
    machine = findings["environment"]
    gpus = ", ".join(findings["torch"].get("gpus", [])) or "none"
    lines = [
        f"machine   {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, GPU: {gpus}",
        f"          {machine['cpu_id'] or 'CPU not identified'}; {machine['instruction_sets']}",
        "computes  " + "; ".join(f"{name} {used}" for name, used in machine["libraries"].items()),
        f"software  {machine['os']}, Python {machine['python']}",
        "          " + ", ".join(f"{name} {version}" for name, version in machine["packages"].items()),
        "tools     " + ", ".join(f"{tool}{'' if path else ' (missing)'}" for tool, path in findings["tools"].items()),
        "codecs",
    ]
    for name, codec in findings["codecs"].items():
        if codec["works"]:
            state = f"ok       {codec['version']}; points {codec['points']}"
        else:
            state = f"options  {codec['needs']}" if "needs" in codec else f"missing  {codec['reason']}"
        lines.append(f"  {name:22} {state}")
    lines.append("decoders of VTM's streams, on one that ships with its hash")
    lines += [f"  {name:22} {said}" for name, said in findings["vtm_decoders"].items()]
    lines.append("datasets at hand offline")
    for name, dataset in findings["datasets"].items():
        lines.append(f"  {name:22} {dataset['images']} of {dataset['images_total']} images ({dataset['label']})")
        if "reason" in dataset:
            lines.append(f"    {dataset['reason']}")
    return "\n".join(lines)
