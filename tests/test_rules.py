"""Every example of every rule, and what holds for all rule files."""

from __future__ import annotations

import inspect
import json
import runpy
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from esolint.cel import compile
from esolint.expression import VARIABLES
from esolint.go import parse_duration
from esolint.rule import Rule, load_rules, read_rule_text
from esolint.rule_file import RuleFile
from esolint.schema import packaged
from esolint.schema.tree import RawNode, step_into
from esolint.testing import Example, examples, failures
from esolint.value import Route, parse_route

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "rules").glob("*/*.yaml"))
RULES = load_rules()

CASES = [
    pytest.param(rule.id, example, id=f"{rule.id}: {example.name}")
    for rule in RULES.values()
    for example in examples(rule.id)
]
KEYS = [field.alias or name for name, field in RuleFile.model_fields.items()]
TYPES = {
    "string": "str",
    "duration": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "string-list": "Sequence[str]",
}


def content(path: Path) -> dict[str, Any]:
    return read_rule_text(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize(("rule_id", "example"), CASES)
def test_example(rule_id: str, example: Example) -> None:
    assert failures(RULES[rule_id], example) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_file_has_the_shape(path: Path) -> None:
    rule = content(path)
    RuleFile.model_validate(rule)

    assert rule["id"] == path.stem
    assert list(rule) == [key for key in KEYS if key in rule]
    schema = json.loads((ROOT / "rules" / "rule.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(rule)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_shows_what_it_reports_and_what_not(path: Path) -> None:
    rule = content(path)
    if rule["check"].get("builtin") == "engine":
        return

    assert rule["bad"]
    assert rule["good"]
    for kind in ("bad", "good"):
        names = Counter(example["name"] for example in rule[kind])
        assert max(names.values()) == 1, names
    shown = {e.case for example in examples(path.stem) for e in example.findings if e.case}
    assert shown <= set(rule.get("cases", {}))


def test_names_are_given_once() -> None:
    names = Counter(name for rule in RULES.values() for name in (rule.id, *rule.aliases))

    assert len(FILES) == len(RULES)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_is_off_only_for_want_of_an_option(path: Path) -> None:
    rule = RULES[path.stem]

    assert rule.profile != "off" or rule.options


PYTHON = [rule for rule in RULES.values() if "python" in rule.check]


@pytest.mark.parametrize("rule", PYTHON, ids=lambda rule: rule.id)
def test_a_check_takes_the_options_of_its_rule(rule: Rule) -> None:
    module, name = rule.check["python"].split(".")
    function = getattr(import_module(f"esolint.checks.{module}"), name)
    parameters = inspect.signature(function).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    options = {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}

    scope = rule.check.get("scope", "resource")
    assert len(positional) == (2 if scope == "resource" else 1)
    assert list(options) == list(rule.options)
    for key, option in rule.options.items():
        assert options[key].annotation == TYPES[option.type]
        if options[key].default is not inspect.Parameter.empty:
            assert options[key].default == option.default
        if option.type == "duration":
            parse_duration(str(option.default))
    assert bool(rule.kinds) == (scope == "resource") or rule.kinds


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_the_kinds_of_a_rule_have_the_spec_that_it_names(rule: Rule) -> None:
    for kind, base in rule.kinds.items():
        if kind in packaged().kinds:
            assert any(step_to(tree, base) for tree in trees(kind)), kind


CEL = [rule for rule in RULES.values() if "cel" in rule.check]


@pytest.mark.parametrize("rule", CEL, ids=lambda rule: rule.id)
def test_an_expression_reads_what_the_schemas_have(rule: Rule) -> None:
    program = compile(rule.check["cel"], VARIABLES)
    each = parse_route(rule.check.get("each", ""))
    pointer = parse_route(rule.check.get("at", ""))

    assert rule.kinds
    assert program.portable
    for kind, base in rule.kinds.items():
        item = (*base, *each, *("*" for _ in each[:1]))
        roots: dict[str, Route] = {"object": (), "raw": (), "spec": base, "item": item}
        routes = [roots[variable] + route for variable, route in program.routes]
        for route in (*routes, item + pointer):
            if route[:1] != ("metadata",):
                assert any(step_to(tree, route) is not None for tree in trees(kind)), (kind, route)


def trees(kind: str) -> Iterator[RawNode]:
    catalog = packaged()
    for version in catalog.kinds[kind].versions.values():
        yield catalog.tree(version)


def step_to(tree: RawNode, route: Route) -> RawNode | None:
    """Follow a route in a schema; `*` is any key or index."""
    here: RawNode | None = tree
    for step in route:
        if here is None:
            return None
        here = step_into(here, 0 if step == "*" and "items" in here else step)
    return here


def test_what_is_generated_is_not_stale() -> None:
    generated = runpy.run_path(str(ROOT / "docs" / "generate.py"))["generated"]

    stale = [path for path, wanted in generated() if path.read_text(encoding="utf-8") != wanted]

    assert stale == [], "run docs/generate.py"
