"""What is shipped: built as the build backend does it, and run outside the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import esolint

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "fixtures" / "repos" / "shop"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that sees nothing of the checkout by way of Python's path."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)


def build(source: Path, target: str, folder: Path) -> Path:
    """Build `wheel` or `sdist` of the tree `source` into `folder`; return the file."""
    built = run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder, cwd=source)
    assert built.returncode == 0, built.stdout + built.stderr
    (artifact,) = folder.iterdir()
    return artifact


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel") / "dist")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder / "dist")) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"esolint-{esolint.__version__}"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `esolint` of a fresh environment that has the wheel and what it declares, only."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q"]
    done = run(*pip, "--no-deps", "--no-index", "--no-compile", wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    (site,) = home.glob("lib/python*/site-packages")
    link_requirements("esolint", site)
    return home / "bin" / "esolint"


def link_requirements(name: str, site: Path) -> None:
    """Link what the distribution `name` requires from this environment into `site`.

    So that nothing is downloaded, and an undeclared dependency is missing all the same.
    """
    for line in distribution(name).requires or []:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        dependency = distribution(requirement.name)
        tops = {file.parts[0] for file in dependency.files or []} - {"..", "__pycache__"}
        if any((site / top).is_symlink() for top in tops):
            continue
        for top in tops:
            (site / top).symlink_to(Path(str(dependency.locate_file(top))))
        link_requirements(requirement.name, site)


def carried(folder: str, *patterns: str) -> set[Path]:
    return {
        path.relative_to(ROOT)
        for pattern in patterns
        for path in (ROOT / folder).rglob(pattern)
        if path.is_file()
    }


def test_the_wheel_carries_the_package_the_rules_and_the_schemas(wheel: Path) -> None:
    package = {p for p in carried("esolint", "*") if "__pycache__" not in p.parts}
    data = carried("rules", "*.yaml", "*.json") | carried("crd-schemas", "*")
    info = f"esolint-{esolint.__version__}.dist-info"
    metadata = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert Path("esolint/py.typed") in package
    assert data
    assert names == {
        *(path.as_posix() for path in package),
        *(f"esolint/_data/{path.as_posix()}" for path in data),
        "esolint/_data/rules.json",
        "esolint/_data/prose.json",
        *(f"{info}/{name}" for name in metadata),
    }


def test_a_wheel_of_the_sdist_is_the_same_to_the_byte(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(sdist, tree)
    # What git ignores stays out, also where git is absent.
    for ignored in ("rules/__pycache__/x.json", "esolint/__pycache__/x.py", "esolint/_data/x"):
        tree.joinpath(ignored).parent.mkdir(parents=True, exist_ok=True)
        tree.joinpath(ignored).write_text("ignored", encoding="utf-8")

    again = build(tree, "wheel", tmp_path / "dist")

    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_sdist_can_be_tested(sdist: Path) -> None:
    for name in (
        "tests/test_wheel.py",
        ".ci/run",
        ".pre-commit-hooks.yaml",
        "fixtures",
        "README.md",
    ):
        assert sdist.joinpath(name).exists()


def test_the_installed_command_is_the_wheel_s(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "--version", cwd=tmp_path).stdout.split()[-1] == esolint.__version__

    where = run(
        installed.with_name("python"), "-c", "import esolint; print(esolint.__file__)", cwd=tmp_path
    )

    assert Path(where.stdout.strip()).is_relative_to(installed.parents[1])


COMMANDS = {
    "text": ["check", "shop"],
    "json": ["check", "shop", "--output-format", "json"],
    "sarif": ["check", "shop", "--output-format", "sarif"],
    "rules": ["rules"],
    "explain": ["explain", "refresh-interval-zero"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_installed_command_says_what_the_checkout_s_says(
    installed: Path, tmp_path: Path, command: list[str]
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "shop")

    theirs = run(installed, *command, cwd=tmp_path)
    ours = run(Path(sys.executable).with_name("esolint"), *command, cwd=tmp_path)

    assert theirs.stdout
    assert theirs.returncode == (1 if command[0] == "check" else 0)
    assert (theirs.stdout, theirs.stderr) == (ours.stdout, ours.stderr)


@pytest.mark.slow
def test_the_readme_s_first_command_runs_esolint(sdist: Path, tmp_path: Path) -> None:
    tree = tmp_path / "clone"
    shutil.copytree(sdist, tree)
    readme = tree.joinpath("README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^python3 .* && \.venv/bin/esolint check .*$", readme, re.MULTILINE)
    path = os.pathsep.join([str(Path(sys.base_prefix, "bin")), os.environ["PATH"]])

    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tree,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1, done.stderr
    for rule in (
        "cluster-store-ref-namespace",
        "cluster-store-without-conditions",
        "static-aws-keys",
        "iam-wildcard-action",
        "refresh-interval-zero",
    ):
        assert rule in done.stdout
