"""What workloads take from Secrets: keys that are not there, Secrets that only almost are."""

from __future__ import annotations

import pytest
import yaml

from esolint import engine
from esolint.engine import ActiveRule
from esolint.environments import surroundings
from esolint.locate import Located
from esolint.repository import Input, read
from esolint.rule import load_rules
from esolint.value import Value, format_route, mapping

KEY = "consumed-key-missing"
SECRET = "consumed-secret-not-found"


def report(rule: str, *objects: dict[str, Value], **files: str) -> list[Located]:
    inputs = [Input("manifest.yaml", yaml.safe_dump_all(objects).encode())]
    inputs += [Input(path, text.encode()) for path, text in files.items()]
    repository = read(inputs)
    active = ActiveRule(load_rules()[rule], load_rules()[rule].defaults())
    return engine.check(repository, surroundings(repository).environments, [active])


def told(rule: str, *objects: dict[str, Value]) -> list[str]:
    return [located.finding.message for located in report(rule, *objects)]


def obj(api: str, kind: str, name: str, **more: Value) -> dict[str, Value]:
    metadata: dict[str, Value] = {"name": name, "namespace": "shop"}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def external(name: str, *keys: str, namespace: Value = "shop", **spec: Value) -> dict[str, Value]:
    data: Value = [{"secretKey": key, "remoteRef": {"key": key}} for key in keys]
    made = obj("external-secrets.io/v1", "ExternalSecret", name)
    made["metadata"] = {"name": name, "namespace": namespace}
    return {**made, "spec": {"secretStoreRef": {"name": "vault"}, "data": data, **spec}}


def pod(secret: str, *keys: str, name: str = "app", **more: Value) -> dict[str, Value]:
    """Return a Pod that takes some keys of a Secret, or all of it."""
    env: Value = [
        {"name": f"E{i}", "valueFrom": {"secretKeyRef": {"name": secret, "key": key, **more}}}
        for i, key in enumerate(keys)
    ]
    everything: Value = [] if keys else [{"secretRef": {"name": secret, **more}}]
    container: Value = {"name": "app", "image": "app", "env": env, "envFrom": everything}
    return obj("v1", "Pod", name, spec={"containers": [container]})


def release(**values: Value) -> dict[str, Value]:
    spec: Value = {"chart": {"spec": {"chart": "app"}}, "values": {**values}}
    return obj("helm.toolkit.fluxcd.io/v2", "HelmRelease", "app", spec=spec)


EXTRACT: Value = [{"extract": {"key": "db"}}]

# consumed-key-missing


def test_a_key_that_is_not_written() -> None:
    (found,) = report(KEY, pod("db", "user", "pass"), external("db", "user", "password"))
    assert found.finding.message == (
        'Pod "app" takes "pass" from the Secret "db", which ExternalSecret "db" does not write, '
        'did you mean "password"?'
    )
    route = "spec.containers[0].env[1].valueFrom.secretKeyRef.key"
    assert format_route(found.finding.route) == route
    (note,) = found.finding.related
    assert format_route(note.route) == "spec.data[1].secretKey"
    assert found.finding.confidence is None


def test_a_template_that_leaves_out_what_is_fetched() -> None:
    target: Value = {"template": {"data": {"config": "{{ .password }}"}}}
    (found,) = report(KEY, pod("db", "password"), external("db", "password", target=target))
    assert "fetches, and its template leaves out" in found.finding.message
    assert found.finding.related[0].route == ("spec", "target", "template")


@pytest.mark.parametrize(
    "other",
    [
        {"dataFrom": EXTRACT},
        {"target": {"creationPolicy": "Merge"}},
        {"target": {"creationPolicy": "${POLICY}"}},
        {"target": {"name": "${NAME}"}},
        {"target": {"template": {"data": {"pass": "{{ .user }}"}}}},
        {"target": {"template": {"templateFrom": [{"literal": "{{ range . }}{{ end }}"}]}}},
    ],
)
def test_keys_that_are_there_or_may_be(other: dict[str, Value]) -> None:
    assert told(KEY, pod("db", "pass"), external("db", "user", **other)) == []


@pytest.mark.parametrize("namespace", ["billing", "${NS}"])
def test_other_namespaces(namespace: str) -> None:
    assert told(KEY, pod("db", "pass"), external("db", "user", namespace=namespace)) == []


def test_what_is_optional() -> None:
    assert told(KEY, pod("db", "pass", optional=True), external("db", "user")) == []


def test_all_that_write_it_count() -> None:
    one, other = external("one", "a"), external("two", "b")
    for made in (one, other):
        made["spec"] = {**mapping(made["spec"]), "target": {"name": "db"}}
    assert told(KEY, pod("db", "a", "b"), one, other) == []
    assert len(told(KEY, pod("db", "c"), one, other)) == 1
    plain = obj("v1", "Secret", "db", stringData={"c": "example"})
    assert told(KEY, pod("db", "c"), one, plain) == []
    assert told(KEY, pod("db", "c"), plain) == []  # nothing of ESO's


def test_a_chart_writes_into_no_secret_that_is_owned() -> None:
    assert len(told(KEY, pod("db", "pass"), external("db", "user"), release())) == 1
    orphan = external("db", "user", target={"creationPolicy": "CreateOrMerge"})
    assert told(KEY, pod("db", "pass"), orphan, release()) == []


def test_what_only_the_shape_tells_is_less_sure() -> None:
    values: Value = {"existingSecret": "db", "passwordKey": "pass"}
    (found,) = report(KEY, release(auth=values), external("db", "user"))
    assert found.finding.confidence == "medium"


def test_objects_of_two_folders_are_less_sure() -> None:
    written = yaml.safe_dump(external("db", "user"))
    (found,) = report(KEY, pod("db", "pass"), **{"other/db.yaml": written})
    assert found.finding.confidence == "medium"


def test_keys_that_nobody_writes_out_are_one_finding() -> None:
    ingress = obj(
        "networking.k8s.io/v1", "Ingress", "app", spec={"tls": [{"secretName": "shop-tls"}]}
    )
    (message,) = told(KEY, ingress, external("shop-tls", "cert"))
    assert '"tls.crt" and "tls.key"' in message
    (message,) = told(KEY, ingress, external("shop-tls", "tls.crt"))
    assert "tls.crt" not in message.partition("from")[0]


def test_the_child_of_a_cluster_external_secret() -> None:
    spec = external("db", "user")["spec"]
    made: dict[str, Value] = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterExternalSecret",
        "metadata": {"name": "db"},
        "spec": {"namespaces": ["shop"], "externalSecretSpec": spec},
    }
    (found,) = report(KEY, pod("db", "pass"), made)
    assert found.finding.related[0].route == ("spec", "externalSecretSpec", "data")
    made["spec"] = {**mapping(made["spec"]), "namespaces": ["billing"]}
    assert told(KEY, pod("db", "pass"), made) == []


# consumed-secret-not-found


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("databse", "database"),
        ("payment", "payment-secret"),
        ("payment-creds", "payment"),
        ("payment-credentials", "payment-secret"),
        ("secret-payment", "payment-secret"),
    ],
)
def test_a_name_that_is_nearly_there(name: str, target: str) -> None:
    (found,) = report(SECRET, pod(name), external(target, "a"))
    assert f'nothing makes, did you mean "{target}"?' in found.finding.message
    assert found.finding.related[0].resource.name == target


@pytest.mark.parametrize(
    ("name", "target"),
    [("payment", "payment-db"), ("app-tls", "app-secret"), ("queue-1", "queue-2"), ("a", "b")],
)
def test_a_name_that_means_another(name: str, target: str) -> None:
    assert told(SECRET, pod(name), external(target, "a")) == []


def test_another_target_that_is_used_is_no_twin_and_a_slip_all_the_same() -> None:
    other = pod("payment", name="other")
    assert told(SECRET, pod("payment-secret"), other, external("payment", "a")) == []
    assert len(told(SECRET, pod("paymnt"), other, external("payment", "a"))) == 1


def test_who_uses_both_tells_them_apart() -> None:
    container: Value = {
        "name": "app",
        "envFrom": [{"secretRef": {"name": "app-secret"}}, {"secretRef": {"name": "app-secrets"}}],
    }
    both = obj("v1", "Pod", "app", spec={"containers": [container]})
    assert told(SECRET, both, external("app-secret", "a")) == []
    assert len(told(SECRET, pod("app-secrets"), external("app-secret", "a"))) == 1


def test_a_target_without_the_key_is_not_meant() -> None:
    made = external("payment", "a")
    assert told(SECRET, pod("paymnt", "b"), made) == []
    assert told(SECRET, pod("payment-secret", "b"), made) == []
    assert len(told(SECRET, pod("paymnt", "a"), made)) == 1


@pytest.mark.parametrize(
    "maker",
    [
        obj("v1", "Secret", "paymnt", stringData={"a": "example"}),
        obj("cert-manager.io/v1", "Certificate", "x", spec={"secretName": "paymnt"}),
        obj("talos.dev/v1alpha1", "ServiceAccount", "paymnt", spec={"roles": []}),
        obj("batch/v1", "Job", "x", spec={"args": ["kubectl create secret generic paymnt"]}),
    ],
)
def test_what_something_makes_is_no_slip(maker: dict[str, Value]) -> None:
    used = pod("payment", name="other")
    assert told(SECRET, pod("paymnt"), used, maker, external("payment", "a")) == []


def test_charts_may_make_what_is_called_as_they_are() -> None:
    values: Value = {"existingSecret": "app"}
    assert told(SECRET, release(auth=values), external("app-secret", "a")) == []
    values = {"existingSecret": "app-databse"}
    made = external("app-database", "a")
    assert len(told(SECRET, release(auth=values), made)) == 1
    assert told(SECRET, release(auth=values), made, pod("app-database")) == []


def test_a_secret_of_another_namespace() -> None:
    made = external("wildcard-tls", "tls.crt", namespace="ingress")
    (message,) = told(SECRET, pod("wildcard-tls"), made)
    assert 'which ExternalSecret "wildcard-tls" makes only in namespace "ingress"' in message
    assert told(SECRET, pod("wildcard-tls"), made, release()) == []
    custom = obj("example.com/v1", "Thing", "x", spec={"tls": {"secretName": "wildcard-tls"}})
    assert told(SECRET, custom, made) == []
    kyverno: Value = {"rules": [{"generate": {"kind": "Secret", "name": "wildcard-tls"}}]}
    policy = obj("kyverno.io/v1", "ClusterPolicy", "copy", spec=kyverno)
    del mapping(policy["metadata"])["namespace"]
    assert told(SECRET, pod("wildcard-tls"), made, policy) == []


def test_what_stores_name_is_for_other_rules() -> None:
    auth: Value = {"tokenSecretRef": {"name": "vault-tokn", "key": "token"}}
    provider: Value = {"vault": {"server": "https://vault.example.com", "auth": auth}}
    store = obj("external-secrets.io/v1", "SecretStore", "vault", spec={"provider": provider})
    assert told(SECRET, store, external("vault-token", "token")) == []


def test_another_folder_may_be_another_cluster() -> None:
    written = yaml.safe_dump(external("payment", "a"))
    assert report(SECRET, pod("paymnt"), **{"other/db.yaml": written}) == []
