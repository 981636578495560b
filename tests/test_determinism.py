"""The same input gives the same bytes, and nothing is executed or fetched for them."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from esolint.cli import main
from esolint.report import FORMATS

ROOT = Path(__file__).resolve().parents[1]
# Two stores of one name, copies of one fault, equal identities: what an order can change.
EXTRA = """\
apiVersion: external-secrets.io/v1
kind: {kind}
metadata: {{name: twin}}
spec:
  refreshInterval: 0s
  secretStoreRef: {{name: aws-secret}}
  provider: {{fake: {{data: []}}}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    # A repository of several clusters, and one without any, in a folder of it.
    shutil.copytree(ROOT / "fixtures" / "repos" / "fleet", root)
    shutil.copytree(ROOT / "fixtures" / "repos" / "shop", root / "shop")
    root.joinpath(".git").mkdir()
    for i in range(6):
        for kind in ("ExternalSecret", "ClusterSecretStore"):
            path = root / f"more-{i % 2}" / f"{kind}-{i}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(EXTRA.format(kind=kind), encoding="utf-8")
    return root


def output(*arguments: str) -> bytes:
    run = CliRunner().invoke(
        main, ["check", "--profile", "strict", "--today", "2026-01-01", *arguments]
    )
    assert run.exit_code == 1, run.output
    return run.stdout_bytes + run.stderr_bytes


class Shuffled:
    """os.scandir whose entries come in an order of their own each time."""

    def __init__(self, scandir: Callable[..., Any], path: str, seed: random.Random) -> None:
        with scandir(path) as entries:
            self.entries = list(entries)
        seed.shuffle(self.entries)

    def __enter__(self) -> list[os.DirEntry[str]]:
        return self.entries

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_of_files_does_not_matter(
    repository: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(repository)
    wanted = output("--output-format", name)
    scandir = os.scandir
    for seed in range(3):
        order = random.Random(seed)
        monkeypatch.setattr(os, "scandir", lambda path, o=order: Shuffled(scandir, path, o))

        assert output("--output-format", name) == wanted


ENVIRONMENTS = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "random", "LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0", "TZ": "UTC"},
    {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "ascii", "LANG": "tr_TR.UTF-8"},
]


@pytest.mark.parametrize("name", ["text", "sarif"])
def test_the_environment_does_not_matter(repository: Path, name: str) -> None:
    text = EXTRA.format(kind="ExternalSecret").replace("\nspec", "  # Ümläut →\nspec")
    repository.joinpath("a.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", "from esolint.cli import main; main(prog_name='esolint')"]
    command += ["check", "--profile", "strict", "--today", "2026-01-01", "--output-format", name]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}

    outputs: set[tuple[bytes, bytes]] = set()
    for environment in ENVIRONMENTS:
        run = subprocess.run(
            command, cwd=repository, env={**inherited, **environment}, capture_output=True
        )
        assert run.returncode == 1, run.stderr
        outputs.add((run.stdout, run.stderr))

    assert len(outputs) == 1
    assert "Ümläut →".encode() in outputs.pop()[0]


def test_the_working_directory_moves_paths_and_nothing_else(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for folder in (repository, repository / "more-1", repository / "platform", repository.parent):
        monkeypatch.chdir(folder)
        report = json.loads(output(str(repository), "--output-format", "json"))
        for entry in (*report["findings"], *report["skipped"]):
            for place in (entry, *entry.get("related", ())):
                place["path"] = str(Path(place["path"]).resolve())
        for environment in report["environments"]:
            del environment["because"]  # it names places
        runs.append(report)

    assert runs[0]["findings"]
    assert all(run == runs[0] for run in runs)


def test_a_fingerprint_does_not_hang_on_what_else_is_checked(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)

    def fingerprints(*arguments: str) -> dict[tuple[object, ...], str]:
        report = json.loads(output(*arguments, "--output-format", "json"))
        keys = ("rule", "path", "line", "column", "message")
        return {tuple(f[key] for key in keys): f["fingerprint"] for f in report["findings"]}

    everything = fingerprints()
    one = fingerprints("more-1/ExternalSecret-1.yaml", "--min-confidence", "high")

    assert len(set(everything.values())) == len(everything)
    assert one
    assert one.items() <= everything.items()


def test_nothing_is_executed_or_fetched(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a check reaches out")

    for module, name in (
        (socket, "socket"),
        (socket, "create_connection"),
        (socket, "getaddrinfo"),
        (subprocess, "Popen"),
        (os, "system"),
        (os, "posix_spawn"),
        (os, "fork"),
    ):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.chdir(repository)

    for name in FORMATS:
        output("--output-format", name)
