from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.model.reader import Use, may_read, uses
from esolint.resource import Resource, resources
from esolint.source import read_text
from esolint.value import Value, at, format_route


def resource(text: str) -> Resource:
    documents, _ = read_text(text, "manifest.yaml")
    return next(iter(resources(documents[0])))


def shown(use: Use) -> str:
    """Write a use: `Secret shop/db#user,password`, `?` where optional, `~` where not sure."""
    keys = ",".join(key for key, _ in use.keys)
    marks = "?" * use.optional + "~" * (not use.sure)
    return f"{use.kind} {use.namespace or '-'}/{use.name}{'#' * bool(keys)}{keys}{marks}"


def read(text: str) -> list[str]:
    return [shown(use) for use in uses(resource(text))]


def of_kind(api_version: str, kind: str, rest: str, namespace: str = "shop") -> str:
    lines = rest.strip("\n").splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    body = "\n".join(line[indent:] for line in lines)
    metadata = f"{{name: shop, namespace: {namespace}}}" if namespace else "{name: shop}"
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {metadata}\n{body}\n"


POD = """
containers:
  - name: app
    envFrom:
      - {secretRef: {name: all}}
      - {prefix: X_, secretRef: {name: some, optional: true}}
      - {configMapRef: {name: settings}}
    env:
      - {name: A, valueFrom: {secretKeyRef: {name: db, key: password}}}
      - {name: B, valueFrom: {secretKeyRef: {name: mail, key: user, optional: true}}}
      - {name: C, valueFrom: {configMapKeyRef: {name: flags, key: c}}}
      - {name: D, value: db}
initContainers:
  - env: [{name: A, valueFrom: {secretKeyRef: {name: migration, key: url}}}]
ephemeralContainers:
  - env: [{name: A, valueFrom: {secretKeyRef: {name: debug, key: token}}}]
volumes:
  - {name: v, secret: {secretName: files, items: [{key: a, path: a}, {key: b, path: b}]}}
  - {name: w, secret: {secretName: whole, optional: true}}
  - {name: x, configMap: {name: pages, items: [{key: index.html, path: i}]}}
  - name: y
    projected:
      sources:
        - {secret: {name: part, items: [{key: c, path: c}]}}
        - {configMap: {name: other, optional: true}}
        - {serviceAccountToken: {path: token}}
  - {name: z, csi: {driver: d, nodePublishSecretRef: {name: csi}}}
  - {name: f, flexVolume: {driver: d, secretRef: {name: flex}}}
  - {name: s, azureFile: {secretName: azure, shareName: s}}
imagePullSecrets: [{name: registry}]
serviceAccountName: robot
"""
IN_POD = [
    "Secret shop/all",
    "Secret shop/some?",
    "ConfigMap shop/settings",
    "Secret shop/db#password",
    "Secret shop/mail#user?",
    "ConfigMap shop/flags#c",
    "Secret shop/migration#url",
    "Secret shop/debug#token",
    "Secret shop/files#a,b",
    "Secret shop/whole?",
    "ConfigMap shop/pages#index.html",
    "Secret shop/part#c",
    "ConfigMap shop/other?",
    "Secret shop/csi",
    "Secret shop/flex",
    "Secret shop/azure#azurestorageaccountname,azurestorageaccountkey",
    "Secret shop/registry",
    "ServiceAccount shop/robot",
]


def pod_of(*route: str) -> str:
    """Return the fields that hold the spec of a Pod at `route`."""
    lines = [f"{'  ' * i}{step}:" for i, step in enumerate(route)]
    return "\n".join([*lines, *("  " * len(route) + line for line in POD.splitlines() if line)])


@pytest.mark.parametrize(
    ("api_version", "kind", "route"),
    [
        ("v1", "Pod", ("spec",)),
        ("v1", "PodTemplate", ("template", "spec")),
        ("v1", "ReplicationController", ("spec", "template", "spec")),
        ("apps/v1", "Deployment", ("spec", "template", "spec")),
        ("apps/v1", "StatefulSet", ("spec", "template", "spec")),
        ("apps/v1", "DaemonSet", ("spec", "template", "spec")),
        ("apps/v1", "ReplicaSet", ("spec", "template", "spec")),
        ("batch/v1", "Job", ("spec", "template", "spec")),
        ("batch/v1", "CronJob", ("spec", "jobTemplate", "spec", "template", "spec")),
        ("argoproj.io/v1alpha1", "Rollout", ("spec", "template", "spec")),
    ],
)
def test_pods_and_their_templates(api_version: str, kind: str, route: tuple[str, ...]) -> None:
    assert sorted(read(of_kind(api_version, kind, pod_of(*route)))) == sorted(IN_POD)


@pytest.mark.parametrize(
    ("api_version", "kind", "route"),
    [
        ("serving.knative.dev/v1", "Service", ("spec", "template", "spec")),
        ("apps.kruise.io/v1alpha1", "CloneSet", ("spec", "template", "spec")),
        ("keda.sh/v1alpha1", "ScaledJob", ("spec", "jobTargetRef", "template", "spec")),
        ("example.com/v1", "Anything", ("spec", "deep", "in", "it")),
    ],
)
def test_pod_templates_of_custom_resources(
    api_version: str, kind: str, route: tuple[str, ...]
) -> None:
    # Of a driver that only Pods know the keys are not certain here.
    expected = sorted(
        use.replace("#azurestorageaccountname,azurestorageaccountkey", "") + "~" for use in IN_POD
    )
    assert sorted(read(of_kind(api_version, kind, pod_of(*route)))) == expected


READERS = {
    "an Ingress": (
        "networking.k8s.io/v1",
        "Ingress",
        "spec: {tls: [{hosts: [a.b]}, {secretName: web-tls}]}",
        ["Secret shop/web-tls#tls.crt,tls.key"],
    ),
    "Gateway listeners": (
        "gateway.networking.k8s.io/v1",
        "Gateway",
        """
        spec:
          listeners:
            - {name: http}
            - tls:
                certificateRefs:
                  - {name: own}
                  - {kind: Secret, group: "", name: wildcard, namespace: certificates}
                  - {kind: Other, group: example.com, name: no}
                frontendValidation: {caCertificateRefs: [{kind: ConfigMap, name: ca}]}
        """,
        [
            "Secret shop/own#tls.crt,tls.key",
            "Secret certificates/wildcard#tls.crt,tls.key",
            "ConfigMap shop/ca#ca.crt",
        ],
    ),
    "a policy for backends": (
        "gateway.networking.k8s.io/v1",
        "BackendTLSPolicy",
        "spec: {validation: {caCertificateRefs: [{kind: ConfigMap, group: '', name: ca}]}}",
        ["ConfigMap shop/ca#ca.crt"],
    ),
    "a ServiceAccount": (
        "v1",
        "ServiceAccount",
        """
        secrets: [{name: robot-token}]
        imagePullSecrets: [{name: registry}]
        """,
        ["Secret shop/registry", "Secret shop/robot-token?"],
    ),
    "a HelmRelease": (
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        """
        spec:
          serviceAccountName: deployer
          chart: {spec: {verify: {provider: cosign, secretRef: {name: cosign}}}}
          kubeConfig: {secretRef: {name: remote, key: kubeconfig}}
          valuesFrom:
            - {kind: Secret, name: values}
            - {kind: ConfigMap, name: more, valuesKey: prod.yaml, optional: true}
            - {kind: Other, name: no}
            - {kind: "${KIND}", name: no}
        """,
        [
            "Secret shop/values#values.yaml",
            "ConfigMap shop/more#prod.yaml?",
            "Secret shop/remote#kubeconfig",
            "ServiceAccount shop/deployer",
            "Secret shop/cosign",
        ],
    ),
    "a Flux Kustomization": (
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        """
        spec:
          decryption: {provider: sops, secretRef: {name: age}}
          postBuild:
            substituteFrom: [{kind: Secret, name: vars}, {kind: ConfigMap, name: c, optional: true}]
          patches: [{patch: "secretRef: {name: no}", target: {kind: Secret, name: no}}]
        """,
        ["Secret shop/vars", "ConfigMap shop/c?", "Secret shop/age"],
    ),
    "a Git repository over HTTPS": (
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "spec: {url: 'https://a/b', secretRef: {name: git}, verify: {secretRef: {name: keys}}}",
        ["Secret shop/git", "Secret shop/keys"],
    ),
    "a Git repository over SSH": (
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "spec: {url: 'ssh://git@a/b', secretRef: {name: git}}",
        ["Secret shop/git#identity,known_hosts"],
    ),
    "a chart repository": (
        "source.toolkit.fluxcd.io/v1",
        "HelmRepository",
        "spec: {secretRef: {name: login}, certSecretRef: {name: ca}, proxySecretRef: {name: p}}",
        ["Secret shop/login", "Secret shop/ca", "Secret shop/p"],
    ),
    "a receiver": (
        "notification.toolkit.fluxcd.io/v1",
        "Receiver",
        "spec: {secretRef: {name: hook}}",
        ["Secret shop/hook#token"],
    ),
    "a provider": (
        "notification.toolkit.fluxcd.io/v1beta3",
        "Provider",
        "spec: {secretRef: {name: slack}}",
        ["Secret shop/slack"],
    ),
    "VolSync with restic": (
        "volsync.backube/v1alpha1",
        "ReplicationSource",
        "spec: {restic: {repository: backup, customCA: {secretName: ca, key: ca.crt}}}",
        ["Secret shop/backup#RESTIC_REPOSITORY,RESTIC_PASSWORD", "Secret shop/ca#ca.crt"],
    ),
    "VolSync with kopia": (
        "volsync.backube/v1alpha1",
        "ReplicationDestination",
        "spec: {kopia: {repository: backup}}",
        ["Secret shop/backup#KOPIA_REPOSITORY,KOPIA_PASSWORD"],
    ),
    "a SecretStore": (
        "external-secrets.io/v1",
        "SecretStore",
        """
        spec:
          provider:
            vault:
              caProvider: {type: ConfigMap, name: ca, key: ca.crt}
              auth:
                tokenSecretRef: {name: token, key: t, namespace: elsewhere}
                kubernetes: {serviceAccountRef: {name: eso}}
        """,
        ["Secret shop/token#t", "ServiceAccount shop/eso", "ConfigMap shop/ca#ca.crt"],
    ),
    "a CA in a Secret": (
        "external-secrets.io/v1",
        "SecretStore",
        "spec: {provider: {vault: {caProvider: {type: Secret, name: ca, key: ca.crt}}}}",
        ["Secret shop/ca#ca.crt"],
    ),
    "a webhook, which gets whole Secrets": (
        "external-secrets.io/v1",
        "SecretStore",
        "spec: {provider: {webhook: {secrets: [{name: x, secretRef: {name: hook, key: k}}]}}}",
        ["Secret shop/hook"],
    ),
    "a generator": (
        "generators.external-secrets.io/v1alpha1",
        "ECRAuthorizationToken",
        "spec: {auth: {secretRef: {accessKeyIDSecretRef: {name: aws, key: id, namespace: no}}}}",
        ["Secret shop/aws#id"],
    ),
    "templates of an ExternalSecret": (
        "external-secrets.io/v1",
        "ExternalSecret",
        """
        spec:
          secretStoreRef: {name: no}
          target:
            name: no
            template:
              templateFrom:
                - configMap: {name: t, items: [{key: a.tpl}, {key: b.tpl}]}
                  secret: {name: s, items: [{key: c}]}
                - {literal: x}
        """,
        ["ConfigMap shop/t#a.tpl,b.tpl", "Secret shop/s#c"],
    ),
    "a PushSecret": (
        "external-secrets.io/v1alpha1",
        "PushSecret",
        """
        spec:
          selector: {secret: {name: source}}
          data: [{match: {secretKey: a}}, {match: {secretKey: ""}}, {match: {secretKey: b}}]
        """,
        ["Secret shop/source#a,b"],
    ),
    "a PushSecret with a template, which makes its keys": (
        "external-secrets.io/v1alpha1",
        "PushSecret",
        """
        spec:
          selector: {secret: {name: source}}
          data: [{match: {secretKey: made}}]
          template: {templateFrom: [{configMap: {name: t, items: [{key: a}]}}]}
        """,
        ["Secret shop/source", "ConfigMap shop/t#a"],
    ),
    "a PushSecret that selects by labels": (
        "external-secrets.io/v1alpha1",
        "PushSecret",
        "spec: {selector: {secret: {selector: {matchLabels: {name: no}}}}}",
        [],
    ),
}


@pytest.mark.parametrize("case", READERS)
def test_readers(case: str) -> None:
    api_version, kind, rest, expected = READERS[case]
    assert read(of_kind(api_version, kind, rest)) == expected


CLUSTER_WIDE = {
    "a store": (
        "external-secrets.io/v1",
        "ClusterSecretStore",
        """
        spec:
          provider:
            aws:
              auth:
                secretRef:
                  accessKeyIDSecretRef: {name: aws, key: id, namespace: eso}
                  secretAccessKeySecretRef: {name: aws, key: secret}
        """,
        ["Secret eso/aws#id", "Secret -/aws#secret"],
    ),
    "a generator": (
        "generators.external-secrets.io/v1alpha1",
        "ClusterGenerator",
        "spec: {kind: MFA, generator: {mfaSpec: {secret: {name: seed, key: s, namespace: no}}}}",
        ["Secret -/seed#s"],
    ),
    "an ExternalSecret": (
        "external-secrets.io/v1",
        "ClusterExternalSecret",
        """
        spec:
          externalSecretSpec:
            target: {template: {templateFrom: [{configMap: {name: t, items: [{key: a}]}}]}}
        """,
        ["ConfigMap -/t#a"],
    ),
    "a PushSecret": (
        "external-secrets.io/v1alpha1",
        "ClusterPushSecret",
        "spec: {pushSecretSpec: {selector: {secret: {name: source}}}}",
        ["Secret -/source"],
    ),
    "an issuer": (
        "cert-manager.io/v1",
        "ClusterIssuer",
        "spec: {ca: {secretName: root}}",
        ["Secret -/root~"],
    ),
    "a volume": (
        "v1",
        "PersistentVolume",
        """
        spec:
          csi:
            nodeStageSecretRef: {name: stage, namespace: rook}
            nodePublishSecretRef: {name: publish, namespace: "${NAMESPACE}"}
        """,
        ["Secret -/publish", "Secret rook/stage"],
    ),
    "a storage class": (
        "storage.k8s.io/v1",
        "StorageClass",
        """
        parameters:
          csi.storage.k8s.io/node-stage-secret-name: stage
          csi.storage.k8s.io/node-stage-secret-namespace: rook
          csi.storage.k8s.io/provisioner-secret-name: ${pvc.name}
          csi.storage.k8s.io/node-publish-secret-name: publish
          csi.storage.k8s.io/node-publish-secret-namespace: ${pvc.namespace}
        """,
        ["Secret rook/stage", "Secret -/publish"],
    ),
}


# Kustomize writes a namespace into custom resources that have none.
@pytest.mark.parametrize("namespace", ["", "stamped"])
@pytest.mark.parametrize("case", CLUSTER_WIDE)
def test_an_object_for_all_namespaces_has_none_itself(case: str, namespace: str) -> None:
    api_version, kind, rest, expected = CLUSTER_WIDE[case]
    assert read(of_kind(api_version, kind, rest, namespace)) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ("{nginx.ingress.kubernetes.io/auth-secret: users}", ["Secret shop/users#auth"]),
        ("{nginx.ingress.kubernetes.io/auth-secret: other/users}", ["Secret other/users#auth"]),
        (
            "{nginx.ingress.kubernetes.io/auth-secret: users,"
            " nginx.ingress.kubernetes.io/auth-secret-type: auth-map}",
            ["Secret shop/users"],
        ),
        (
            "{nginx.ingress.kubernetes.io/auth-secret: users,"
            " nginx.ingress.kubernetes.io/auth-secret-type: auth-file}",
            ["Secret shop/users#auth"],
        ),
        ("{nginx.ingress.kubernetes.io/auth-tls-secret: other/ca}", ["Secret other/ca#ca.crt"]),
        ("{nginx.ingress.kubernetes.io/proxy-ssl-secret: other/p}", ["Secret other/p"]),
        ("{ingress.kubernetes.io/auth-secret: users}", ["Secret shop/users~"]),
        ("{nginx.ingress.kubernetes.io/auth-secret: '{{ name }}'}", []),
        ("{nginx.ingress.kubernetes.io/auth-secret: /users}", []),
        ("{nginx.ingress.kubernetes.io/auth-secret: [users]}", []),
        ("{nginx.ingress.kubernetes.io/auth-url: users}", []),
    ],
)
def test_annotations_of_an_ingress(annotations: str, expected: list[str]) -> None:
    ingress = f"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {{name: web, namespace: shop, annotations: {annotations}}}
        """
    assert read(ingress) == expected


@pytest.mark.parametrize(
    ("annotation", "optional"),
    [
        ("cert-manager.io/cluster-issuer: x", True),
        ("kubernetes.io/tls-acme: 'true'", True),
        ("example.com/a: b", False),
    ],
)
@pytest.mark.parametrize(
    "rest",
    [
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {tls: [{secretName: web}]}",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
        "spec: {listeners: [{tls: {certificateRefs: [{name: web}]}}]}",
    ],
)
def test_what_cert_manager_makes_is_not_there_yet(
    annotation: str, optional: bool, rest: str
) -> None:
    (use,) = uses(resource(f"{rest}\nmetadata: {{annotations: {{{annotation}}}}}"))
    assert use.optional == optional


@pytest.mark.parametrize(
    "name",
    ["", "''", "{{ .Values.name }}", "${NAME}", "Not_A_Name", "a/b", "[a]", "{a: b}", "5", "~"],
)
def test_what_is_no_name_or_not_known_is_left_out(name: str) -> None:
    written = name if name[:1] in "[{'~" or name == "5" else f"'{name}'"
    written = f"'{name}'" if "{{" in name else written
    pod = f"apiVersion: v1\nkind: Pod\nspec: {{imagePullSecrets: [{{name: {written}}}]}}"
    assert read(pod) == []


def test_a_key_that_is_not_known_is_left_out() -> None:
    pod = """
        apiVersion: v1
        kind: Pod
        metadata: {namespace: "${NS}"}
        spec:
          volumes:
            - secret: {secretName: s, items: [{key: a}, {key: "${B}"}, {key: 5}, {key: a b}, {}, x]}
            - secret: {secretName: t, optional: "${OPTIONAL}"}
        """
    assert read(pod) == ["Secret -/s#a", "Secret -/t?"]


def test_each_place_once_and_with_its_routes() -> None:
    found = list(
        uses(
            resource(
                """
                apiVersion: v1
                kind: Pod
                metadata: {namespace: shop}
                spec:
                  containers:
                    - env: [{valueFrom: {secretKeyRef: {name: db, key: a}}}]
                    - env: [{valueFrom: {secretKeyRef: {name: db, key: b}}}]
                """
            )
        )
    )
    assert [(format_route(use.route), format_route(use.keys[0][1])) for use in found] == [
        (
            f"spec.containers[{i}].env[0].valueFrom.secretKeyRef.name",
            f"spec.containers[{i}].env[0].valueFrom.secretKeyRef.key",
        )
        for i in (0, 1)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "kind: Secret",
        "apiVersion: v1\nkind: Secret\nstringData: {secretRef: x}",
        "apiVersion: v1\nkind: ConfigMap\ndata: {a: 'secretName: x'}",
        "apiVersion: v1\nkind: Service\nspec: {secretName: x}",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {x: {secretRef: {name: x}}}",
        "apiVersion: kyverno.io/v1\nkind: Policy\nspec: {rules: [{secretRef: {name: x}}]}",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        "secretGenerator: [{name: x}]",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "spec: {secretRef: {name: x}}",
        "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\n"
        "spec: {secretObjects: [{secretName: x}]}",
        "secretRef: {name: x}",
    ],
)
def test_what_reads_nothing(text: str) -> None:
    assert read(text) == []


def test_may_read() -> None:
    assert may_read("kind: Pod\nspec: {imagePullSecrets: []}")
    assert may_read('{"apiURL": {"name": "x", "key": "y"}}')
    assert may_read(
        "kind: HelmRelease\nhealthChecks:\n  - kind: CustomResourceDefinition\n  # Secret"
    )
    assert not may_read("kind: Service\nmetadata: {name: x}")
    assert not may_read("apiVersion: x\nkind: CustomResourceDefinition\nspec: {secretRef: 1}")


names = st.sampled_from(
    (
        *("spec", "template", "values", "containers", "env", "envFrom", "valueFrom", "volumes"),
        *("secretKeyRef", "secretRef", "configMapRef", "secretName", "name", "key", "items"),
        *("existingSecret", "secretKeys", "secret", "tls", "annotations", "serviceAccount", "kind"),
        *("optional", "namespace", "helm", "source", "sources", "destination", "provider", "vault"),
        *("auth", "valuesFrom", "parameters", "selector", "data", "target", "templateFrom", "type"),
        *("persistence", "secrets", "imagePullSecrets", "listeners", "metadata", "enabled"),
    )
)
scalars = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(("db", "Secret", "{{ x }}", ""))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)
kinds = st.sampled_from(
    (
        *(("v1", "Pod"), ("batch/v1", "CronJob"), ("v1", "ServiceAccount"), ("", "")),
        *(("networking.k8s.io/v1", "Ingress"), ("gateway.networking.k8s.io/v1", "Gateway")),
        *(("helm.toolkit.fluxcd.io/v2", "HelmRelease"), ("example.com/v1", "Some")),
        *(("argoproj.io/v1alpha1", "Application"), ("argoproj.io/v1alpha1", "ApplicationSet")),
        *(("helm.cattle.io/v1", "HelmChart"), ("storage.k8s.io/v1", "StorageClass")),
        *(("external-secrets.io/v1", "SecretStore"), ("external-secrets.io/v1", "PushSecret")),
        *(
            ("external-secrets.io/v1", "ExternalSecret"),
            ("volsync.backube/v1", "ReplicationSource"),
        ),
        ("generators.external-secrets.io/v1alpha1", "ClusterGenerator"),
    )
)


@given(kinds, st.dictionaries(names, values, max_size=5), values)
def test_odd_shapes_are_read_without_an_error(
    kind: tuple[str, str], rest: dict[str, Value], spec: Value
) -> None:
    written = {**rest, "spec": spec, "apiVersion": kind[0], "kind": kind[1]}
    for use in uses(resource(json.dumps(written))):
        assert use.name
        for route in (use.route, *(there for _, there in use.keys)):
            assert isinstance(at(use.resource.value, route), str)


def corpus(folder: Path) -> Iterator[Resource]:
    for path in sorted(folder.rglob("*.yaml")):
        documents, _ = read_text(path.read_text(), str(path.relative_to(folder)))
        for document in documents:
            yield from resources(document)


def test_real_home_labs(shared: Path) -> None:
    in_values = 0
    for name in ("onedr0p__home-ops", "joryirving__home-ops", "bjw-s-labs__home-ops"):
        for found in corpus(shared / "corpus" / name):
            here = list(uses(found))
            assert not here or may_read(found.document.text)
            in_values += sum(
                use.kind == "Secret" and found.kind == "HelmRelease" and "values" in use.route
                for use in here
            )
    assert in_values >= 150
