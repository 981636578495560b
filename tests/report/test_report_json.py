from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from report_samples import BOOK, SAMPLE, diagnostic, given_any_result, result

from esolint import __version__
from esolint.diagnostic import Result, Suppressed
from esolint.report import Options, render

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def read(any_result: Result, options: Options = Options()) -> dict[str, Any]:  # noqa: B008
    document: dict[str, Any] = json.loads("".join(render("json", any_result, BOOK, options)))
    return document


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@given_any_result
def test_every_report_fits_the_schema_and_loses_nothing(any_result: Result) -> None:
    document = read(any_result, Options(show_suppressed=True))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert len(document["findings"]) == len(any_result.diagnostics)
    assert len(document["skipped"]) == document["summary"]["skipped"] == len(any_result.skipped)


def test_the_keys_stand_in_the_order_of_the_contract() -> None:
    document = read(SAMPLE)
    assert [*document] == ["version", "tool", "environments", "findings", "skipped", "summary"]
    assert " ".join(document["findings"][0]) == (
        "rule case topic layer severity confidence message path line column end_line end_column "
        "route resource environments fingerprint related suppressed"
    )
    assert " ".join(document["findings"][0]["related"][0]) == (
        "path line column end_line end_column message"
    )
    assert " ".join(document["findings"][0]["resource"]) == "apiVersion kind namespace name"
    assert " ".join(document["environments"][0]) == "name eso_version because"
    assert " ".join(document["skipped"][0]) == "path line reason detail"
    assert " ".join(document["summary"]) == (
        "files documents resources error warning info suppressed baselined skipped"
    )


def test_a_report_in_full() -> None:
    found = diagnostic(
        case="missing",
        place=diagnostic().place._replace(path="größe.yaml"),
        route=("spec", "data", 0, "a.b/c"),
        suppressed=Suppressed("configuration", "known"),
    )
    assert read(result(found), Options(show_suppressed=True)) == {
        "version": 1,
        "tool": {"name": "esolint", "version": __version__},
        "environments": [
            {"name": "prod", "eso_version": "2.9", "because": "clusters/prod/eso.yaml says so"}
        ],
        "findings": [
            {
                "rule": "store-not-found",
                "case": "missing",
                "topic": "stores",
                "layer": "runtime",
                "severity": "error",
                "confidence": "high",
                "message": found.message,
                "path": "größe.yaml",
                "line": 12,
                "column": 11,
                "end_line": 12,
                "end_column": 21,
                "route": 'spec.data[0]["a.b/c"]',
                "resource": {
                    "apiVersion": "external-secrets.io/v1",
                    "kind": "ExternalSecret",
                    "namespace": "payments",
                    "name": "db-creds",
                },
                "environments": ["prod"],
                "fingerprint": "0f3a",
                "related": [],
                "suppressed": {"by": "configuration", "reason": "known"},
            }
        ],
        "skipped": [],
        "summary": {
            "files": 214,
            "documents": 390,
            "resources": 380,
            "error": 0,
            "warning": 0,
            "info": 0,
            "suppressed": 1,
            "baselined": 0,
            "skipped": 0,
        },
    }


def test_letters_are_written_as_they_are_and_each_finding_on_its_line() -> None:
    written = "".join(render("json", SAMPLE, BOOK, Options()))
    assert "größe" in written
    assert sum('"rule": ' in line for line in written.splitlines()) == 9
