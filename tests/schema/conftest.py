from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from esolint.schema.importer import crds_in
from esolint.schema.versions import Version

# Most of a bundle is prose, and reading it most of the time. A field that is called
# description has nothing behind its colon.
_DESCRIPTION = re.compile(r"^( *)description: \S.*\n(?:\1 +\S.*\n| *\n)*", re.MULTILINE)


@pytest.fixture(scope="session")
def bundle_paths(shared: Path) -> list[Path]:
    return sorted((shared / "crds").glob("*.yaml"))


@pytest.fixture(scope="session")
def bundles(
    bundle_paths: list[Path], pytestconfig: pytest.Config
) -> dict[Version, list[dict[str, Any]]]:
    """The CRDs of every known minor, as ESO released them, descriptions aside."""
    found = {}
    for path in bundle_paths:
        numbers = re.findall(r"\d+", path.name)
        found[Version(int(numbers[0]), int(numbers[1]))] = _crds(path, pytestconfig)
    return dict(sorted(found.items()))


def _crds(path: Path, config: pytest.Config) -> list[dict[str, Any]]:
    stat = path.stat()
    kept = config.cache.mkdir("crds") / f"{path.name}-{stat.st_size}-{stat.st_mtime_ns}.json"
    if not kept.exists():
        text = _DESCRIPTION.sub("", path.read_text(encoding="utf-8"))
        documents = yaml.load_all(text, Loader=yaml.CSafeLoader)
        kept.write_text(json.dumps([crd for _, crd in crds_in(documents)]), encoding="utf-8")
    crds: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return crds
