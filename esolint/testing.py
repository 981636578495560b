"""Runs the examples that a rule carries: a `bad` one must be found where it is marked.

A marked line ends with `# finding`, `# finding: case` or `# related`; the marks are cut off
before the example is read. Where no comment can stand, `findings` lists the places. Only
the rule itself runs, over the files of the example alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from esolint import engine, locate
from esolint.diagnostic import Diagnostic
from esolint.engine import ActiveRule
from esolint.environments import Settings, surroundings
from esolint.repository import Input, read
from esolint.rule import Rule, load_rules, read_rule_text, rule_file
from esolint.schema import packaged
from esolint.suppress import FAULTS, suppress, written
from esolint.value import Value, format_route

TODAY = "2026-01-01"
_MARK = re.compile(r"[ \t]*# (finding|related)(?:: ([\w-]+))?[ \t]*$", re.MULTILINE)


class Expected(NamedTuple):
    """A place where an example wants a finding: by line, or by route. `case` None: any."""

    file: str
    line: int | None
    route: str | None
    case: str | None


class Example(NamedTuple):
    """One example of a rule: its files without marks, and what is to be found in them.

    `text` is what must stand at the place of one finding, where the example says so.
    """

    name: str
    bad: bool
    files: Mapping[str, str]
    findings: tuple[Expected, ...]
    related: tuple[tuple[str, int], ...]
    options: Mapping[str, Value]
    profile: str
    eso_version: str | None
    text: str | None


def examples(rule_id: str) -> list[Example]:
    """Return the examples of a rule, the bad ones first."""
    path = rule_file(rule_id)
    with open(path, encoding="utf-8") as file:
        content = read_rule_text(file.read(), path)
    return [
        _example(entry, bad=kind == "bad") for kind in ("bad", "good") for entry in content[kind]
    ]


def failures(rule: Rule, example: Example) -> list[str]:
    """Return what is wrong with an example's outcome, each as a sentence; empty: all is well."""
    found = check(rule, example)
    problems = [f"crashed: {d.message}" for d in found if d.rule == "internal-error"]
    found = [d for d in found if d.rule == rule.id]
    if example.bad and not example.findings:
        problems.append("a bad example marks no finding")
    if not example.bad and rule.kinds and not _holds_kind(rule, example):
        problems.append("a good example holds no resource of the rule's kinds")
    left = list(found)
    for expected in example.findings:
        match = next((d for d in left if _fits(d, expected)), None)
        if match is None:
            problems.append(f"not found: {expected}")
        else:
            left.remove(match)
    problems.extend(f"not marked: {_described(d)}" for d in left)
    noted = {(note.place.path, note.place.span.line) for d in found for note in d.related}
    problems.extend(f"not related: {place}" for place in example.related if place not in noted)
    for diagnostic in found:
        shown = _text_at(diagnostic, example)
        if not shown.strip():
            problems.append(f"nothing stands at {_described(diagnostic)}")
    if example.text is not None and example.text not in (_text_at(d, example) for d in found):
        problems.append(f"{example.text!r} stands at none of the places")
    return problems


def check(rule: Rule, example: Example) -> list[Diagnostic]:
    """Run a rule over an example; with it, for a rule about suppressions, all that they name."""
    repository = read(Input(path, text.encode()) for path, text in example.files.items())
    versions = [packaged().minors.parse(example.eso_version)] if example.eso_version else []
    around = surroundings(repository, Settings(eso_versions=versions))
    known = load_rules()
    applied = known.values() if rule.id in FAULTS else [rule]
    active = [
        ActiveRule(r, {**r.defaults(), **(example.options if r is rule else {})}) for r in applied
    ]
    found = locate.diagnostics(
        engine.check(repository, around.environments, active), repository.objects
    )
    found = [d for d in found if d.profile in (None, example.profile)]
    comments = written(repository.documents, repository.objects)
    return suppress(found, comments, known, {r.id for r in applied}, TODAY)


def _example(entry: Mapping[str, Any], *, bad: bool) -> Example:
    texts = entry.get("files") or {"manifest.yaml": entry["yaml"]}
    findings = [
        Expected(f.get("file", "manifest.yaml"), f.get("line"), f.get("route"), f.get("case"))
        for f in entry.get("findings", ())
    ]
    related = []
    for path, text in texts.items():
        for kind, line, case in _marks(text):
            if kind == "finding":
                findings.append(Expected(path, line, None, case))
            else:
                related.append((path, line))
    return Example(
        name=entry["name"],
        bad=bad,
        files={path: _MARK.sub("", text) for path, text in texts.items()},
        findings=tuple(findings),
        related=tuple(related),
        options=entry.get("options", {}),
        profile=entry.get("profile", "default"),
        eso_version=entry.get("eso-version"),
        text=entry.get("text"),
    )


def _marks(text: str) -> Iterator[tuple[str, int, str | None]]:
    for match in _MARK.finditer(text):
        yield match[1], text.count("\n", 0, match.start()) + 1, match[2]


def _fits(diagnostic: Diagnostic, expected: Expected) -> bool:
    return (
        diagnostic.place.path == expected.file
        and expected.line in (None, diagnostic.place.span.line)
        and expected.route in (None, format_route(diagnostic.route or ()))
        and expected.case in (None, diagnostic.case)
    )


def _described(diagnostic: Diagnostic) -> str:
    path, span = diagnostic.place
    route = format_route(diagnostic.route or ())
    case = f" ({diagnostic.case})" if diagnostic.case else ""
    return f"{path}:{span.line}:{span.column} {route}{case}: {diagnostic.message}"


def _text_at(diagnostic: Diagnostic, example: Example) -> str:
    """Return the text of the first line of a diagnostic's place."""
    path, span = diagnostic.place
    line = example.files[path].split("\n")[span.line - 1]
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]


def _holds_kind(rule: Rule, example: Example) -> bool:
    repository = read(
        (Input(path, text.encode()) for path, text in example.files.items()), everything=True
    )
    return any(r.kind in rule.kinds for r in repository.objects)
