"""What makes Secrets and ConfigMaps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.model.writer import (
    _CONVENTIONS,
    _MAKERS,
    _NAMED,
    WELL_KNOWN,
    Writer,
    may_write,
    writers,
)
from esolint.resource import Resource, resources
from esolint.source import read_text
from esolint.value import Value, exists

ESO = "apiVersion: external-secrets.io/v1\n"
SPEC = "secretStoreRef: {name: x}, data: [{secretKey: a, remoteRef: {key: x}}]"


def objects(text: str) -> list[Resource]:
    documents, unread = read_text(text, "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def shown(writer: Writer) -> str:
    """Write a writer as `Secret shop/app a b`; `~` is no namespace, `…` keys not known."""
    keys = [*sorted(writer.keys.named), *([] if writer.keys.exact else ["…"])]
    name = f"{writer.namespace or '~'}/{writer.name}"
    marks = [mark for mark in ("?" if not writer.sure else "", writer.policy) if mark]
    return " ".join([writer.kind, name, *keys, *marks])


def written(text: str) -> list[str]:
    assert may_write(text)
    (resource,) = objects(text)
    return [shown(writer) for writer in writers(resource)]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (
            f"kind: ExternalSecret\nmetadata: {{name: app, namespace: shop}}\nspec: {{{SPEC}}}",
            ["Secret shop/app a Owner"],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{{SPEC}, target: {{name: db}}}}",
            ["Secret ~/db a Owner"],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app, namespace: '${NS}'}\n"
            f"spec: {{{SPEC}, target: {{name: ''}}}}",
            ["Secret ~/app a Owner"],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{{SPEC}, target: {{name: '${{APP}}-db'}}}}",
            ["Secret ~/*-db a ? Owner"],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{{SPEC}, target: {{name: '<name>'}}}}",
            ["Secret ~/* a ? Owner"],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{{SPEC}, target: {{creationPolicy: None}}}}",
            [],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{{SPEC}, target: {{creationPolicy: Merge}}}}",
            ["Secret ~/app a … Merge"],
        ),
        (
            "kind: ExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{{SPEC}, target: {{manifest: {{apiVersion: v1, kind: ConfigMap}}}}}}",
            ["ConfigMap ~/app a Owner"],
        ),
        ("kind: ExternalSecret\nmetadata: {generateName: app-}\nspec: {}", []),
        (
            "kind: ClusterExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{externalSecretSpec: {{{SPEC}}}}}",
            ["Secret ~/app a Owner"],
        ),
        (
            "kind: ClusterExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{externalSecretName: each, externalSecretSpec: {{{SPEC}}}}}",
            ["Secret ~/each a Owner"],
        ),
        (
            "kind: ClusterExternalSecret\nmetadata: {name: app}\n"
            f"spec: {{externalSecretName: e, externalSecretSpec: {{target: {{name: t}}, {SPEC}}}}}",
            ["Secret ~/t a Owner"],
        ),
        (
            "kind: PushSecret\nmetadata: {name: app, namespace: shop}\n"
            "spec: {data: [{match: {remoteRef: {remoteKey: copy}}}]}",
            ["Secret ~/copy … ?"],
        ),
        ("kind: SecretStore\nmetadata: {name: ExternalSecret}", []),
    ],
)
def test_eso(manifest: str, expected: list[str]) -> None:
    text = ESO + manifest
    (resource,) = objects(text)
    assert [shown(writer) for writer in writers(resource)] == expected
    assert may_write(text) or not expected
    for writer in writers(resource):
        assert writer.cluster is (resource.kind == "ClusterExternalSecret")
        assert writer.makes is (writer.policy != "Merge")


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\n"
            "data: {x: eA==}\nstringData: {z: '${Z}'}",
            ["Secret b/a x z"],
        ),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}", ["Secret ~/a …"]),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
            "stringData: {x: 'ENC[AES256_GCM,data:x]'}\nsops: {version: 3.9.0}",
            ["Secret ~/a x"],
        ),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: "
            "{replicator.v1.mittwald.de/replicate-from: b/a}}\ndata: {x: eA==}",
            ["Secret ~/a x …"],
        ),
        (
            "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n"
            "metadata: {name: a, annotations: {kubernetes.io/service-account.name: b}}",
            ["Secret ~/a …"],
        ),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b, annotations: "
            "{reflector.v1.k8s.emberstack.com/reflection-auto-enabled: 'true'}}\ndata: {x: eA==}",
            ["Secret b/a x", "Secret ~/a x ?"],
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
            "data: {x: y}\nbinaryData: {z: eA==}",
            ["ConfigMap ~/a x z"],
        ),
        ("apiVersion: other.io/v1\nkind: Secret\nmetadata: {name: a}", []),
        (
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: b}\n"
            "secrets: [{name: token}]",
            ["Secret b/token … ?"],
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b, annotations: "
            "{service.beta.openshift.io/serving-cert-secret-name: tls}}",
            ["Secret b/tls tls.crt tls.key"],
        ),
        (
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
            "metadata: {name: a, namespace: b}\nspec: {encryptedData: {x: AgB}, template: "
            "{metadata: {name: c}, data: {z: '{{ .x }}'}}}",
            ["Secret b/c x z"],
        ),
        (
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
            "metadata: {name: a}\nspec: {encryptedData: {x: AgB}}",
            ["Secret ~/a x"],
        ),
        (
            "apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\n"
            "metadata: {name: s, namespace: b}\nspec: {secretTemplates: "
            "[{name: a, stringData: {x: y}}, {name: c}]}",
            ["Secret b/a x", "Secret b/c …"],
        ),
        (
            "apiVersion: cert-manager.io/v1\nkind: Certificate\n"
            "metadata: {name: a, namespace: b}\nspec: {secretName: tls}",
            ["Secret b/tls ca.crt tls.crt tls.key"],
        ),
        (
            "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\n"
            "spec: {secretName: tls, keystores: {jks: {create: true}}, "
            "secretTemplate: {annotations: {replicator.v1.mittwald.de/replicate-to: '*'}}}",
            ["Secret ~/tls ca.crt tls.crt tls.key …", "Secret ~/tls ca.crt tls.crt tls.key … ?"],
        ),
        (
            "apiVersion: networking.internal.knative.dev/v1\nkind: Certificate\n"
            "spec: {secretName: x}",
            [],
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: b, "
            "annotations: {cert-manager.io/cluster-issuer: le}}\nspec: {tls: [{secretName: tls}]}",
            ["Secret b/tls …"],
        ),
        (
            "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a, "
            "namespace: b, annotations: {cert-manager.io/issuer: le}}\n"
            "spec: {listeners: [{tls: {certificateRefs: [{name: tls, namespace: c}]}}]}",
            ["Secret c/tls …"],
        ),
        (
            "apiVersion: rds.aws.upbound.io/v1beta1\nkind: Instance\nmetadata: {name: a}\n"
            "spec: {writeConnectionSecretToRef: {name: conn, namespace: b}}",
            ["Secret b/conn …"],
        ),
        (
            "apiVersion: example.org/v1\nkind: Claim\nmetadata: {name: a, namespace: b}\n"
            "spec: {connectionSecret: conn, secretRef: {name: read}, "
            "writeConnectionSecretsToNamespace: c}",
            ["Secret b/conn … ?"],
        ),
        (
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db, namespace: b}",
            [f"Secret b/db-{x} … ?" for x in ("app", "superuser", "ca", "server", "replication")],
        ),
        (
            "apiVersion: acid.zalan.do/v1\nkind: postgresql\nmetadata: {name: db, namespace: b}",
            ["Secret b/*.db.credentials.postgresql.acid.zalan.do … ?"],
        ),
        (
            "apiVersion: objectbucket.io/v1alpha1\nkind: ObjectBucketClaim\n"
            "metadata: {name: a, namespace: b}",
            ["Secret b/a AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY", "ConfigMap b/a …"],
        ),
        (
            "apiVersion: secrets.hashicorp.com/v1beta1\nkind: VaultStaticSecret\n"
            "metadata: {name: a, namespace: b}\nspec: {destination: {name: c, create: true}}",
            ["Secret b/c …"],
        ),
        (
            "apiVersion: secrets.infisical.com/v1alpha1\nkind: InfisicalSecret\n"
            "metadata: {name: a}\n"
            "spec: {managedSecretReference: {secretName: c, secretNamespace: d}}",
            ["Secret d/c …"],
        ),
        (
            "apiVersion: spv.no/v2beta1\nkind: AzureKeyVaultSecret\n"
            "metadata: {name: a, namespace: b}\n"
            "spec: {output: {secret: {name: c}, configMap: {name: d}}}",
            ["Secret b/c …", "ConfigMap b/d …"],
        ),
        (
            "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\n"
            "metadata: {name: a, namespace: b}\n"
            "spec: {secretObjects: [{secretName: c, data: [{key: x, objectName: y}]}]}",
            ["Secret b/c x ?"],
        ),
        (
            "apiVersion: trust.cert-manager.io/v1alpha1\nkind: Bundle\nmetadata: {name: ca}\n"
            "spec: {target: {configMap: {key: ca.pem}}}",
            ["ConfigMap ~/ca …"],
        ),
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
            "metadata: {name: a, namespace: b}\nspec: {targetNamespace: c}",
            ["Secret c/* … ?", "ConfigMap c/* … ?"],
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
            "metadata: {name: a, namespace: b}\n"
            "spec: {source: {chart: x}, destination: {namespace: c}}",
            ["Secret c/* … ?", "ConfigMap c/* … ?"],
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
            "spec: {source: {path: x}, destination: {namespace: c}}",
            [],
        ),
        ("namespace: c\nhelmCharts: [{name: x}]", ["Secret c/* … ?", "ConfigMap c/* … ?"]),
        (
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\n"
            "spec: {rules: [{generate: {kind: Secret, name: regcred, namespace: '{{n}}'}}]}",
            ["Secret ~/regcred … ?"],
        ),
        (
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: b}\nspec: {template: "
            "{spec: {containers: [{command: [kubectl, create, secret, generic, x]}]}}}",
            ["Secret b/* … ?", "ConfigMap b/* … ?"],
        ),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {}}", []),
    ],
)
def test_what_else_makes_secrets(manifest: str, expected: list[str]) -> None:
    assert written(manifest) == expected


@pytest.mark.parametrize(
    ("provider", "makes"), [("vault: {}", False), ("kubernetes: {}", True), ("", True)]
)
def test_a_push_makes_a_secret_through_the_kubernetes_provider(provider: str, makes: bool) -> None:
    push, store = objects(
        ESO + "kind: PushSecret\nmetadata: {name: app, namespace: shop}\n"
        "spec: {secretStoreRefs: [{name: s}], dataTo: [{remoteKey: copy}]}\n---\n"
        f"{ESO}kind: SecretStore\nmetadata: {{name: s}}\nspec: {{provider: {{{provider}}}}}"
    )

    def find(kind: str, name: str, namespace: str | None) -> Sequence[Resource]:
        assert (kind, name, namespace) == ("SecretStore", "s", "shop")
        return [store] if provider else []

    assert [writer.name for writer in writers(push, find)] == (["copy"] if makes else [])


@pytest.mark.parametrize(
    ("pattern", "namespace", "name", "asked", "means"),
    [
        ("app", "shop", "app", "shop", True),
        ("app", "shop", "app", "other", False),
        ("app", None, "app", "other", True),
        ("app", "shop", "app", None, True),
        ("app", "shop", "app2", "shop", False),
        ("*", "shop", "whatever", "shop", True),
        ("db-*", "shop", "db-app", "shop", True),
        ("db-*", "shop", "xdb-app", "shop", False),
        ("*.db.io", "shop", "a.dbxio", "shop", False),
    ],
)
def test_may_mean(
    pattern: str, namespace: str | None, name: str, asked: str | None, means: bool
) -> None:
    (secret,) = objects("apiVersion: v1\nkind: Secret\nmetadata: {name: x}")
    (writer,) = writers(secret)
    writer = writer._replace(name=pattern, namespace=namespace)

    assert writer.may_mean("Secret", name, asked) is means
    assert not writer.may_mean("ConfigMap", name, asked)


def test_what_every_namespace_has() -> None:
    assert ("ConfigMap", "kube-root-ca.crt") in WELL_KNOWN


@pytest.mark.parametrize(
    "text", ["kind: Deployment\nspec: {secretName: x}", "kind: Ingress", "kind: Kustomization"]
)
def test_texts_without_writers(text: str) -> None:
    assert not may_write(text)


KINDS = [key.rpartition("/") for key in (*_MAKERS, *_NAMED, *_CONVENTIONS)]
KINDS += [("external-secrets.io", "/", k) for k in ("ExternalSecret", "ClusterExternalSecret")]
KINDS += [("external-secrets.io", "/", "PushSecret"), ("example.org", "/", "Claim")]
FIELDS = st.sampled_from(
    (
        *("spec", "metadata", "name", "namespace", "annotations", "labels", "template", "data"),
        *("target", "secretName", "tls", "rules", "generate", "kind", "secretObjects", "key"),
        *("helmCharts", "source", "sources", "chart", "destination", "secrets", "stringData"),
        *("externalSecretSpec", "dataTo", "remoteKey", "match", "remoteRef", "secretStoreRefs"),
        *("secretTemplates", "listeners", "certificateRefs", "writeConnectionSecretToRef"),
        *("kubed.appscode.com/sync", "cert-manager.io/issuer", "configMap", "secret"),
    )
)
SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(("", "a", "${X}", "Secret"))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=30,
)


@given(st.sampled_from(KINDS), st.dictionaries(FIELDS, VALUES), st.dictionaries(FIELDS, VALUES))
def test_nothing_is_too_odd(
    kind: tuple[str, str, str], value: dict[str, Value], spec: dict[str, Value]
) -> None:
    (shell,) = objects("{}")
    version = f"{kind[0]}/v1" if kind[0] else "v1"
    whole: dict[str, Value] = {"spec": spec, **value, "apiVersion": version, "kind": kind[2]}
    resource = shell.changed(whole, {})
    for writer in writers(resource):
        assert writer.name
        assert exists(resource.value, writer.route) or not writer.sure or writer.name == "*"


def test_no_writer_is_passed_over_unread(shared: Path) -> None:
    passed = []
    for path in (shared / "corpus").rglob("*.y*ml"):
        text = path.read_text(errors="replace")
        for document in () if may_write(text) else read_text(text, path.name)[0]:
            passed += [r.title for r in resources(document) if any(writers(r))]
    assert passed == []
