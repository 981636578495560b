"""Build hook: puts the index that esolint reads instead of rules/*.yaml into the wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RuleIndexHook(BuildHookInterface):  # type: ignore[type-arg]
    """Write `esolint/_data/{rules,prose}.json`; an editable install reads rules/ itself."""

    scratch: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        # Under `--no-isolation` another esolint may be installed: the source tree goes first.
        sys.path.insert(0, self.root)
        try:
            from esolint.rule import build_index
        finally:
            sys.path.remove(self.root)
        self.scratch = TemporaryDirectory(prefix="esolint-index-")
        for name, content in build_index(str(Path(self.root, "rules"))).items():
            path = Path(self.scratch.name, name)
            path.write_bytes(content)
            build_data["force_include"][str(path)] = f"esolint/_data/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self.scratch is not None:
            self.scratch.cleanup()
