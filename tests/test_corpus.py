"""Findings on real repositories, each judged by a person: a false one fails, a new one asks.

The judgements stand in `judgements.jsonl`, a line each. `pytest tests/test_corpus.py --judge`
appends what is not judged yet with the verdict null; write true or false and a reason. A
false one also becomes a `good:` example of its rule.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esolint.config import active_rules
from esolint.diagnostic import Diagnostic
from esolint.rule import load_rules
from esolint.run import Request, run
from esolint.value import format_route

JUDGEMENTS = Path(__file__).with_name("judgements.jsonl")
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
REPOSITORIES = sorted(p.name for p in CORPUS.iterdir() if p.is_dir()) if CORPUS.is_dir() else []


def judgements() -> dict[tuple[str, str], dict[str, object]]:
    """Return the judgements by repository and fingerprint."""
    lines = JUDGEMENTS.read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return {(str(e["repository"]), str(e["fingerprint"])): e for e in entries}


def findings(repository: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Diagnostic]:
    """Return what a first run reports, by fingerprint."""
    monkeypatch.chdir(repository)
    rules = active_rules(load_rules(), select=(), ignore=(), profile="default", options={})
    result = run(Request(paths=["."], root=".", rules=rules, today="2026-01-01"))
    return {diagnostic.fingerprint: diagnostic for diagnostic in result.diagnostics}


def described(repository: str, diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "repository": repository,
        "rule": diagnostic.rule,
        "case": diagnostic.case,
        "path": diagnostic.place.path,
        "route": format_route(diagnostic.route or ()),
        "fingerprint": diagnostic.fingerprint,
        "verdict": None,
        "because": "",
    }


@pytest.mark.parametrize("repository", REPOSITORIES or [pytest.param("", id="absent")])
def test_every_finding_is_judged_true(
    repository: str, shared: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    judged = {fp: entry for (name, fp), entry in judgements().items() if name == repository}
    found = findings(shared / "corpus" / repository, monkeypatch)

    new = [described(repository, d) for fp, d in found.items() if fp not in judged]
    if request.config.getoption("--judge"):
        with JUDGEMENTS.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in new)

    assert new == [], "findings that nobody has judged"
    wrong = [judged[fp] for fp in found if judged[fp]["verdict"] is not True]
    assert wrong == [], "findings that were judged false, or not at all"
    gone = [e for fp, e in judged.items() if e["verdict"] is True and fp not in found]
    assert gone == [], "findings that were judged true and are not reported any more"


def test_judgements_have_reasons() -> None:
    entries = judgements().values()
    assert entries
    assert [e for e in entries if not isinstance(e["verdict"], bool) or not e["because"]] == []
