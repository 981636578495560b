from __future__ import annotations

import pytest

from esolint.model.reader import Use, uses
from esolint.resource import Resource, resources
from esolint.source import read_text


def resource(text: str) -> Resource:
    documents, _ = read_text(text, "manifest.yaml")
    return next(iter(resources(documents[0])))


def shown(use: Use) -> str:
    """Write a use without its namespace: `Secret db#user,password`, `?` where optional."""
    assert not use.sure
    kind = "" if use.kind == "Secret" else f"{use.kind} "
    keys = ",".join(key for key, _ in use.keys)
    return f"{kind}{use.name}{'#' * bool(keys)}{keys}{'?' * use.optional}"


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.strip("\n").splitlines())


def in_values(values: str, spec: str = "") -> list[Use]:
    """Return what a HelmRelease reads whose values these are."""
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: web, namespace: shop}}\nspec:\n{indented(spec, 2)}\n"
        f"  values:\n{indented(values, 4)}\n"
    )
    return list(uses(resource(release)))


def in_spec(spec: str, kind: str = "Some", metadata: str = "{namespace: shop}") -> list[Use]:
    """Return what a custom resource reads whose spec this is."""
    head = f"apiVersion: example.com/v1\nkind: {kind}\nmetadata: {metadata}\nspec:\n"
    return list(uses(resource(head + indented(spec, 2))))


SHAPES = {
    # Kubernetes' own types, wherever they stand
    "env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: a}}}]": ["db#a"],
    "env: {A: {valueFrom: {secretKeyRef: {name: db, key: a, optional: true}}}}": ["db#a?"],
    "env: {A: {valueFrom: {configMapKeyRef: {name: db, key: a}}}}": ["ConfigMap db#a"],
    "envFrom: [{secretRef: {name: db}}, {configMapRef: {name: c}}]": ["db", "ConfigMap c"],
    "v: [{name: v, secret: {secretName: db, items: [{key: a}]}}]": ["db#a"],
    "v: [{name: v, configMap: {name: c, items: [{key: a}]}}]": ["ConfigMap c#a"],
    "v: [{projected: {sources: [{secret: {name: db}}]}}]": ["db"],
    "imagePullSecrets: [{name: registry}]": ["registry"],
    "serviceAccountName: robot": ["ServiceAccount robot"],
    # References by the names that they have
    "apiTokenSecretRef: {name: db, key: a}": ["db#a"],
    "passwordSecretRef: {name: db}": ["db"],
    "secretRef: db": ["db"],
    "tokenSecretRef: db": ["db"],
    "secretTargetRef: [{parameter: p, name: db, key: a}]": ["db#a"],
    "applicationKeyRef: {name: db, key: a}": ["db#a"],
    "valueFrom: {name: db, key: a}": ["db#a"],
    "credentialRefs: [{kind: Secret, name: db}]": ["db"],
    "valueRef: {kind: ConfigMap, name: c}": ["ConfigMap c"],
    "varsFrom: [{kind: Secret, name: db}, {kind: Other, name: no}]": ["db"],
    "a: {clientSecret: {name: db, key: a}}": ["db#a"],
    "tls: {secretName: web}": ["web"],
    "a: {secretName: db, key: a}": ["db#a"],
    "a: {configMapName: c}": ["ConfigMap c"],
    "configSecret: db": ["db"],
    "credentialSecret: db": ["db"],
    "sync: {pullSecret: db}": ["db"],
    "rest: {existingSecret: db}": ["db"],
    "existingConfigMap: c": ["ConfigMap c"],
    # What names nothing, or nothing that is read
    "secretStoreRef: {name: no, kind: ClusterSecretStore}": [],
    "issuerRef: {name: no, kind: Issuer}": [],
    "issuerSecretRef: {name: no, kind: Other}": [],
    "clientSecret: no": [],
    "secret: no": [],
    "env: {TLS_SECRET: no, SECRET_NAME: no}": [],
    "a: {name: no}": [],
    "tolerations: [{key: no, operator: Exists}]": [],
    "ports: [{name: no, port: 1, key: x}]": [],
    "writeConnectionSecretToRef: {name: no}": [],
    "managedSecretReference: {secretName: no}": [],
    "target: {secretRef: {name: no}}": [],
    "output: {secret: {name: no}}": [],
    "acme: {privateKeySecretRef: {name: no}}": [],
    "metadata: {annotations: {secretName: no}}": [],
    "secretRef: {name: 'no-${X}'}": [],
    "secretRef: {name: [no]}": [],
}
OF_VALUES = {
    "existingSecret: db": ["db"],
    "auth: {existingSecret: db, existingSecretPasswordKey: p}": ["db#p"],
    "auth: {existingSecret: db, existingSecretKey: p}": ["db#p"],
    "auth: {existingSecret: db, secretKeys: {adminPasswordKey: p, replicationPasswordKey: no}}": [
        "db#p"
    ],
    "admin: {existingSecret: db, userKey: u, passwordKey: p, other: no}": ["db#u,p"],
    "oidc: {existingSecret: db, clientIdKey: i, clientSecretKey: s}": ["db#i,s"],
    "x: {existingSecret: db, passwordKey: ''}": ["db"],
    "x: {existingSecret: {enabled: true, secretName: db, usernameKey: u}}": ["db#u"],
    "x: {existingSecret: {name: db, key: k}}": ["db#k"],
    "x: {existingSecretName: db}": ["db"],
    "x: {authExistingSecret: db}": ["db"],
    "x: {existingSecret: ''}": [],
    "x: {existingSecret: true}": [],
    "existingConfigmap: c": ["ConfigMap c"],
    "secretName: db": ["db"],
    "extraSecretMounts: [{name: no, secretName: db, mountPath: /m}]": ["db"],
    "storage: {credentialSecretName: db}": ["db"],
    "x: {secretName: no, create: true}": [],
    "x: {secretName: no, externalSecrets: {data: []}}": [],
    "x: {secret: {name: no, create: true}}": [],
    "x: {secret: {name: no}}": [],
    "password: {secret: db, key: k}": ["db#k"],
    "envFromSecret: db": ["db"],
    "envFromSecrets: [{name: db, optional: true}]": ["db?"],
    "loadEnvFromSecrets: [db]": ["db"],
    "extraEnvVarsSecret: db": ["db"],
    "extraEnvVarsCM: c": ["ConfigMap c"],
    "githubConfigSecret: db": ["db"],
    "connect: {credentialsName: db, credentialsKey: k}": ["db#k"],
    "global: {imagePullSecrets: [registry]}": ["registry"],
    "prometheus: {prometheusSpec: {secrets: [db], configMaps: [c]}}": ["db", "ConfigMap c"],
    "secrets: [no]": [],
    "ingress: {tls: [{secretName: web}]}": ["web#tls.crt,tls.key"],
    "ingress: {annotations: {cert-manager.io/issuer: x}, tls: [{secretName: web}]}": [
        "web#tls.crt,tls.key?"
    ],
    "ingress: {annotations: {cert-manager.io/issuer: x}, hosts: [{tlsSecret: web}]}": ["web?"],
    "serviceAccount: {create: false, name: robot}": ["ServiceAccount robot"],
    "serviceAccount: {create: true, name: no}": [],
    "serviceAccount: {name: no}": [],
    "issuer: {privateKeySecretRef: {name: no}}": [],
    "x: {enabled: false, existingSecret: no}": [],
    "existingSecret: {enabled: false, secretName: no}": [],
    "secretRef: {enabled: false, name: no}": [],
    "extraObjects: [{apiVersion: v1, kind: Pod, spec: {imagePullSecrets: [{name: no}]}}]": [],
    "probe: {name: no, key: x}": [],
    # The common library of bjw-s
    "app: {envFrom: [{secret: db}, {configMap: c}]}": ["db", "ConfigMap c"],
    "app: {envFrom: [{secret: own}]}\nsecrets: {own: {stringData: {A: b}}}": [],
    "app: {envFrom: [{secretRef: {identifier: no}}]}": [],
    "persistence: {f: {type: secret, name: db, items: [{key: a}]}}": ["db#a"],
    "persistence: {f: {type: configMap, name: c}}": ["ConfigMap c"],
    "persistence: {f: {type: secret, identifier: no}}": [],
    "persistence: {f: {type: secret, name: no, enabled: false}}": [],
    "persistence: {f: {type: nfs, name: no}}": [],
}
OF_SPECS = {
    "apiURL: {name: db, key: a}": ["db#a"],
    "basicAuth: {username: {name: db, key: u}, password: {name: db, key: p}}": ["db#u", "db#p"],
    "s3Credentials: {accessKeyId: {name: db, key: id}}": ["db#id"],
    "bootstrap: {initdb: {secret: {name: db}}}": ["db"],
    "superuserSecret: {name: db}": ["db"],
    "users: [{passwordSecret: {name: db, keys: [a, b]}}]": ["db#a,b"],
    "secrets: [{name: db, key: a, targetEnvName: A}]": ["db#a"],
    "secrets: [db]": ["db"],
    "tls: {ca: {configMap: {name: c, key: ca.crt}}}": ["ConfigMap c#ca.crt"],
    "configMapRef: {name: c, key: a.json}": ["ConfigMap c#a.json"],
    "basicAuth: {secret: db}": ["db"],
    "certificates: {serverTLSSecret: db}": ["db"],
    "ca: {secretName: db}": ["db"],
    "keystores: {jks: {passwordSecretRef: {name: db, key: p}}}": ["db#p"],
    "privateKeySecretRef: {name: db, key: p}": ["db#p"],
    "secretName: made": [],
    "secret: {name: no, data: {}}": [],
    "scramCredentialsSecretName: made": [],
    "managed: {roles: [{passwordSecret: {name: db}}]}": ["db"],
    "envFrom: [{secretRef: {name: db}}]\nenabled: false": ["db"],
}


@pytest.mark.parametrize("values", SHAPES | OF_VALUES)
def test_in_chart_values(values: str) -> None:
    found = in_values(values)
    assert [shown(use) for use in found] == (SHAPES | OF_VALUES)[values]
    assert {use.namespace for use in found} <= {"shop"}


@pytest.mark.parametrize("spec", SHAPES | OF_SPECS)
def test_in_custom_resources(spec: str) -> None:
    found = in_spec(spec)
    assert [shown(use) for use in found] == (SHAPES | OF_SPECS)[spec]
    assert {use.namespace for use in found} <= {"shop"}


@pytest.mark.parametrize(
    ("spec", "namespace"),
    [
        ("secretRef: {name: db, namespace: other}", "other"),
        ("x: {secretName: db, secretNamespace: other}", "other"),
        ("x: {secretName: db, namespace: other}", "other"),
        ("secretRef: {name: db, namespace: '${NS}'}", None),
    ],
)
def test_a_reference_may_name_its_namespace(spec: str, namespace: str | None) -> None:
    (use,) = in_spec(spec)
    assert use.namespace == namespace


def test_a_cluster_of_a_database_is_no_cluster_wide_kind() -> None:
    spec = "superuserSecret: {name: db}"
    assert [use.namespace for use in in_spec(spec, "Cluster")] == ["shop"]
    assert [use.namespace for use in in_spec(spec, "ClusterThing")] == [None]


@pytest.mark.parametrize(
    ("spec", "namespace", "release"),
    [
        ("", "shop", "web"),
        ("releaseName: front", "shop", "front"),
        ("targetNamespace: apps", "apps", "apps-web"),
        ("targetNamespace: apps\nreleaseName: front", "apps", "front"),
        ("targetNamespace: ${NS}", None, None),
        ("targetNamespace: ${NS}\nreleaseName: front", None, "front"),
        (f"releaseName: {'x' * 54}", "shop", None),
        ("kubeConfig: {secretRef: {name: remote}}", None, "web"),
    ],
)
def test_the_release_of_flux(spec: str, namespace: str | None, release: str | None) -> None:
    values = """
      plain: {existingSecret: plain}
      a: {existingSecret: "{{ .Release.Name }}"}
      b: {existingSecret: "{{- $.Release.Name -}}-db"}
      c: {existingSecret: "{{ .Release.Name }}-{{ .Values.x }}"}
      d: {existingSecret: "{{ .Release.Name | upper }}"}
    """
    found = [use for use in in_values(values, spec) if not use.sure]
    names = ["plain", *([release, f"{release}-db"] if release else [])]
    assert [(use.namespace, use.name) for use in found] == [(namespace, name) for name in names]


APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: %s
  source:
    helm:
      releaseName: %s
      values: |
        auth:
          existingSecret: text
      valuesObject: {auth: {existingSecret: "{{ .Release.Name }}-object"}}
  sources:
    - {helm: {valuesObject: {auth: {existingSecret: "{{ .Release.Name }}-second"}}}}
"""


@pytest.mark.parametrize(
    ("destination", "namespace"),
    [
        ("{namespace: shop, server: 'https://kubernetes.default.svc'}", "shop"),
        ("{namespace: shop, name: in-cluster}", "shop"),
        ("{namespace: shop, name: elsewhere}", None),
        ("{namespace: shop, server: 'https://elsewhere'}", None),
        ("{name: in-cluster}", None),
        ("shop", None),
    ],
)
def test_values_of_argo_cd(destination: str, namespace: str | None) -> None:
    found = list(uses(resource(APPLICATION % (destination, "front"))))
    assert [(use.namespace, use.name) for use in found] == [
        (namespace, "front-object"),
        (namespace, "text"),
        (namespace, "web-second"),
    ]
    document, route = found[1].resource.origin(found[1].route)
    assert document.span(route).line == 12


def test_an_application_set_makes_many() -> None:
    found = uses(
        resource(
            """
            apiVersion: argoproj.io/v1alpha1
            kind: ApplicationSet
            metadata: {name: web, namespace: argocd}
            spec:
              template:
                metadata: {name: "{{ name }}"}
                spec:
                  destination: {namespace: shop, server: "{{ server }}"}
                  source:
                    helm: {valuesObject: {a: {secretRef: db}, b: {secretRef: "{{ x }}"}}}
            """
        )
    )
    assert [(use.namespace, use.name) for use in found] == [(None, "db")]


@pytest.mark.parametrize(
    ("kind", "target", "namespace"),
    [
        ("HelmChart", "targetNamespace: shop", "shop"),
        ("HelmChart", "", "kube-system"),
        ("HelmChartConfig", "", None),
    ],
)
def test_charts_of_k3s(kind: str, target: str, namespace: str | None) -> None:
    found = uses(
        resource(
            f"apiVersion: helm.cattle.io/v1\nkind: {kind}\n"
            f"metadata: {{name: web, namespace: kube-system}}\nspec:\n  {target}\n"
            "  valuesContent: |-\n    existingSecret: '{{ .Release.Name }}'\n"
        )
    )
    assert [(use.namespace, use.name) for use in found] == [(namespace, "web")]


@pytest.mark.parametrize("values", ["'a: [b'", "'just text'", "[existingSecret]", "5", "''"])
def test_values_that_are_no_mapping(values: str) -> None:
    chart = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nspec: {valuesContent: %s}"
    assert list(uses(resource(chart % values))) == []
