"""What ESO's webhook said about recorded manifests, and what the rules say about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from esolint.graph import Environment
from esolint.resource import Resource, resources
from esolint.rule import Finding, Rule, load_rules
from esolint.source import read_text
from esolint.value import Route, parse_route

# The rules that together say what the webhook says.
WEBHOOK = (
    "cluster-store-ref-namespace",
    "datafrom-source-conflict",
    "datafrom-source-missing",
    "duplicate-secret-key",
    "empty-data",
    "invalid-duration",
    "invalid-namespace-regex",
    "policy-combination",
    "privileged-template",
    "provider-config-fails",
    "provider-config-invalid",
    "shadowed-secret-key",
    "store-ref-foreign-namespace",
    "store-ref-namespace-ignored",
    "template-target-not-allowed",
    "unmaintained-provider",
)


def read(text: str, *, literal: bool = False) -> list[Resource]:
    documents, unread = read_text(text, "manifest.yaml", literal=literal)
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def run(rule: Rule, found: list[Resource]) -> Iterator[Finding]:
    module, _, name = rule.check["python"].partition(".")
    function = getattr(import_module(f"esolint.checks.{module}"), name)
    environment = Environment(found)
    if rule.check["scope"] == "environment":
        yield from function(environment)
        return
    for resource in found:
        if resource.kind in rule.kinds:
            yield from function(resource, environment)


def admission(text: str, *, literal: bool = True) -> list[tuple[str, Finding]]:
    """Return (severity, finding) of layer admission."""
    said = []
    for rule_id in WEBHOOK:
        rule = load_rules()[rule_id]
        for finding in run(rule, read(text, literal=literal)):
            weight = rule.cases[finding.case] if finding.case else rule
            if weight.layer == "admission":
                said.append((finding.severity or weight.severity, finding))
    return said


def verdict(text: str) -> str:
    severities = {severity for severity, _ in admission(text)}
    return "reject" if "error" in severities else "warn" if severities else "accept"


def cases(shared: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((shared / "oracle" / "admission-cases").glob("*.yaml")):
        with path.open(encoding="utf-8") as file:
            yield from filter(None, yaml.load_all(file, Loader=yaml.CSafeLoader))


def test_admission_cases(shared: Path) -> None:
    wrong = []
    for case in cases(shared):
        text = yaml.safe_dump(case["manifest"])
        said = verdict(text)
        if case["layer"] == "webhook":
            # Where the cluster takes an object without a word, a warning is no contradiction.
            if said != case["expect"]:
                wrong.append((case["id"], case["expect"], said))
        elif case["expect"] == "accept" and said == "reject":
            wrong.append((case["id"], case["expect"], said))
    assert wrong == []


def test_admission_cases_are_refused_at_the_place_at_fault(shared: Path) -> None:
    far = []
    for case in cases(shared):
        if case["layer"] == "webhook" and case["expect"] == "reject":
            where = case["where"].replace("[", ".").replace("]", "").split(".")
            found = admission(yaml.safe_dump(case["manifest"]))
            routes = [[str(step) for step in finding.route] for _, finding in found]
            if not any(near(where, route) for route in routes):
                far.append((case["id"], case["where"], routes))
    assert far == []


def near(a: list[str], b: list[str]) -> bool:
    """Say whether one route is the other's beginning, or they differ in the last key alone."""
    shorter = min(len(a), len(b))
    return a[:shorter] == b[:shorter] or a[: shorter - 1] == b[: shorter - 1]


def test_mutants(shared: Path) -> None:
    wrong = []
    with (shared / "oracle" / "mutants.jsonl").open(encoding="utf-8") as file:
        for line in file:
            mutant = json.loads(line)
            if mutant["accepted"]:
                said = verdict(mutant["manifest"])
                if said != (mutant["webhook"] or "accept"):
                    wrong.append((mutant["id"], mutant["webhook"], said))
    assert wrong == []


# What follows needs no recorded verdict: provider, block, and the place that is refused.

REF = {"name": "credentials", "key": "key"}
FOREIGN = {**REF, "namespace": "platform"}
UUID4 = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
RESOURCE = {"group": "example.com", "version": "v1", "kind": "Crate"}
CHEF = {"username": "a", "auth": {"secretRef": {"privateKeySecretRef": REF}}}
CRD = {"resource": RESOURCE, "authRef": REF}
DVLS = {
    "serverUrl": "https://dvls.example.com",
    "auth": {"secretRef": {"appId": REF, "appSecret": REF}},
}
NEBIUS = {"apiDomain": "api.example.com", "auth": {"tokenSecretRef": REF}}
OP = {
    "connectHost": "https://op.example.com",
    "auth": {"secretRef": {"connectTokenSecretRef": REF}},
}
ORACLE = {"vault": "v", "region": "r"}
SCALEWAY = {
    "region": "fr-par",
    "projectId": UUID4,
    "accessKey": {"value": "SCW"},
    "secretKey": {"secretRef": REF},
}
WORKLOAD = {
    "auth": {"apikey": {"token": REF}},
    "server": {"apiUrl": "https://bt.example.com", "siteId": UUID4},
}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("akeyless", {"akeylessGWApiURL": "gw.example.com"}, "akeylessGWApiURL"),
    ("akeyless", {"akeylessGWApiURL": "https://", "authSecretRef": None}, "akeylessGWApiURL"),
    ("akeyless", {"authSecretRef": {}}, "authSecretRef.secretRef"),
    ("akeyless", {"authSecretRef": {"secretRef": {}}}, "authSecretRef.secretRef.accessID"),
    (
        "akeyless",
        {"authSecretRef": {"kubernetesAuth": {"accessID": "", "k8sConfName": "a"}}},
        "authSecretRef.kubernetesAuth.accessID",
    ),
    ("aws", {"region": "eu west"}, "region"),
    (
        "aws",
        {"secretsManager": {"recoveryWindowInDays": 31}},
        "secretsManager.recoveryWindowInDays",
    ),
    (
        "aws",
        {"secretsManager": {"recoveryWindowInDays": 7, "forceDeleteWithoutRecovery": True}},
        "secretsManager.recoveryWindowInDays",
    ),
    ("azurekv", {"customCloudConfig": {"activeDirectoryEndpoint": "a"}}, "customCloudConfig"),
    (
        "azurekv",
        {"useAzureSDK": True, "customCloudConfig": {"activeDirectoryEndpoint": ""}},
        "customCloudConfig.activeDirectoryEndpoint",
    ),
    ("azurekv", {"environmentType": "AzureStackCloud"}, "environmentType"),
    ("barbican", {}, "authURL"),
    ("beyondtrust", {"auth": {"clientId": {"value": "a"}}}, "auth.clientSecret"),
    ("beyondtrust", {"auth": {}}, "auth"),
    ("beyondtrust", {"server": {"apiUrl": "bt.example.com"}}, "server.apiUrl"),
    ("beyondtrustworkloadcredentials", {"server": {"apiUrl": "http://a"}}, "server.apiUrl"),
    (
        "beyondtrustworkloadcredentials",
        {"server": {"siteId": UUID4.replace("-4a", "-1a")}},
        "server.siteId",
    ),
    ("bitwardensecretsmanager", {"caBundle": "eA=="}, "bitwardenServerSDKURL"),
    ("chef", {**CHEF, "serverUrl": "https://chef.example.com"}, "serverUrl"),
    ("chef", {**CHEF, "serverUrl": "chef/"}, "serverUrl"),
    (
        "chef",
        {"auth": {"secretRef": {"privateKeySecretRef": {"name": "a"}}}},
        "auth.secretRef.privateKeySecretRef.key",
    ),
    ("cloudrusm", {"projectID": UUID4, "auth": {}}, "auth.secretRef"),
    ("cloudrusm", {"projectID": "shop"}, "projectID"),
    ("cloudrusm", {}, "projectID"),
    ("conjur", {"url": ""}, "url"),
    ("conjur", {"auth": {"jwt": {"account": "a", "serviceID": "b"}}}, "auth.jwt"),
    (
        "crd",
        {**CRD, "resource": {"group": "core", "version": "v1", "kind": "SECRET"}},
        "resource.kind",
    ),
    ("crd", {**CRD, "whitelist": {"rules": [{}]}}, "whitelist.rules[0]"),
    ("crd", {**CRD, "whitelist": {"rules": [{"namespace": "a"}]}}, "whitelist.rules[0].namespace"),
    (
        "crd",
        {**CRD, "whitelist": {"rules": [{"properties": ["a", "(?!a)"]}]}},
        "whitelist.rules[0].properties[1]",
    ),
    ("delinea", {"clientId": {}}, "clientId"),
    ("delinea", {"clientSecret": {"value": "a", "secretRef": REF}}, "clientSecret"),
    ("dvls", {**DVLS, "serverUrl": "http://dvls.example.com"}, "serverUrl"),
    ("dvls", {**DVLS, "serverUrl": "ftp://dvls.example.com"}, "serverUrl"),
    ("dvls", {**DVLS, "serverUrl": "dvls.example.com"}, "serverUrl"),
    ("dvls", {**DVLS, "vault": " shop"}, "vault"),
    ("fake", {"data": [{"key": "a", "value": "b"}, {"key": "a", "value": ""}]}, "data[1].value"),
    ("fortanix", {}, "apiKey"),
    ("fortanix", {"apiKey": {"secretRef": {"name": "a", "key": None}}}, "apiKey.secretRef.key"),
    ("gitlab", {}, ""),
    ("gitlab", {"projectID": "1", "auth": {"SecretRef": {}}}, "auth.SecretRef.accessToken"),
    ("gitlab", {"groupIDs": ["1"], "inheritFromGroups": True}, "inheritFromGroups"),
    ("ibm", {}, "serviceUrl"),
    ("ibm", {"serviceUrl": "a", "auth": {"secretRef": {}}}, "auth.secretRef.secretApiKeySecretRef"),
    (
        "infisical",
        {"secretsScope": {"projectSlug": "a", "environmentSlug": ""}},
        "secretsScope.environmentSlug",
    ),
    ("keepersecurity", {"folderID": ""}, "folderID"),
    ("nebiusmysterybox", {**NEBIUS, "apiDomain": "10.0.0.1"}, "apiDomain"),
    ("nebiusmysterybox", {**NEBIUS, "apiDomain": "api.example.com."}, "apiDomain"),
    ("nebiusmysterybox", {**NEBIUS, "apiDomain": "[::1]:443"}, "apiDomain"),
    (
        "nebiusmysterybox",
        {**NEBIUS, "auth": {"tokenSecretRef": {"name": "a"}}},
        "auth.tokenSecretRef.key",
    ),
    (
        "nebiusmysterybox",
        {**NEBIUS, "auth": {"tokenSecretRef": {"key": "a"}}},
        "auth.tokenSecretRef.name",
    ),
    ("nebiusmysterybox", {**NEBIUS, "caProvider": {}}, "caProvider.certSecretRef"),
    ("nebiusmysterybox", {**NEBIUS, "apiDomain": "a.example:1:2"}, "apiDomain"),
    ("ngrok", {"apiUrl": "https://a b"}, "apiUrl"),
    ("onepassword", {**OP, "vaults": {}}, "vaults"),
    ("onepassword", {**OP, "vaults": {"a": None}}, "vaults"),
    ("onepassword", {**OP, "vaults": {"a": 1, "b": 2, "c": 1}}, "vaults.c"),
    ("onepassword", {**OP, "vaults": {"a": 1}, "connectHost": ":a"}, "connectHost"),
    ("onepasswordSDK", {"vault": ""}, ""),
    ("oracle", {**ORACLE, "vault": ""}, "vault"),
    ("ovh", {"server": "a", "auth": {}}, "auth"),
    (
        "ovh",
        {"server": "a", "auth": {"token": {"tokenSecretRef": {}}}},
        "auth.token.tokenSecretRef",
    ),
    (
        "ovh",
        {"server": "a", "auth": {"token": {"tokenSecretRef": {"name": None}}}},
        "auth.token.tokenSecretRef",
    ),
    ("passbolt", {"host": "http://pass.example.com"}, "host"),
    ("previder", {"auth": {}}, "auth.secretRef"),
    ("pulumi", {"auth": {"accessToken": {}}}, "auth.accessToken.secretRef"),
    ("scaleway", {**SCALEWAY, "region": "FR-PAR"}, "region"),
    ("scaleway", {**SCALEWAY, "projectId": ""}, "projectId"),
    ("scaleway", {**SCALEWAY, "apiUrl": "https://a%"}, "apiUrl"),
    (
        "secretserver",
        {"serverURL": "a", "token": {"secretRef": {"key": "a"}}},
        "token.secretRef.name",
    ),
    ("senhasegura", {"url": "http://pam.example.com"}, "url"),
    ("vault", {"auth": {"appRole": {"secretRef": REF}}}, "auth.appRole"),
    ("vault", {"auth": {"jwt": {"path": "jwt"}}}, "auth.jwt"),
    ("vault", {"tls": {"keySecretRef": REF}}, "tls.keySecretRef"),
    ("vault", {"version": "v1", "checkAndSet": {"required": True}}, "checkAndSet"),
    ("volcengine", {"region": "a", "auth": {}}, "auth.secretRef"),
    ("yandexlockbox", {"fetching": {"byName": {"folderID": ""}}}, "fetching.byName.folderID"),
]

TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("akeyless", {"akeylessGWApiURL": ""}),
    ("akeyless", {"authSecretRef": {"kubernetesAuth": {"accessID": "a", "k8sConfName": "b"}}}),
    ("aws", {"region": "moon-base-9", "secretsManager": {"forceDeleteWithoutRecovery": True}}),
    ("azurekv", {"useAzureSDK": True, "customCloudConfig": {"activeDirectoryEndpoint": "a"}}),
    ("beyondtrust", {"auth": {"clientId": {"value": "a"}, "clientSecret": {"secretRef": REF}}}),
    ("beyondtrustworkloadcredentials", WORKLOAD),
    ("chef", {**CHEF, "serverUrl": "/"}),
    ("cloudrusm", {"projectID": f"urn:uuid:{UUID4}"}),
    ("crd", {**CRD, "resource": {"group": "apps", "version": "v1", "kind": "Secret"}}),
    ("crd", {**CRD, "whitelist": {"rules": [{"name": "^a$", "properties": ["b"]}]}}),
    ("dvls", {**DVLS, "serverUrl": "http://dvls.example.com", "insecure": True}),
    ("gitlab", {"groupIDs": ["1"]}),
    ("ibm", {"serviceUrl": "", "auth": {"containerAuth": {"profile": "a"}}}),
    ("nebiusmysterybox", {**NEBIUS, "apiDomain": "API.Example.com:443"}),
    ("nebiusmysterybox", {**NEBIUS, "apiDomain": "[api.example.com]:443"}),
    ("onepassword", {**OP, "vaults": {"a": 1, "b": 2, "c": None}, "connectHost": ""}),
    ("onepasswordSDK", {"environment": "a"}),
    ("oracle", ORACLE),
    ("passworddepot", {}),
    ("scaleway", {**SCALEWAY, "projectId": f"projects/{UUID4}", "apiUrl": "api"}),
    ("secretserver", {"serverURL": "a", "token": {"value": "a"}, "password": {"secretRef": {}}}),
    ("vault", {"server": "strong room", "auth": {"appRole": {"roleRef": {}, "secretRef": REF}}}),
    ("volcengine", {"region": "a"}),
    ("webhook", {}),
]


def store(provider: str, config: Any, kind: str = "SecretStore") -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": kind,
            "metadata": {"name": "store", "namespace": "shop"},
            "spec": {"provider": {provider: config}},
        }
    )


def external_secret(spec: str) -> str:
    return f"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n{spec}"


def said(rule_id: str, text: str, case: str | None) -> list[Finding]:
    found = run(load_rules()[rule_id], read(text))
    return [finding for finding in found if finding.case == case]


@pytest.mark.parametrize(("provider", "config", "place"), REFUSED)
def test_refused_configuration(provider: str, config: dict[str, Any], place: str) -> None:
    found = said("provider-config-invalid", store(provider, config), "refused")

    base: Route = ("spec", "provider", provider)
    assert (*base, *parse_route(place)) in [finding.route for finding in found]


@pytest.mark.parametrize(("provider", "config"), TAKEN)
def test_configuration_that_is_taken(provider: str, config: dict[str, Any]) -> None:
    assert said("provider-config-invalid", store(provider, config), "refused") == []


@pytest.mark.parametrize(
    ("provider", "config", "place"),
    [
        ("bitwardensecretsmanager", {"bitwardenServerSDKURL": "a"}, ""),
        ("kubernetes", {"auth": {"serviceAccount": REF}}, ""),
        ("kubernetes", {"server": {"url": "a"}}, "server"),
        ("crd", {"resource": RESOURCE, "auth": {"serviceAccount": REF}}, ""),
        ("beyondtrust", {"auth": {"certificate": {"value": "a"}}}, "auth.certificate"),
        ("beyondtrust", {"auth": {"certificateKey": {"value": "a"}}}, "auth.certificateKey"),
    ],
)
def test_warnings(provider: str, config: dict[str, Any], place: str) -> None:
    (finding,) = said("provider-config-invalid", store(provider, config), "warned")

    assert finding.route == ("spec", "provider", provider, *parse_route(place))


@pytest.mark.parametrize(
    ("provider", "config", "place"),
    [
        ("aws", {"auth": {"jwt": {}}}, "auth.jwt"),
        ("azurekv", {"authSecretRef": {"clientId": REF, "clientSecret": REF}}, "tenantId"),
        ("azurekv", {"tenantId": "a"}, "authSecretRef"),
        ("azurekv", {"tenantId": "a", "authSecretRef": {"clientId": REF}}, "authSecretRef"),
        (
            "azurekv",
            {"tenantId": "a", "authSecretRef": {"clientSecret": REF}},
            "authSecretRef.clientId",
        ),
        (
            "azurekv",
            {
                "tenantId": "a",
                "authSecretRef": {"clientId": {}, "clientSecret": {}, "clientCertificate": {}},
            },
            "authSecretRef",
        ),
        (
            "azurekv",
            {"authType": "WorkloadIdentity", "authSecretRef": {}},
            "authSecretRef.clientId",
        ),
        (
            "beyondtrustworkloadcredentials",
            {"auth": {"apikey": {"token": {"name": "a"}}}},
            "auth.apikey.token.key",
        ),
        ("gcpsm", {"auth": {"workloadIdentityFederation": {}}}, "auth.workloadIdentityFederation"),
        (
            "gcpsm",
            {"auth": {"workloadIdentityFederation": {"credConfig": {}, "serviceAccountRef": {}}}},
            "auth.workloadIdentityFederation",
        ),
        ("kubernetes", {}, ""),
        ("kubernetes", {"auth": {"serviceAccount": REF}, "authRef": REF}, "authRef"),
        ("ngrok", {"auth": {"apiKey": {}}}, "auth.apiKey"),
        (
            "oracle",
            {"principalType": "Workload", "serviceAccountRef": FOREIGN},
            "serviceAccountRef.namespace",
        ),
        ("vault", {"auth": {}}, "auth"),
        ("webhook", {"caProvider": {"type": "Secret", **FOREIGN}}, "caProvider.namespace"),
    ],
)
def test_clients_that_cannot_be_made(provider: str, config: dict[str, Any], place: str) -> None:
    found = said("provider-config-fails", store(provider, config), None)

    base: Route = ("spec", "provider", provider)
    assert [finding.route for finding in found] == [(*base, *parse_route(place))]


@pytest.mark.parametrize(
    ("provider", "config"),
    [
        ("azurekv", {"authType": "ManagedIdentity"}),
        ("azurekv", {"authType": "WorkloadIdentity"}),
        ("gcpsm", {"auth": {"workloadIdentityFederation": {"credConfig": REF}}}),
        ("gcpsm", {"auth": {"workloadIdentity": {}, "workloadIdentityFederation": {}}}),
        ("oracle", {"principalType": "InstancePrincipal", "serviceAccountRef": FOREIGN}),
        ("vault", {"caBundle": "eA==", "caProvider": {"type": "Secret", **FOREIGN}}),
        ("vault", {}),
    ],
)
def test_clients_that_can_be_made(provider: str, config: dict[str, Any]) -> None:
    assert said("provider-config-fails", store(provider, config), None) == []


@pytest.mark.parametrize(("provider", "config", "place"), REFUSED)
def test_a_block_that_rendering_decides_is_unknown(
    provider: str, config: dict[str, Any], place: str
) -> None:
    """Whatever stands on the way to the fault: as a placeholder it silences the fault."""
    steps = parse_route(place)
    for length in range(len(steps)):
        hidden = hide(config, steps[: length + 1])
        found = said("provider-config-invalid", store(provider, hidden), "refused")
        there = ("spec", "provider", provider, *steps[: length + 1])
        assert not any(finding.route[: len(there)] == there for finding in found)
    assert said("provider-config-invalid", store(provider, "${CONFIG}"), "refused") == []


def hide(value: Any, route: Route) -> Any:
    """Return a copy with a placeholder at `route`."""
    if not route:
        return "${HIDDEN}"
    if isinstance(value, list):
        return [hide(item, route[1:]) if i == route[0] else item for i, item in enumerate(value)]
    inner = value if isinstance(value, dict) else {}
    return {**inner, route[0]: hide(inner.get(route[0]), route[1:])}


# A key that is only mistyped is the schema's.


@pytest.mark.parametrize(
    ("rule_id", "text"),
    [
        ("provider-config-invalid", store("gitlab", {"projektID": "1"})),
        (
            "provider-config-invalid",
            store("onboardbase", {"auth": {"apiKeyRef": {"nmae": "a", "key": "b"}}}),
        ),
        ("provider-config-invalid", store("vault", {}).replace("spec:", "Spec:")),
        ("empty-data", external_secret("spec: {datafrom: []}")),
        ("empty-data", external_secret("specs: {data: []}")),
        (
            "datafrom-source-missing",
            external_secret("spec: {dataFrom: [{extarct: {}}]}"),
        ),
    ],
)
def test_a_mistyped_key_is_not_missing(rule_id: str, text: str) -> None:
    assert said(rule_id, text, "refused") == []


# Nothing crashes, and nothing is told that is nobody's business.

CANARY = "canary-5f2c"
SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("akeyless", {"akeylessGWApiURL": f"ftp:me:{CANARY}@host"}),
    ("beyondtrust", {"auth": {"apiKey": {"value": CANARY, "secretRef": REF}}}),
    ("delinea", {"tenant": "", "clientSecret": {"value": CANARY, "secretRef": {}}}),
    ("dvls", {"serverUrl": f"ftp://me:{CANARY}@host"}),
    ("fake", {"data": [{"key": "", "value": CANARY}]}),
    ("onepassword", {"connectHost": f"https://me:{CANARY}@ho st", "vaults": {}}),
    ("passbolt", {"host": f"http://me:{CANARY}@host"}),
    ("secretserver", {"serverURL": "", "password": {"value": CANARY, "secretRef": {}}}),
]


@pytest.mark.parametrize(("provider", "config"), SECRETS)
def test_no_message_holds_a_secret(provider: str, config: dict[str, Any]) -> None:
    found = [
        finding
        for rule_id in WEBHOOK
        for finding in run(load_rules()[rule_id], read(store(provider, config)))
    ]
    assert found
    assert not any(CANARY in finding.message for finding in found)


SCALARS = st.sampled_from(
    [None, "", "a", 0, -1, 1.5, True, [], {}, [None], [{}], {"a": None}, "${A}", "https://a b"]
)
TEMPLATE: dict[str, Any] = {
    "secretStoreRef": {"name": "a", "kind": "ClusterSecretStore"},
    "refreshInterval": "1h",
    "target": {
        "creationPolicy": "Merge",
        "deletionPolicy": "Delete",
        "manifest": {"apiVersion": "v1", "kind": "Secret"},
        "template": {
            "type": "kubernetes.io/service-account-token",
            "metadata": {"annotations": {"kubernetes.io/service-account.name": "a"}},
            "templateFrom": [{"target": "annotations", "literal": "a"}],
        },
    },
    "data": [{"secretKey": "a", "remoteRef": {"key": "a"}}] * 2,
    "dataFrom": [{"find": {}, "extract": {"key": "a"}, "sourceRef": {"generatorRef": {}}}],
    "syncWindows": {"windows": [{"duration": "1"}]},
}


def routes(value: Any, route: Route = ()) -> Iterator[Route]:
    yield route
    keys = (
        list(value)
        if isinstance(value, dict)
        else range(len(value) if isinstance(value, list) else 0)
    )
    for key in keys:
        yield from routes(value[key], (*route, key))


def change(value: Any, route: Route, new: Any) -> Any:
    if not route:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[route[0]] = change(copy[route[0]], route[1:], new)
    return copy


BLOCKS = [(provider, config) for provider, config, _ in REFUSED] + TAKEN


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_shape_crashes_a_check(data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        provider, config = data.draw(st.sampled_from(BLOCKS))
        kind = data.draw(st.sampled_from(["SecretStore", "ClusterSecretStore"]))
        spec: Any = {"provider": {provider: config}, "conditions": [{"namespaceRegexes": ["a"]}]}
    else:
        kind = data.draw(st.sampled_from(["ExternalSecret", "ClusterExternalSecret"]))
        spec = TEMPLATE if kind == "ExternalSecret" else {"externalSecretSpec": TEMPLATE}
    manifest: Any = {
        "apiVersion": "external-secrets.io/v1",
        "kind": kind,
        "metadata": {"name": "a", "namespace": "b"},
        "spec": spec,
    }
    for _ in range(data.draw(st.integers(0, 2))):
        places = [route for route in routes(manifest) if len(route) > 1 or route == ("spec",)]
        route = data.draw(st.sampled_from(places)) if places else ("spec",)
        manifest = change(manifest, route, data.draw(SCALARS))
    found = read(yaml.dump(manifest))

    for rule_id in WEBHOOK:
        for finding in run(load_rules()[rule_id], found):
            assert finding.message
            assert finding.case is None or finding.case in load_rules()[rule_id].cases
