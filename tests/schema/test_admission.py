from __future__ import annotations

from typing import Any

import pytest

from esolint.schema import Version, admit, concerns
from esolint.schema.catalog import packaged
from esolint.value import Route, format_route

V1 = "external-secrets.io/v1"
BETA = "external-secrets.io/v1beta1"
TOKEN = {"tokenSecretRef": {"name": "a", "key": "b"}}


def store(provider: Any, api_version: str = V1, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": "SecretStore",
        "metadata": {"name": "a"},
        "spec": {"provider": provider, **spec},
    }


def faults(value: Any, version: str | None, **options: Any) -> list[tuple[str, str, str]]:
    eso_version = packaged().minors.parse(version) if version else None
    found = admit(
        value, value["apiVersion"], value["kind"], eso_version=eso_version, **options
    ).violations
    return [(v.rule, format_route(v.route), v.message) for v in found]


@pytest.mark.parametrize(
    ("value", "version", "expected"),
    [
        (
            store({"alibaba": {"regionID": "x", "auth": {}}}),
            "2.9",
            (
                "field-not-in-version",
                "spec.provider.alibaba",
                "spec.provider.alibaba exists until ESO 1.3",
            ),
        ),
        (
            store({"openBao": {}}),
            "2.3",
            (
                "field-not-in-version",
                "spec.provider.openBao",
                "spec.provider.openBao exists since ESO 2.7",
            ),
        ),
        (
            {
                "apiVersion": V1,
                "kind": "ExternalSecret",
                "metadata": {"name": "a"},
                "spec": {"target": {"creationPolicy": "CreateOrMerge"}},
            },
            "2.3",
            (
                "field-not-in-version",
                "spec.target.creationPolicy",
                '"CreateOrMerge" for creationPolicy exists since ESO 2.8',
            ),
        ),
        (
            {
                "apiVersion": "generators.external-secrets.io/v1alpha1",
                "kind": "MFA",
                "metadata": {"name": "a"},
            },
            "0.12",
            ("field-not-in-version", "kind", "MFA exists since ESO 0.18"),
        ),
        (
            store({}, BETA),
            "2.9",
            (
                "removed-api-version",
                "apiVersion",
                "ESO 0.17 stopped serving SecretStore as external-secrets.io/v1beta1 "
                "in favour of external-secrets.io/v1; 0.16 serves both",
            ),
        ),
        (
            store({}),
            "0.5",
            (
                "field-not-in-version",
                "apiVersion",
                "SecretStore exists as external-secrets.io/v1 since ESO 0.16",
            ),
        ),
        (
            store({"vault": {"server": "x", "auth": TOKEN}}, refreshInterval="1h"),
            "2.5",
            (
                "wrong-type",
                "spec.refreshInterval",
                "refreshInterval is a string, not an integer",
            ),
        ),
        (
            store({"pulumi": {"organization": "a", "environment": "b", "project": "c"}}),
            "2.9",
            (
                "schema-rule-violated",
                "spec.provider.pulumi",
                "pulumi takes either auth or the deprecated accessToken, "
                "and one of them must be there",
            ),
        ),
        (
            store({"fake": {"data": [{"key": "a", "valueMap": {}}]}}, BETA),
            "0.12",
            (
                "deprecated-field",
                "spec.provider.fake.data[0].valueMap",
                "spec.provider.fake.data[0].valueMap is deprecated in favour of value",
            ),
        ),
    ],
)
def test_a_version_decides(value: Any, version: str, expected: tuple[str, str, str]) -> None:
    assert faults(value, version) == [expected]


@pytest.mark.parametrize(
    "value",
    [
        store({"alibaba": {"regionID": "x", "auth": {}}}),  # gone since 2.0
        store({"openBao": {"server": "x", "auth": TOKEN}}),  # new in 2.7
        store({"vault": {"server": "x", "auth": TOKEN}}, refreshInterval="1h"),  # since 2.8
        store({"doppler": {"auth": {"secretRef": {"dopplerToken": {"name": "a"}}}}}),
        store({"fake": {"data": []}}, BETA),  # no longer served
        store({"fake": {"data": [{"key": "a", "valueMap": {}}]}}, BETA),
    ],
)
def test_without_a_version_only_what_no_version_takes_is_refused(value: Any) -> None:
    assert faults(value, None) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (store({"nosuch": {}}), [("unknown-field", "spec.provider.nosuch")]),
        (store({"vault": {"server": 3}}), [("wrong-type", "spec.provider.vault.server")]),
        (
            store({"doppler": {"auth": {}}}),
            [("schema-rule-violated", "spec.provider.doppler.auth")],
        ),
        (
            # One fault hangs on the version, the other does not.
            store({"openBao": {"server": "x", "auth": TOKEN}}, controler="x"),
            [("unknown-field", "spec.controler")],
        ),
        (store({"vault": {}}, "external-secrets.io/v2"), [("unknown-kind", "apiVersion")]),
    ],
)
def test_without_a_version_the_rest_is_told(value: Any, expected: list[Any]) -> None:
    assert [fault[:2] for fault in faults(value, None)] == expected


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        (
            V1,
            "ExternalSecre",
            '"ExternalSecre" is no kind of external-secrets.io, did you mean "Ex',
        ),
        (V1, "Password", "Password is a kind of generators.external-secrets.io, not of ext"),
        ("external-secrets.io/v2", "ExternalSecret", "ExternalSecret has no API version exte"),
        ("External-Secrets.io/v1", "ExternalSecret", '"External-Secrets.io/v1" is no API ver'),
        ("external-secrets.io", "ExternalSecret", '"external-secrets.io" is no API version o'),
    ],
)
def test_unknown_kinds(api_version: str, kind: str, expected: str) -> None:
    found = admit({"metadata": {"name": "a"}}, api_version, kind).violations
    assert [violation.rule for violation in found] == ["unknown-kind"]
    assert found[0].message.startswith(expected)


def test_other_groups_are_no_concern() -> None:
    assert not concerns("operator.external-secrets.io/v1alpha1")
    assert not concerns("v1")
    assert (
        admit({"spec": 3}, "operator.external-secrets.io/v1alpha1", "OperatorConfig").violations
        == []
    )


def test_what_is_unknown_is_not_judged() -> None:
    holes = {
        ("spec", "provider", "vault", "server"),
        ("spec", "provider", "vault", "version"),
        ("metadata", "name"),
    }

    def unknown(route: Route) -> bool:
        return any(route[:n] in holes for n in range(len(route) + 1))

    value = store({"vault": {"server": "${A}", "version": "${V}", "auth": TOKEN}})
    value["metadata"] = {"name": "${NAME}"}
    assert faults(value, "2.9", unknown=unknown) == []
    assert len(faults(value, "2.9")) == 2
    assert admit(value, V1, "SecretStor", unknown=lambda route: route == ("kind",)).violations == []


def test_a_hole_counts_for_the_rules_of_a_crd_as_being_there() -> None:
    value = store({"doppler": {"auth": {"secretRef": "${A}"}}})
    hole = ("spec", "provider", "doppler", "auth", "secretRef")
    assert faults(value, "2.9", unknown=lambda route: route == hole) == []


def test_the_status_is_dropped_but_its_fields_must_exist() -> None:
    value = store({"fake": {"data": []}})
    value["status"] = {"conditions": 3}
    assert faults(value, "2.9") == []
    value["status"] = {"nosuch": 3}
    assert [fault[0] for fault in faults(value, "2.9")] == ["unknown-field"]


def test_admit_gives_the_object_with_its_defaults() -> None:
    value = store({"vault": {"server": "x", "auth": TOKEN, "path": None}})
    admission = admit(value, V1, "SecretStore", eso_version=Version(2, 9))
    assert admission.violations == []
    vault = admission.value["spec"]["provider"]["vault"]  # type: ignore[index, call-overload]
    assert vault == {"server": "x", "auth": TOKEN, "version": "v2"}
    assert admission.schema is not None
    assert admission.schema.minor == Version(2, 9)
    assert "version" not in value["spec"]["provider"]["vault"]
