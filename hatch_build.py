"""What hatchling does beside: the workflow, which lies at the top of the repository, goes into the wheel's package.

An editable installation finds it in the checkout instead, so that none of it is copied there.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WorkflowHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `files` of the hook's settings to the wheel, as lic_tcm/_workflow/<name>."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build; version is "standard" or "editable"."""
        if version == "standard":
            found = {str(Path(self.root, name)): f"lic_tcm/_workflow/{name}" for name in self.config["files"]}
            build_data["force_include"].update(found)
