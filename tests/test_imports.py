"""Which room of esolint/ imports which, and what a check loads."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# Rooms from the ground up. One imports what stands on an earlier line, or on its own line
# where that makes no circle.
FLOORS = (
    ("esolint",),
    ("value", "data", "diagnostic", "discover", "go", "nearest", "words", "render"),
    ("source",),
    ("resource",),
    ("schema", "model", "cel", "context"),
    ("graph", "links", "repository"),
    ("environments", "given"),
    ("picture",),
    ("rule", "checks", "expression"),
    ("mask",),
    ("locate",),
    ("engine",),
    ("suppress", "baseline"),
    ("run", "testing"),
    ("report",),
    ("shape", "config", "config_file", "rule_file"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The settings are values that cli hands down.
ONLY_FOR = {"config": {"cli"}, "config_file": {"config", "cli"}}


def room(module: str) -> str:
    """Return `source` for `esolint.source.marks`, and `esolint` for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def modules(package: Path) -> dict[str, Path]:
    """Return the modules below `package` by their dotted names."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (importing module, imported module, line): those in functions and for types too."""
    known = modules(package)
    for module, path in known.items():
        home = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield module, alias.name, node.lineno
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    above = home.split(".")[: len(home.split(".")) - node.level + 1]
                    base = ".".join([*above, *filter(None, [node.module])])
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield module, inner if inner in known else base, node.lineno


def faults(package: Path) -> list[str]:
    """Return what is wrong with the arrows between the rooms of `package`."""
    found = [f"unknown room: {name}" for name in known_rooms(package) if name not in FLOOR]
    arrows: dict[str, set[str]] = {}
    for module, target, line in imports(package):
        here, there = room(module), room(target)
        if target.split(".")[0] != "esolint" or here == there or there not in FLOOR:
            continue
        if here not in FLOOR:
            continue
        arrows.setdefault(here, set()).add(there)
        if FLOOR[there] > FLOOR[here] or here not in ONLY_FOR.get(there, {here}):
            found.append(f"{module}:{line} imports {target}")
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        found.append("circle: " + ", ".join(sorted(set(error.args[1]))))
    return found


def known_rooms(package: Path) -> list[str]:
    return sorted({room(module) for module in modules(package)})


def test_imports_run_one_way() -> None:
    assert faults(ROOT / "esolint") == []


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"value.py": "import esolint.cli"}, "esolint.value:1 imports esolint.cli"),
        ({"graph.py": "from esolint import engine"}, "esolint.graph:1 imports esolint.engine"),
        ({"graph.py": "from . import engine"}, "esolint.graph:1 imports esolint.engine"),
        (
            {"source/a.py": "def f():\n    from ..resource import R"},
            "esolint.source.a:2 imports esolint.resource",
        ),
        (
            {"cel.py": "if TYPE_CHECKING:\n    from esolint.rule import Rule"},
            "esolint.cel:2 imports esolint.rule",
        ),
        ({"report/a.py": "import esolint.config"}, "esolint.report.a:1 imports esolint.config"),
        ({"cupboard.py": ""}, "unknown room: cupboard"),
        (
            {"rule.py": "import esolint.checks", "checks/__init__.py": "import esolint.rule"},
            "circle: checks, rule",
        ),
    ],
)
def test_an_arrow_that_runs_back_is_found(
    tmp_path: Path, files: dict[str, str], fault: str
) -> None:
    package = tmp_path / "esolint"
    stubs = {"__init__.py": "", "engine.py": "", "resource.py": "", "cli/__init__.py": ""}
    for name, content in {**stubs, **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    assert faults(package) == [fault]


def declared(*extras: str) -> set[str]:
    """Return the modules of the distributions that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    names = {canonicalize_name(Requirement(line).name) for line in lines}
    return {
        module
        for module, owners in packages_distributions().items()
        if names & {canonicalize_name(owner) for owner in owners} and not module.startswith("_")
    }


def third_parties(folder: Path) -> set[str]:
    used = {target.split(".")[0] for _, target, _ in imports(folder)}
    return used - set(sys.stdlib_module_names) - {"esolint"}


def test_third_parties_are_declared() -> None:
    assert third_parties(ROOT / "esolint") == declared()


def test_third_parties_of_the_tests_are_declared() -> None:
    own = {path.stem for path in (ROOT / "tests").rglob("*.py")}
    used = third_parties(ROOT / "tests") | third_parties(ROOT / "benchmarks")

    assert used - own - declared("dev") == set()


MANIFEST = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: token
  namespace: shop
spec:
  refreshInterval: 0s
  secretStoreRef: {name: absent, kind: SecretStore}
  data:
    - secretKey: token
      remoteRef: {key: token}
"""
HEAVY = {"pydantic", "jsonschema", "ruamel", "sarif_om", "attr", "importlib.metadata"}


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_check_loads_nothing_heavy(tmp_path: Path, output: str) -> None:
    tmp_path.joinpath("manifest.yaml").write_text(MANIFEST, encoding="utf-8")
    code = "from esolint.cli import main; main()"
    command = [sys.executable, "-X", "importtime", "-c", code, "check", "manifest.yaml"]

    run = subprocess.run(
        [*command, "--output-format", output], cwd=tmp_path, capture_output=True, text=True
    )

    assert run.returncode == 1, run.stderr
    assert "refresh-interval-zero" in run.stdout
    loaded = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "yaml" in loaded
    assert loaded & HEAVY == set()
