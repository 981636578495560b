"""What esolint prints for the repositories under fixtures/, to the byte.

`pytest tests/test_golden.py --update-golden` writes it anew; read the difference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from sarif_kit.validate import validation_errors

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


@pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda path: path.name)
def test_the_golden_reports_fit_their_schemas(repository: Path) -> None:
    sarif = json.loads((GOLDEN / f"{repository.name}.sarif").read_text(encoding="utf-8"))
    report = json.loads((GOLDEN / f"{repository.name}.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))

    assert list(validation_errors(sarif)) == []
    assert list(Draft202012Validator(schema).iter_errors(report)) == []


def test_the_example_shows_what_the_readme_promises() -> None:
    """The five checks that esolint is known for, each at the exact key."""
    report = json.loads((GOLDEN / "shop.json").read_text(encoding="utf-8"))
    found = {(f["rule"], f["path"], f["line"], f["route"]) for f in report["findings"]}
    stores, keys = "platform/stores.yaml", "spec.provider.aws.auth.secretRef"

    assert found >= {
        ("cluster-store-ref-namespace", stores, 13, f"{keys}.accessKeyIDSecretRef"),
        ("cluster-store-without-conditions", stores, 6, "spec.conditions"),
        ("static-aws-keys", stores, 12, keys),
        ("iam-wildcard-action", "iam/shop-secrets-reader.json", 8, "Statement[0].Action[0]"),
        ("refresh-interval-zero", "apps/checkout/external-secrets.yaml", 7, "spec.refreshInterval"),
    }


def test_the_readme_shows_what_is_printed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"It prints, among others:\n\n```\n(.*?)```", readme, re.DOTALL)
    printed = (GOLDEN / "shop.text").read_text(encoding="utf-8")

    assert shown.replace("fixtures/repos/shop/", "") in printed
