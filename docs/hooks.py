"""What mkdocs does beside: generated parts of pages, plots of the curves, links out of docs/, the demo's report.

`<!-- generate: NAME -->` in a page is replaced with what the function of that name below returns. So the lists of
commands, columns and curves cannot differ from the program's.
"""

import ast
import io
import os
import re
import shutil
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import lic_tcm
from lic_tcm.cli import PANELS, app
from lic_tcm.compare.catalogue import Entry, catalogue
from lic_tcm.metrics import get

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "reports/demo"
SCHEMAS = ("lic_tcm/bench/records.py", "lic_tcm/tables/schema.py", "lic_tcm/compare/catalogue.py")
MARK = re.compile(r"<!-- generate: ([a-z_]+) -->")
OUT_OF_DOCS = re.compile(r"\[([^\]]*)\]\((\.\./[^)#]+)(#[^)]*)?\)")


# --- mkdocs calls these -------------------------------------------------------------------------------------------


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a plot of all curves for each dataset and metric."""
    for dataset, metric in sorted({(one.dataset, one.metric) for one in catalogue()}):
        files.append(File.generated(config, _plot_name(dataset, metric), content=_plot(dataset, metric)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Fill in the generated parts; links to files outside of docs/ go to the repository, where it is known."""
    filled = MARK.sub(lambda found: GENERATED[found[1]](), markdown)
    return OUT_OF_DOCS.sub(_outside, filled)


def on_post_build(config: MkDocsConfig) -> None:
    """The report of a finished `make run` becomes part of the site."""
    if DEMO.joinpath("index.html").is_file():
        shutil.copytree(DEMO, Path(config.site_dir, "demo-report"), dirs_exist_ok=True)


def _outside(link: "re.Match[str]") -> str:
    text, path = link[1], link[2].removeprefix("../")
    repository = os.environ.get("GITHUB_REPOSITORY")  # set by the workflow that publishes the site
    if not repository:
        return text if text.startswith("`") else f"{text} (`{path}`)"
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"[{text}]({server}/{repository}/blob/main/{path}{link[3] or ''})"


# --- generated parts ----------------------------------------------------------------------------------------------


def commands() -> str:
    """Each verb by its panel: what it does, and its arguments and options."""
    group: Any = typer.main.get_command(app)
    parts = []
    for panel, verbs in PANELS.items():
        parts.append(f"## {panel}\n")
        parts += [_command(group.commands[_name(verb)]) for verb in verbs]
    return "\n".join(parts)


def _name(verb: Any) -> str:
    """A verb as it is typed."""
    return str(verb.__name__).replace("_", "-")


def _command(command: Any) -> str:
    text = re.sub(r"\x08\n((?:.+\n?)+)", lambda found: f"```text\n{found[1].rstrip()}\n```\n", command.help or "")
    lines = [f"### lic-tcm {command.name}\n", text, "", "| argument or option | meaning | default |", "|---|---|---|"]
    for parameter in command.params:
        if parameter.name == "help":
            continue
        named = parameter.param_type_name == "argument"
        shown = (
            f"`{parameter.metavar or parameter.name.upper()}`"
            if named
            else ", ".join(f"`{option}`" for option in parameter.opts)
        )
        lines.append(f"| {shown} | {_cell(parameter.help)} | {_default(parameter)} |")
    return "\n".join(lines) + "\n"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    return "" if value is None or value is False or callable(value) else f"`{value}`"


def schemas() -> str:
    """The dataclasses whose fields are the columns of the CSV files and the keys of the records."""
    return "\n".join(text for path in SCHEMAS for text in _dataclasses(ROOT / path))


def _dataclasses(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    for node in ast.parse(source).body:
        fields = [item for item in getattr(node, "body", ()) if isinstance(item, ast.AnnAssign)]
        if not (isinstance(node, ast.ClassDef) and fields and not node.name.startswith("_")):
            continue
        yield f"## {node.name}\n\n{ast.get_docstring(node)}\n\n| column | type | meaning |\n|---|---|---|"
        for item in fields:
            said = _cell(comments.get(item.end_lineno or 0, ""))
            yield f"| `{ast.unparse(item.target)}` | {_cell(ast.unparse(item.annotation))} | {said} |"
        yield ""


def curves() -> str:
    """For each dataset the plots of all curves and the table of them."""
    parts = []
    for dataset in sorted({one.dataset for one in catalogue()}):
        entries = catalogue(dataset)
        parts.append(f"## {dataset}\n")
        for metric in dict.fromkeys(one.metric for one in sorted(entries, key=lambda one: one.metric, reverse=True)):
            parts.append(f"![All curves on {dataset} in {metric}]({_plot_name(dataset, metric)})\n")
        parts.append("| key | label | year | metric | points | bpp | dB | kind | reference or average | source |")
        parts.append("|---|---|---|---|---:|---|---|---|---|---|")
        parts += [_curve_line(one) for one in entries]
        parts.append("")
    return "\n".join(parts)


def _curve_line(one: Entry) -> str:
    points = f"{one.points} x {one.images}" if one.images else str(one.points)
    said = one.psnr_reference if one.metric == "psnr" else one.average
    ranges = f"{one.bpp_lo:.3f} to {one.bpp_hi:.3f}", f"{one.distortion_lo:.2f} to {one.distortion_hi:.2f}"
    cells = [f"`{one.key}`", one.label, one.year, one.metric, points, *ranges, one.kind, said, one.source]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def version() -> str:
    """The version of the package."""
    return lic_tcm.__version__


GENERATED = {one.__name__: one for one in (commands, schemas, curves, version)}


def _cell(text: object) -> str:
    return str(text or "").replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")


def _plot_name(dataset: str, metric: str) -> str:
    return f"assets/curves-{dataset}-{metric}.svg"


def _plot(dataset: str, metric: str) -> str:
    """All curves of a dataset in one metric, measured ones in colour with their names."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "lic-tcm", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.subplots()
        entries = [one for one in catalogue(dataset) if one.metric == metric]
        for one in sorted(entries, key=lambda one: one.kind == "measured"):
            name = f"measured:{one.key}" if one.kind == "measured" else f"published:{one.key}"
            curve: Any = lic_tcm.curve(name, dataset, one.metric)
            mean = curve.mean_curve() if one.kind == "measured" else curve
            style: dict[str, Any] = {"color": "#999999", "linewidth": 0.6}
            if one.kind == "measured":
                style = {"linewidth": 1.6, "marker": ".", "label": f"{one.label} (measured)"}
            axes.plot(mean.bpp, mean.distortion, **style)
        axes.plot([], [], color="#999999", linewidth=0.6, label="other people's curves")
        axes.set(xlabel="rate (bpp)", ylabel=get(metric).axis_title, xlim=(0, 2))
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=8, loc="lower right")
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
