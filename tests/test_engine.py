from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from esolint import engine
from esolint.engine import ActiveRule, check, crash_place
from esolint.graph import Environment
from esolint.locate import Located
from esolint.repository import Input, Repository, read
from esolint.resource import Resource
from esolint.rule import Finding, Rule, load_rules
from esolint.value import parse_route

MANIFESTS = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: one}
spec: {refreshInterval: 0s, typo: 1}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: two}
spec: {refreshInterval: 0s}
"""


def repository(*texts: str) -> Repository:
    return read(Input(f"{i}.yaml", text.encode()) for i, text in enumerate(texts))


def environment(whole: Repository, name: str = "repository") -> Environment:
    return Environment(whole.resources, whole.patches, whole.unread, name=name)


def active(*ids: str, **options: Any) -> list[ActiveRule]:
    return [ActiveRule(load_rules()[rule_id], options) for rule_id in ids]


def run(whole: Repository, rules: list[ActiveRule]) -> list[Located]:
    return check(whole, [environment(whole)], rules)


def brief(located: list[Located]) -> list[tuple[str, str]]:
    return [(entry.rule.id, entry.finding.resource.name) for entry in located]


def replace(monkeypatch: pytest.MonkeyPatch, functions: dict[str, Callable[..., Any]]) -> None:
    real = engine._function
    monkeypatch.setattr(engine, "_function", lambda rule: functions.get(rule.id) or real(rule))


def test_active_rules_and_the_schema_report() -> None:
    found = brief(run(repository(MANIFESTS), active("refresh-interval-zero", "unknown-field")))

    zeros = [("refresh-interval-zero", "one"), ("refresh-interval-zero", "two")]
    assert found == [*zeros, ("unknown-field", "one")]


def test_equal_findings_of_several_environments_are_one_that_names_them() -> None:
    whole = repository(MANIFESTS)
    environments = [environment(whole, "a"), environment(whole, "b")]

    found = check(whole, environments, active("refresh-interval-zero", "unknown-field"))

    assert [entry.environments for entry in found] == [("a", "b")] * 3


@pytest.mark.parametrize("written", ["Orphan", '"Orph\\x61n"', "Retain"])
def test_what_mentions_no_word_of_a_rule_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    real = engine._function
    loaded: list[str] = []

    def recorded(rule: Rule) -> engine.Check:
        loaded.append(rule.id)
        return real(rule)

    monkeypatch.setattr(engine, "_function", recorded)
    target = f"{{creationPolicy: {written}, deletionPolicy: Delete}}"
    manifest = MANIFESTS.replace("typo: 1", f"target: {target}")

    found = brief(run(repository(manifest), active("orphan-with-delete")))

    meant = written != "Retain"
    assert loaded == ["orphan-with-delete"] * meant
    assert found == [("orphan-with-delete", "one")] * meant


@pytest.mark.parametrize("late", [False, True])
def test_a_crash_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    def crashing(resource: Resource, env: Environment) -> Iterator[Finding]:
        if late:
            yield Finding(resource, (), "before")
        if resource.name == "one":
            parse_route("a..b")
        yield Finding(resource, (), "after")

    replace(monkeypatch, {"refresh-interval-zero": crashing})
    found = run(repository(MANIFESTS), active("refresh-interval-zero", "unknown-field"))

    messages = [entry.finding.message for entry in found if entry.rule.id == "internal-error"]
    assert len(messages) == 1
    assert messages[0].startswith(
        "the check of refresh-interval-zero crashed (ValueError in value.py:"
    )
    assert ("refresh-interval-zero", "two") in brief(found)
    assert ("unknown-field", "one") in brief(found)
    assert (("refresh-interval-zero", "one") in brief(found)) == late


def test_a_rule_that_does_not_load_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = load_rules()["refresh-interval-zero"]
    broken = [
        ActiveRule(rule._replace(check={"python": "nowhere.nothing"}), {}),
        ActiveRule(rule._replace(check={"cel": "1 +", "message": "x"}), {}),
    ]
    found = run(repository(MANIFESTS), [*broken, *active("unknown-field")])

    assert [rule_id for rule_id, _ in brief(found)] == ["internal-error"] * 2 + ["unknown-field"]


def test_a_crash_of_the_schema_check_spares_the_other_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Environment.admission

    def admission(self: Environment, resource: Resource) -> Any:
        if resource.name == "one":
            raise KeyError("x")
        return real(self, resource)

    monkeypatch.setattr(Environment, "admission", admission)
    texts = MANIFESTS.replace("{refreshInterval: 0s}", "{typo: 1}")
    found = run(repository(texts), active("unknown-field"))

    assert brief(found) == [("internal-error", "one"), ("unknown-field", "two")]
    assert found[0].finding.message.startswith("the schema check crashed (KeyError in ")


def test_options_reach_checks_of_every_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def record(*arguments: Any, **options: Any) -> Iterator[Finding]:
        seen.append(options)
        yield from ()

    rule = load_rules()["duplicate-key"]
    for scope in ("resource", "environment", "repository"):
        scoped = rule._replace(
            check={"python": "x.y", "scope": scope}, kinds={"ExternalSecret": ()}
        )
        replace(monkeypatch, {rule.id: record})
        run(repository(MANIFESTS), [ActiveRule(scoped, {"depth": 3})])

    assert seen == [{"depth": 3}] * 4


PATCHED = """\
patches: [{path: 1.yaml}]
"""


@pytest.mark.parametrize("with_patches", [False, True])
def test_patches_are_judged_where_a_rule_wants_it(
    monkeypatch: pytest.MonkeyPatch, with_patches: bool
) -> None:
    def each(resource: Resource, env: Environment) -> Iterator[Finding]:
        yield Finding(resource, (), "seen")

    texts = MANIFESTS.split("---\n")
    whole = read(
        [Input("kustomization.yaml", PATCHED.encode()), Input("1.yaml", texts[1].encode())]
    )
    assert [patch.name for patch in whole.patches] == ["two"]
    rule: Rule = load_rules()["refresh-interval-zero"]
    judged = rule._replace(check={"python": "x.y", "patches": with_patches})
    replace(monkeypatch, {rule.id: each})

    assert brief(run(whole, [ActiveRule(judged, {})])) == [(rule.id, "two")] * with_patches


def test_without_eso_objects_only_the_loader_reports() -> None:
    texts = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {password: aB3xK9mQ2p}"
    rules = [ActiveRule(rule, rule.defaults()) for rule in load_rules().values()]

    assert run(repository(texts), rules) == []
    assert run(repository(), rules) == []


def test_the_place_of_a_crash_is_the_innermost_of_our_own() -> None:
    with pytest.raises(ValueError) as caught:
        parse_route("a..b")

    assert crash_place(caught.value).startswith(" in value.py:")
    assert crash_place(ValueError()) == ""
