"""What esolint prints for the repositories under fixtures/, to the byte.

`pytest tests/test_golden.py --update-golden` writes it anew; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from esolint.cli import main

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "fixtures" / "golden"
REPOSITORIES = sorted(p for p in (ROOT / "fixtures" / "repos").iterdir() if p.is_dir())


@pytest.mark.parametrize("output", ["text", "concise", "json", "sarif"])
@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda path: path.name)
def test_output(
    repository: Path,
    output: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(repository)
    command = ["check", "--context-root", ".", "--today", "2026-01-01", "--output-format", output]

    printed = CliRunner().invoke(main, command).stdout

    golden = GOLDEN / f"{repository.name}.{output}"
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(printed, encoding="utf-8", newline="")
    assert printed == golden.read_text(encoding="utf-8")
