"""What a run of trainings amounts to: how many, and how long they take at the speeds measured on this machine."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from lic_tcm.bench.trained import Training
from lic_tcm.training.progress_text import format_seconds
from lic_tcm.training.recipe import parse_duration, read_recipe
