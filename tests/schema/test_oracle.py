"""What a real cluster said about thousands of manifests: esolint says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from esolint.schema import Version, Violation, admit
from esolint.source import Document, read_text
from esolint.value import Route, mapping, parse_route, text

NEWEST = Version(2, 9)
PLACED = {"unknown-field", "type", "required", "enum", "bounds", "pattern"}
# ESO's rewriting of the group's case, or of a top-level key, is found at the key as written.
ELSEWHERE = {"0410-wrong_case", "1022-wrong_case", "1490-wrong_case"} | {
    "1111-api_kind",  # a PushSecret's spec under kind ClusterPushSecret: the cluster names each
    "1183-api_kind",  # field, the record the kind
}


def refusals(document: Document) -> list[Violation]:
    value = mapping(document.value)
    kind, api_version = text(value.get("kind")), text(value.get("apiVersion"))
    metadata = mapping(value.get("metadata"))
    found = admit(value, api_version or "", kind or "", eso_version=NEWEST).violations
    # What the loader reports.
    if not kind or not (metadata.get("name") or metadata.get("generateName")):
        found.append(Violation("not-an-object", ("metadata",), ""))
    found += (Violation("duplicate-key", route, "") for route in document.duplicates)
    return [violation for violation in found if violation.rule != "deprecated-field"]


def near(a: Route, b: Route) -> bool:
    """One is the other's beginning, or only the last key differs."""
    n = min(len(a), len(b))
    return a[:n] == b[:n] or (n > 1 and a[: n - 1] == b[: n - 1])


def dotted(written: str) -> Route:
    return tuple(int(step) if step.isdigit() else step for step in written.split(".") if step)


def test_mutants(shared: Path) -> None:
    wrong, misplaced = [], []
    for line in (shared / "oracle/mutants.jsonl").read_text(encoding="utf-8").splitlines():
        mutant = json.loads(line)
        documents, unread = read_text(mutant["manifest"], "x.yaml", literal=True)
        assert not unread
        found = [violation for document in documents for violation in refusals(document)]
        if bool(found) == mutant["accepted"]:
            wrong.append(mutant["id"])
        elif (
            found
            and set(mutant["category"]) & PLACED
            and not (any(near(dotted(mutant["path"]), violation.route) for violation in found))
        ):
            misplaced.append(mutant["id"])
    assert wrong == []
    assert set(misplaced) == ELSEWHERE


def test_corpus(shared: Path) -> None:
    verdicts: dict[str, list[dict[str, Any]]] = {}
    recorded = (shared / "oracle/corpus-verdicts.jsonl").read_text(encoding="utf-8")
    for line in recorded.splitlines():
        verdict = json.loads(line)
        verdicts.setdefault(verdict["file"], []).append(verdict)
    wrong, judged = [], 0
    for file, expected in verdicts.items():
        content = (shared / "corpus" / file).read_text(encoding="utf-8")
        documents = {d.index: d for d in read_text(content, file, literal=True)[0]}
        for verdict in expected:
            if not verdict["apiVersion"].startswith(("external-secrets.io/", "generators.")):
                continue
            judged += 1
            document = documents.get(verdict["doc"])  # None: the loader refused it
            if (document is None or bool(refusals(document))) == verdict["accepted"]:
                wrong.append((file, verdict["doc"]))
    assert wrong == []
    assert judged > 800


def cases(shared: Path) -> Iterator[tuple[dict[str, Any], str]]:
    for file in sorted((shared / "oracle/admission-cases").glob("*.yaml")):
        for written in re.split(r"^---\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
            head, _, body = written.partition("\nmanifest:\n")
            facts = yaml.safe_load(head)
            if body:
                body = re.split(r"^(?=\S)", body, flags=re.MULTILINE)[0]
                yield facts, re.sub(r"^  ", "", body, flags=re.MULTILINE)


def test_admission_cases(shared: Path) -> None:
    wrong, misplaced, seen = [], [], 0
    for facts, manifest in cases(shared):
        [document], _ = read_text(manifest, "x.yaml", literal=True)
        found = refusals(document)
        seen += facts["layer"] != "webhook"
        if bool(found) != (facts["expect"] == "reject" and facts["layer"] != "webhook"):
            wrong.append(facts["id"])
        elif found and not any(near(parse_route(facts["where"]), v.route) for v in found):
            misplaced.append(facts["id"])
    assert wrong == []
    assert misplaced == []
    assert seen > 40
