"""What the tests of figures share: a choice of the configuration, a figure's texts, and whether they are inside."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from scipy.ndimage import distance_transform_edt

from lic_tcm.report.inputs import Tables


def choosing(data: Tables, **chosen: object) -> Tables:
    """The tables of a run whose configuration has these choices for figures."""
    return replace(data, run={**data.run, "figures": chosen})


def texts(figure: Figure) -> list[str]:
    """All texts of a figure."""
    return [artist.get_text() for artist in figure.findobj(Text) if artist.get_text()]


def legend_texts(figure: Figure) -> list[str]:
    """The names in all legends of a figure."""
    return [text.get_text() for legend in figure.findobj(Legend) for text in legend.get_texts()]


def emptiness(figure: Figure, reach: float = 0.2) -> float:
    """Share of a figure that is further than `reach` inches from anything drawn but the grid."""
    for axes in figure.axes:
        axes.grid(visible=False)
    figure.set_dpi(50)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    blank = (np.asarray(canvas.buffer_rgba())[..., :3] > 250).all(axis=2)
    return float((distance_transform_edt(blank) > reach * 50).mean())


def check_inside(figure: Figure) -> None:
    """No text sticks out of the sheet, and no two texts outside the axes cover each other."""
    figure.draw_without_rendering()
    boxes = [artist.get_window_extent() for artist in figure.texts if artist.get_text()]
    boxes += [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
    for box in boxes:
        assert figure.bbox.x0 - 1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1
        assert figure.bbox.y0 - 1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


def results(data: Tables) -> Path:
    """The folder `results`."""
    return data.folder.parents[1]
