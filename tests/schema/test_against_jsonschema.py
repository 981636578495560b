"""Objects made from the schemas of every release, judged by esolint and by jsonschema."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from esolint.schema.catalog import packaged
from esolint.schema.structural import defaulted, validate
from esolint.schema.versions import Version
from esolint.schema.violation import no_holes
from esolint.value import exists

FORMATS = FormatChecker(formats=())


@FORMATS.checks("byte", raises=ValueError)
def is_base64(value: object) -> bool:
    return not isinstance(value, str) or (
        bool(value) and base64.b64decode(value, validate=True) is not None
    )


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-.*T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
            return False
        datetime.fromisoformat(value)
    return True


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a CRD's schema under strict field validation."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {
        key: value
        for key, value in schema.items()
        if not key.startswith("x-") and key not in ("default", "nullable")
    }
    if schema.get("format") == "int32":
        made = {"minimum": -(2**31), "maximum": 2**31 - 1, **made}
    if schema.get("nullable"):
        made["type"] = [schema["type"], "null"]
    if "properties" in schema:
        made["properties"] = {name: strict(child) for name, child in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            made[key] = strict(schema[key])
    preserves = schema.get("x-kubernetes-preserve-unknown-fields")
    if schema.get("type") == "object" and "additionalProperties" not in schema and not preserves:
        made["additionalProperties"] = False
    return made


def filled(value: Any, schema: dict[str, Any]) -> Any:
    """Defaults, said once more and slowly."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        extra = schema.get("additionalProperties", {})
        value = {
            key: item
            for key, item in value.items()
            if item is not None or properties.get(key, extra) in ({}, True)
        }
        for key, child in properties.items():
            if key not in value and child.get("default") is not None:
                value[key] = child["default"]
        return {key: filled(item, properties.get(key, extra)) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, schema.get("items", {})) for item in value]
    return value


class Maker:
    """Makes values that fit a schema mostly, each with up to two faults."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def value(self, schema: dict[str, Any]) -> Any:
        pick = self.random
        if "enum" in schema:
            return pick.choice(schema["enum"])
        if schema.get("x-kubernetes-int-or-string"):
            return pick.choice([3, "1h"])
        match schema.get("type"):
            case "object":
                return self.mapping(schema)
            case "array":
                return [self.value(schema["items"]) for _ in range(pick.choice([1, 1, 2]))]
            case "integer":
                return int(schema.get("minimum", 0)) + pick.choice([0, 1, 1000])
            case "number":
                return pick.choice([0.5, 3])
            case "boolean":
                return pick.choice([True, False])
            case "string":
                return self.string(schema)
        return {"free": [1, "a", None]}

    def string(self, schema: dict[str, Any]) -> str:
        if schema.get("format") == "byte":
            return "YWJj"
        if schema.get("format") == "date-time":
            return "2026-01-31T09:30:00Z"
        choices = ["abc", "a-b", "x1", "0 * * * *", "a@b.iam.gserviceaccount.com"]
        fitting = [c for c in choices if re.search(schema.get("pattern", ""), c)]
        return self.random.choice(fitting)

    def mapping(self, schema: dict[str, Any]) -> dict[str, Any]:
        pick = self.random
        properties = schema.get("properties", {})
        if not properties and "additionalProperties" in schema:
            return {key: self.value(schema["additionalProperties"]) for key in ("a", "b")}
        names = list(schema.get("required", ()))
        optional = [name for name in properties if name not in names]
        most = schema.get("maxProperties", 4)
        least = max(schema.get("minProperties", 0) - len(names), 0)
        count = max(least, min(most - len(names), pick.randint(0, 3)))
        names += pick.sample(optional, min(count, len(optional)))
        return {name: self.value(properties[name]) for name in names}

    def fault(self, value: Any) -> Any:
        """Return the value with something changed somewhere inside it."""
        pick = self.random
        if isinstance(value, dict) and value and pick.random() < 0.85:
            key = pick.choice(list(value))
            if pick.random() < 0.7:
                return {**value, key: self.fault(value[key])}
            if pick.random() < 0.5:
                return {name: item for name, item in value.items() if name != key}
            return {**value, key.upper() + "x": value[key]}
        if isinstance(value, list) and value and pick.random() < 0.8:
            index = pick.randrange(len(value))
            return [*value[:index], self.fault(value[index]), *value[index + 1 :]]
        odd = [None, "", "A b", "x" * 300, 3, -1, 2**31, 1.0, 1.5, True, {}, [], [None], {"a": "b"}]
        return pick.choice(odd)


def compared(
    crds: list[dict[str, Any]], minor: Version, count: int, report: Callable[[str], None]
) -> tuple[int, int]:
    """Judge objects of each kind of a release; return how many, and how many were refused."""
    catalog = packaged()
    total = refused = 0
    for crd in crds:
        kind = crd["spec"]["names"]["kind"]
        for version in crd["spec"]["versions"]:
            api_version = f"{crd['spec']['group']}/{version['name']}"
            whole = version["schema"]["openAPIV3Schema"]
            original = {**whole, "properties": {"spec": whole["properties"]["spec"]}}
            schema = catalog.load(kind, api_version, minor)
            assert schema is not None
            node = schema.root
            oracle = Draft202012Validator(strict(original), format_checker=FORMATS)
            maker = Maker(f"{minor} {api_version} {kind}")
            for number in range(count):
                value = maker.value(original)
                for _ in range(number % 3):
                    value = maker.fault(value)
                found = validate(defaulted(value, node), value, node, no_holes)
                accepted = oracle.is_valid(filled(value, original))
                total += 1
                refused += not accepted
                if accepted == bool(found):
                    report(f"{minor} {api_version} {kind}: {value} {found}")
                for violation in found:
                    where = violation.route
                    if not exists(value, where) and not exists(value, where[:-1]):
                        report(f"{minor} {kind}: {value} has no {where}")
    return total, refused


def test_the_newest_release(bundles: dict[Version, list[dict[str, Any]]]) -> None:
    newest = max(bundles)
    wrong: list[str] = []
    total, refused = compared(bundles[newest], newest, 40, wrong.append)
    assert not wrong, wrong[:3]
    assert total > 1000
    assert 0.2 * total < refused < 0.8 * total


@pytest.mark.slow
def test_every_release(bundles: dict[Version, list[dict[str, Any]]]) -> None:
    for minor, crds in bundles.items():
        wrong: list[str] = []
        compared(crds, minor, 150, wrong.append)
        assert not wrong, wrong[:3]


def test_every_release_in_short(bundles: dict[Version, list[dict[str, Any]]]) -> None:
    for minor, crds in bundles.items():
        wrong: list[str] = []
        compared(crds, minor, 3, wrong.append)
        assert not wrong, wrong[:3]
