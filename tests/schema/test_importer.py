from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from esolint.data import schemas_dir
from esolint.schema.catalog import compile_rule, packaged
from esolint.schema.importer import (
    CrdError,
    cel_rules,
    crds_in,
    import_releases,
    rule_id,
    share,
)
from esolint.schema.tree import DROPPED, at_minor, expand, merge, node_at
from esolint.schema.versions import Minors, Version

BY_HAND = {"rules.json", "deprecated.json"}


def lean(schema: Any) -> Any:
    """A schema without prose and CEL rules, as the tree holds it."""
    if isinstance(schema, dict):
        return {
            key: {name: lean(child) for name, child in value.items()}
            if key == "properties"
            else lean(value)
            if key in ("items", "additionalProperties")
            else value
            for key, value in schema.items()
            if key not in DROPPED
        }
    return schema


def exactly(found: dict[tuple[str, str], Any]) -> dict[tuple[str, str], str]:
    """With `==`, Python would take 1 for true."""
    return {key: json.dumps(value, sort_keys=True) for key, value in found.items()}


def test_every_bundle_can_be_rebuilt(bundles: dict[Version, list[dict[str, Any]]]) -> None:
    catalog = packaged()
    assert tuple(bundles) == catalog.minors.known
    for minor, crds in bundles.items():
        bit = catalog.minors.bit(minor)
        expected = {}
        for crd in crds:
            spec = crd["spec"]
            for version in spec["versions"]:
                expected[spec["names"]["kind"], f"{spec['group']}/{version['name']}"] = (
                    spec["scope"] == "Namespaced",
                    version["served"],
                    "status" in version["subresources"],
                    lean(version["schema"]["openAPIV3Schema"]),
                )
        rebuilt = {
            (kind.name, version.api_version): (
                kind.namespaced,
                bool(version.served & bit),
                bool(version.status & bit),
                at_minor(catalog.tree(version), bit, catalog.minors),
            )
            for kind in catalog.kinds.values()
            for version in kind.versions.values()
            if version.known & bit
        }
        assert exactly(rebuilt) == exactly(expected), minor


def test_the_files_are_what_the_bundles_make(bundles: dict[Version, list[dict[str, Any]]]) -> None:
    releases = {
        minor: (json.loads(index())["releases"][str(minor)], crds)
        for minor, crds in bundles.items()
    }
    files = import_releases(releases)
    there = {path.name: path for path in Path(schemas_dir()).iterdir()}
    assert set(there) - BY_HAND - {"README.md"} == set(files)
    for name, text in files.items():
        assert there[name].read_text(encoding="utf-8") == text, name


def index() -> str:
    return (Path(schemas_dir()) / "index.json").read_text(encoding="utf-8")


def test_the_files_hold_no_prose() -> None:
    for path in Path(schemas_dir()).glob("*.external-secrets.io_*.json"):
        text = path.read_text(encoding="utf-8")
        assert not any(f'"{key}":' in text and key != "description" for key in DROPPED), path.name


def test_every_cel_rule_is_restated(bundles: dict[Version, list[dict[str, Any]]]) -> None:
    """A new bundle whose rule has no counterpart fails here, as does a rule that went away."""
    entries = json.loads((Path(schemas_dir()) / "rules.json").read_text(encoding="utf-8"))
    minors = Minors(bundles)
    restated = {}
    for entry in entries:
        for digest in entry["restates"]:
            restated[digest] = minors.mask(entry["versions"])
    upstream: dict[str, int] = {}
    where = {}
    for minor, crds in bundles.items():
        for crd in crds:
            for version in crd["spec"]["versions"]:
                for route, _, rule in cel_rules(version["schema"]["openAPIV3Schema"]):
                    written = ".".join(route).replace(".[]", "[]").replace(".{}", "{}")
                    digest = rule_id(written, rule["rule"])
                    upstream[digest] = upstream.get(digest, 0) | minors.bit(minor)
                    where[digest] = (str(minor), crd["spec"]["names"]["kind"], written)
    assert not {where[digest] for digest in upstream.keys() - restated.keys()}
    assert {d: minors.text(m) for d, m in upstream.items()} == {
        d: minors.text(m) for d, m in restated.items()
    }


def test_the_restated_rules_say_what_the_originals_say(
    bundles: dict[Version, list[dict[str, Any]]],
) -> None:
    entries = json.loads((Path(schemas_dir()) / "rules.json").read_text(encoding="utf-8"))
    restated = {digest: entry["holds"] for entry in entries for digest in entry["restates"]}
    originals: dict[str, list[str]] = {}
    fields: dict[str, Any] = {}
    for crd in bundles[max(bundles)]:
        for version in crd["spec"]["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            for route, _, rule in cel_rules(schema):
                written = ".".join(route).replace(".[]", "[]").replace(".{}", "{}")
                # Two rules of one place may have become one.
                holds = restated[rule_id(written, rule["rule"])]
                originals.setdefault(f"{written} {holds}", []).append(rule["rule"])
                node = node_at(schema, tuple(0 if step == "[]" else step for step in route))
                assert node is not None
                fields[f"{written} {holds}"] = node.get("properties") or {
                    name: {} for name in re.findall(r"'(\w+)'", rule["rule"])
                }
    pick = random.Random(0)
    for place, rules in originals.items():
        outcomes = set()
        for _ in range(100):
            value = some_of(fields[place], pick)
            theirs = all(compile_rule(rule).evaluate({"self": value}) is True for rule in rules)
            ours = compile_rule(place.split(" ", 1)[1]).evaluate({"self": value})
            assert ours is theirs, (place, value)
            outcomes.add(theirs)
        assert outcomes == {True, False}, place


def some_of(fields: dict[str, Any], pick: random.Random) -> dict[str, Any]:
    """Some fields of an object, some of theirs, and lists with and without an item."""
    made: dict[str, Any] = {}
    for name in pick.sample(sorted(fields), pick.randint(0, min(3, len(fields)))):
        schema = fields[name]
        made[name] = "x"
        if schema.get("type") == "array":
            made[name] = pick.choice([[], [{}]])
        elif "properties" in schema:
            made[name] = some_of(schema["properties"], pick)
    return made


def test_merge_keeps_what_differs_apart() -> None:
    minors = Minors([Version(1, 0), Version(1, 1), Version(1, 2)])
    old = {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}
    new = {
        "type": "object",
        "required": ["b"],
        "properties": {
            "a": {"type": "string", "enum": ["x", "y"], "description": "prose"},
            "b": {"type": "integer", "default": True},
        },
    }
    tree = merge([(1, old), (6, new)], minors)
    assert tree == {
        "type": "object",
        "required@": {"1.1..": ["b"]},
        "properties": {
            "a": {"type": "string", "enum@": {"1.0": ["x"], "1.1..": ["x", "y"]}},
            "b": {"@": "1.1..", "type": "integer", "default": True},
        },
    }
    assert at_minor(tree, 1, minors) == old
    assert at_minor(tree, 2, minors) == lean(new)


def test_merge_tells_true_from_one() -> None:
    minors = Minors([Version(1, 0), Version(1, 1)])
    tree = merge([(1, {"default": True}), (2, {"default": 1})], minors)
    assert tree == {"default@": {"1.0": True, "1.1..": 1}}


def test_share_is_undone_by_expand() -> None:
    reference = {
        "type": "object",
        "properties": {"name": {"type": "string", "pattern": "x" * 600}},
    }
    tree = {
        "properties": {
            "user": reference,
            "password": {"@": "1.0", **reference},
            "more": {"items": reference},
        }
    }
    shared, shapes = share(tree)
    assert list(shapes.values()) == [reference]
    assert shared["properties"]["password"] == {"@": "1.0", "shape": next(iter(shapes))}
    assert expand(shared, shapes) == tree


def test_crds_in_flattens_lists_and_keeps_their_places() -> None:
    crd = {"kind": "CustomResourceDefinition", "spec": {}}
    listing = {"kind": "List", "items": [{"kind": "Secret"}, crd, "no object", None]}
    assert list(crds_in([None, crd, listing])) == [
        ((1, ()), crd),
        ((2, ("items", 1)), crd),
    ]


def test_a_bundle_that_is_none_is_refused(tmp_path: Path) -> None:
    from esolint.schema.importer import import_bundles

    path = tmp_path / "v1.2.3.yaml"
    path.write_text("kind: ConfigMap\n")
    with pytest.raises(CrdError, match="holds no CustomResourceDefinition"):
        import_bundles([path])
    path.write_text("kind: [\n")
    with pytest.raises(CrdError, match="not YAML"):
        import_bundles([path])
    with pytest.raises(CrdError, match="no release"):
        import_bundles([tmp_path / "crds.yaml"])
