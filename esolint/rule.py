"""What a rule is, what it yields, and how rules are read from rules/.

A rule is one YAML file, `rules/<topic>/<id>.yaml`. A checkout reads those files, each cut
before its examples; a wheel carries the same content as two JSON files, made by
`build_index` when it is built: what every run needs, and the prose of rules that fired.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, cast

from esolint import data
from esolint.diagnostic import Confidence, Layer, Severity
from esolint.resource import Resource
from esolint.source import read_text
from esolint.value import Route, Value, parse_route


class Note(NamedTuple):
    """A related place of a finding: another resource, or another route of the same one."""

    resource: Resource
    route: Route
    message: str


class Finding(NamedTuple):
    """A rule's report on one route of one resource.

    The route may lead nowhere: the nearest existing parent is shown then. The message
    names the object and what is wrong, gives no advice (that is the rule's `fix`), ends
    without a full stop and never holds a secret's value. `severity` and `confidence` may
    lower what the rule or its case states. `profile` is "strict" where only that profile
    reports it. `help` is what to write instead in this very place, as YAML. `point` is
    "value" (what stands at the route), "key" (the route's last key) or "text": the key
    again, for a fault of the text that the object itself does not have, so no route either.
    """

    resource: Resource
    route: Route
    message: str
    case: str | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    related: tuple[Note, ...] = ()
    help: str | None = None
    profile: str | None = None
    point: Literal["value", "key", "text"] = "value"


class Case(NamedTuple):
    """One of several things that a rule reports, with a weight of its own."""

    layer: Layer
    severity: Severity
    confidence: Confidence


class Option(NamedTuple):
    """A setting of a rule. `type`: string, integer, number, boolean, duration or string-list."""

    type: str
    default: Value
    what: str


class Rule(NamedTuple):
    """A rule without its prose and examples.

    `kinds` maps the kinds that it looks at to the route of their spec; where none of them is
    there it does not run, and without kinds it looks at everything. `check` has exactly one
    of `cel` (with `message`, `at`, `each`), `python` (with `scope`: resource, environment or
    repository; `patches`: at kustomize patches too; `needs`: what an environment must hold) and
    `builtin` (reported by the schemas, the suppressions or the engine). The first two may have
    `mentions`: texts of which a manifest must hold one.
    """

    id: str
    title: str
    topic: str
    severity: Severity
    confidence: Confidence
    layer: Layer
    profile: str
    since: str
    aliases: tuple[str, ...]
    kinds: Mapping[str, Route]
    options: Mapping[str, Option]
    security_severity: str | None
    cases: Mapping[str, Case]
    check: Mapping[str, Any]

    def defaults(self) -> dict[str, Value]:
        """Return the values of the options where nobody sets them."""
        return {name: option.default for name, option in self.options.items()}


class Prose(NamedTuple):
    """What is told about a rule: sentences for people."""

    what: str
    why: str
    fix: str
    references: tuple[str, ...]
    case_whys: Mapping[str, str]


_PROSE = ("what", "why", "fix", "references")


@cache
def load_rules() -> Mapping[str, Rule]:
    """Return all rules by id, sorted."""
    return {entry["id"]: _rule(entry) for entry in _entries(data.rule_index())}


@cache
def _all_prose() -> Mapping[str, Prose]:
    return {entry["id"]: _prose(entry) for entry in _entries(data.rule_prose())}


def by_name(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Return rules by all their names: ids and aliases."""
    return {name: rule for rule in rules.values() for name in (rule.id, *rule.aliases)}


def prose(rule_id: str) -> Prose:
    """Return what is told about a rule. Raises KeyError for an unknown id."""
    return _all_prose()[rule_id]


def build_index(folder: str) -> dict[str, bytes]:
    """Return the files that a wheel carries instead of rules/: name → content."""
    entries = _read_folder(folder)
    index = [{k: v for k, v in e.items() if k not in _PROSE} for e in entries]
    words = [{k: e[k] for k in ("id", *_PROSE, "cases") if k in e} for e in entries]
    return {
        name: json.dumps(content, ensure_ascii=False).encode()
        for name, content in (("rules.json", index), ("prose.json", words))
    }


def rule_file(rule_id: str) -> str:
    """Return the path of a rule's YAML file."""
    return os.path.join(data.rules_dir(), load_rules()[rule_id].topic, f"{rule_id}.yaml")


def _entries(packed: str | None) -> list[dict[str, Any]]:
    if packed is None:
        return _read_checkout()
    with open(packed, encoding="utf-8") as file:
        return cast("list[dict[str, Any]]", json.load(file))


@cache
def _read_checkout() -> list[dict[str, Any]]:
    return _read_folder(data.rules_dir())


def _read_folder(folder: str) -> list[dict[str, Any]]:
    """Read the rule files below a folder, without their examples, sorted by id."""
    entries = []
    for topic in sorted(os.listdir(folder)):
        if not os.path.isdir(os.path.join(folder, topic)):
            continue
        for name in os.listdir(os.path.join(folder, topic)):
            if name.endswith(".yaml"):
                path = os.path.join(folder, topic, name)
                with open(path, encoding="utf-8") as file:
                    head = file.read().partition("\nbad:")[0]
                entries.append({**read_rule_text(head, path), "topic": topic})
    return sorted(entries, key=lambda entry: str(entry["id"]))


def read_rule_text(text: str, path: str) -> dict[str, Any]:
    """Return the content of a rule file. Raises ValueError where it is no YAML mapping."""
    documents, unread = read_text(text, path, literal=True)
    if unread or len(documents) != 1 or not isinstance(documents[0].value, dict):
        detail = unread[0].detail if unread else "one mapping is wanted"
        raise ValueError(f"{path}: {detail}")
    return cast("dict[str, Any]", documents[0].value)


def _rule(entry: dict[str, Any]) -> Rule:
    cases = entry.get("cases", {})
    options = entry.get("options", {})
    return Rule(
        id=entry["id"],
        title=entry["title"],
        topic=entry["topic"],
        severity=entry["severity"],
        confidence=entry["confidence"],
        layer=entry["layer"],
        profile=entry["profile"],
        since=entry["since"],
        aliases=tuple(entry.get("aliases", ())),
        kinds={kind: parse_route(route or "") for kind, route in entry.get("kinds", {}).items()},
        options={name: Option(o["type"], o["default"], o["what"]) for name, o in options.items()},
        security_severity=entry.get("security-severity"),
        cases={n: Case(c["layer"], c["severity"], c["confidence"]) for n, c in cases.items()},
        check=entry["check"],
    )


def _prose(entry: dict[str, Any]) -> Prose:
    cases = entry.get("cases", {})
    return Prose(
        entry["what"],
        entry["why"],
        entry["fix"],
        tuple(entry.get("references", ())),
        {name: case["why"] for name, case in cases.items()},
    )
