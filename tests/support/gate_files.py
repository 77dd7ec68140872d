"""Rows of a run and a baseline as the files that the gate reads."""

from pathlib import Path

import pandas as pd


def gate_files(tmp_path: Path, then: pd.DataFrame, now: pd.DataFrame) -> tuple[Path, Path]:
    """The baseline's file and the fresh one."""
    then.to_csv(tmp_path / "then.csv", index=False)
    now.to_csv(tmp_path / "now.csv", index=False)
    return tmp_path / "then.csv", tmp_path / "now.csv"
