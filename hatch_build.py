"""What hatchling does beside: the workflow, which lies at the top of the repository, goes into the wheel's package.

An editable installation finds it in the checkout instead, so that none of it is copied there. With it goes the commit a
wheel is built of: rows made by an installed suite say which code made them. An sdist carries it in a file COMMIT.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WorkflowHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `files` of the hook's settings to the wheel, as lic_tcm/_workflow/<name>."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build; version is "standard" or "editable"."""
        if version != "standard":
            return
        wheel = self.target_name == "wheel"
        if wheel:
            found = {str(Path(self.root, name)): f"lic_tcm/_workflow/{name}" for name in self.config["files"]}
            build_data["force_include"].update(found)
        if commit := self._commit():
            file = Path(tempfile.mkdtemp(), "COMMIT")
            file.write_text(commit + "\n", encoding="utf-8")
            build_data["force_include"][str(file)] = "lic_tcm/_workflow/COMMIT" if wheel else "COMMIT"

    def _commit(self) -> str:
        """The commit of this folder, "-dirty" behind it where files differ; of an sdist, what it was packed with."""
        packed = Path(self.root, "COMMIT")
        if packed.is_file():
            return packed.read_text(encoding="utf-8").strip()
        if not Path(self.root, ".git").exists():
            return ""
        commit = self._git("rev-parse", "HEAD")
        return commit + ("-dirty" if commit and self._git("status", "--porcelain", "-uno") else "")

    def _git(self, *arguments: str) -> str:
        try:
            done = subprocess.run(["git", "-C", self.root, *arguments], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()
