from __future__ import annotations

from typing import Any

import pytest

from esolint.cel import CelError
from esolint.expression import compiled
from esolint.graph import Environment
from esolint.resource import Resource, resources
from esolint.rule import Rule, load_rules
from esolint.source import read_text
from esolint.value import format_route


def rule(**check: Any) -> Rule:
    kinds = {"ExternalSecret": ("spec",), "ClusterExternalSecret": ("spec", "externalSecretSpec")}
    found = load_rules()["refresh-interval-zero"]
    return found._replace(check={"message": "x", **check}, kinds=kinds)


def resource(
    spec: str, kind: str = "ExternalSecret", group: str = "external-secrets.io/v1"
) -> Resource:
    text = f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: db}}\nspec: {spec}\n"
    documents, unread = read_text(text, "x.yaml")
    assert unread == []
    return next(resources(documents[0]))


def found(subject: Resource, **check: Any) -> list[tuple[str, str]]:
    findings = compiled(rule(**check))(subject, Environment([subject]))
    return [(format_route(finding.route), finding.message) for finding in findings]


def test_what_must_hold_and_does_not_is_found() -> None:
    assert found(resource("{refreshInterval: 1h}"), cel="spec.refreshInterval == '1h'") == []
    assert found(resource("{refreshInterval: 2h}"), cel="spec.refreshInterval == '1h'") == [
        ("spec", "x")
    ]


def test_the_spec_and_the_object_have_defaults_and_the_raw_object_has_none() -> None:
    subject = resource("{target: {}}")

    assert found(subject, cel="spec.target.creationPolicy == 'Owner'") == []
    assert found(subject, cel="object.spec.target.deletionPolicy == 'Retain'") == []
    assert found(subject, cel="!has(raw.spec.target.creationPolicy)") == []
    assert found(subject, cel="has(raw.spec.target.creationPolicy)") == [("spec", "x")]
    assert subject.get("spec") == {"target": {}}


@pytest.mark.parametrize(
    "cel",
    [
        "spec.nothing.there",  # an error
        "spec.refreshInterval",  # no verdict
        "spec.refreshInterval > 3",
        "duration(spec.refreshInterval) > duration('1h')",
    ],
)
def test_a_failure_is_silent(cel: str) -> None:
    assert found(resource("{refreshInterval: soon}"), cel=cel) == []


@pytest.mark.parametrize("value", ["'${INTERVAL}'", "'{{ .Values.interval }}'", "<interval>"])
def test_a_verdict_that_hangs_on_a_hole_is_silent(value: str) -> None:
    subject = resource(f"{{refreshInterval: {value}, target: {{name: x}}}}")

    assert found(subject, cel="spec.refreshInterval == '1h'") == []
    assert found(subject, cel="raw.spec.refreshInterval == '1h'") == []
    assert found(subject, cel="object.spec.refreshInterval == '1h'") == []
    assert found(subject, cel="spec.refreshInterval == '1h' && spec.target.name == 'y'") == [
        ("spec", "x")
    ]
    assert found(subject, cel="!has(spec.refreshInterval)") == [("spec", "x")]


def test_each_item_of_a_list_is_judged() -> None:
    subject = resource(
        "{data: [{secretKey: a, remoteRef: {key: a}}, {secretKey: b, remoteRef: {key: '${B}'}},"
        " {secretKey: c, remoteRef: {key: c}}]}"
    )
    check = {"each": "data", "at": "remoteRef.key", "message": '{kind} "{name}" reads "{value}"'}

    assert found(subject, cel="item.remoteRef.key == 'a'", **check) == [
        ("spec.data[2].remoteRef.key", 'ExternalSecret "db" reads "c"')
    ]
    assert len(found(subject, cel="size(spec.data) == 1", **check)) == 3


@pytest.mark.parametrize("spec", ["{}", "{data: '${DATA}'}", "{data: null}", "null", "[]", "x"])
def test_no_list_has_no_items(spec: str) -> None:
    assert found(resource(spec), cel="false", each="data") == []


def test_a_spec_inside_another_object() -> None:
    subject = resource("{externalSecretSpec: {refreshInterval: 2h}}", "ClusterExternalSecret")

    assert found(subject, cel="spec.refreshInterval == '1h'", at="refreshInterval") == [
        ("spec.externalSecretSpec.refreshInterval", "x")
    ]


def test_an_object_of_another_group_is_passed_over() -> None:
    subject = resource("{refreshInterval: 2h}", group="kubernetes-client.io/v1")

    assert found(subject, cel="false") == []


def test_a_message_is_filled_once_and_tells_no_secret() -> None:
    check = {"cel": "false", "message": "{name} {value} {other}"}
    subject = resource("{refreshInterval: '{name}', target: {immutable: true}}")
    secret = resource("{target: {template: {data: {password: aB3xK9mQ2pLk}}}}")

    assert found(subject, at="refreshInterval", **check) == [
        ("spec.refreshInterval", "db {name} {other}")
    ]
    assert found(subject, at="target.immutable", **check)[0][1] == "db true {other}"
    assert found(subject, at="target", **check)[0][1] == "db  {other}"
    assert found(secret, at="target.template.data.password", **check)[0][1] == (
        "db ******** {other}"
    )


def test_an_expression_that_does_not_compile() -> None:
    with pytest.raises(CelError):
        compiled(rule(cel="spec."))
    with pytest.raises(CelError):
        compiled(rule(cel="self.x"))
