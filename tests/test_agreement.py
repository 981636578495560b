"""A run as a whole against the verdicts of a real cluster: API server and ESO's webhook.

`tests/schema/test_oracle.py` looks at the API server's half alone, and at the corpus.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from esolint.config import active_rules
from esolint.diagnostic import Diagnostic
from esolint.rule import load_rules
from esolint.run import Request, run
from esolint.schema import packaged
from esolint.value import Route

PLACED = {"unknown-field", "type", "required", "enum", "bounds", "pattern"}


class Case(NamedTuple):
    """A manifest with the cluster's verdict: accept, warn or reject, and the place it named."""

    name: str
    verdict: str
    where: Route | None
    manifest: str


def route(written: str) -> Route:
    steps = re.sub(r"\[(\d+)\]", r".\1", written).split(".")
    return tuple(int(step) if step.isdigit() else step for step in steps if step)


def mutants(oracle: Path) -> Iterator[Case]:
    for line in (oracle / "mutants.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        refused = not entry["accepted"] or entry["webhook"] == "reject"
        placed = not entry["accepted"] and PLACED & set(entry["category"])
        yield Case(
            entry["id"],
            "reject" if refused else "accept",
            route(entry["path"]) if placed else None,
            entry["manifest"],
        )


def admission_cases(oracle: Path) -> Iterator[Case]:
    for file in sorted((oracle / "admission-cases").glob("*.yaml")):
        for text in re.split(r"^---\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
            head, _, body = text.partition("\nmanifest:\n")
            if body:
                facts = yaml.safe_load(head)
                body = re.split(r"^(?=\S)", body, flags=re.MULTILINE)[0]
                manifest = re.sub(r"^  ", "", body, flags=re.MULTILINE)
                yield Case(facts["id"], facts["expect"], route(facts["where"]), manifest)


def near(one: Route, other: Route) -> bool:
    """Say whether one route is the other's beginning, or they differ in the last step alone."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter] or one[: shorter - 1] == other[: shorter - 1] != ()


@pytest.mark.parametrize("recorded", [mutants, admission_cases])
def test_verdicts_are_the_cluster_s(recorded: object, shared: Path, tmp_path: Path) -> None:
    cases = {case.name: case for case in recorded(shared / "oracle")}  # type: ignore[operator]
    for case in cases.values():
        tmp_path.joinpath(f"{case.name}.yaml").write_text(case.manifest, encoding="utf-8")
    rules = active_rules(load_rules(), select=(), ignore=(), profile="default", options={})
    version = packaged().minors.parse("2.9")
    request = Request([str(tmp_path)], str(tmp_path), rules, "2026-01-01", literal=True)
    says: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in run(request._replace(eso_versions=[version])).diagnostics:
        if diagnostic.layer == "admission":
            says[Path(diagnostic.place.path).stem].append(diagnostic)

    wrong, misplaced = [], []
    for case in cases.values():
        errors = [d for d in says[case.name] if d.severity == "error"]
        if bool(errors) != (case.verdict == "reject"):
            wrong.append((case.name, case.verdict))
        if case.verdict == "warn" and not says[case.name]:
            wrong.append((case.name, case.verdict))
        routes = [d.route for d in errors if d.route is not None]
        if routes and case.where is not None and not any(near(case.where, r) for r in routes):
            misplaced.append(case.name)

    assert len(cases) > 250
    assert wrong == []
    # `Spec:` is reported where it stands; the record names `spec`, which is not there.
    assert len(misplaced) <= len(cases) // 200, misplaced
