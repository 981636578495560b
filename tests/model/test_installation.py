"""How ESO is installed: one test for each form in which a repository says so."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.model.installation import Installation, Setting, installation, may_matter
from esolint.resource import Resource, resources
from esolint.source import read_text
from esolint.value import format_route


def read(files: dict[str, str]) -> list[Resource]:
    found = []
    for path, text in files.items():
        documents, unread = read_text(text, path)
        assert not unread
        found += [resource for document in documents for resource in resources(document)]
    return found


def installed(files: dict[str, str]) -> Installation:
    found = installation(read(files))
    assert found is not None
    return found


def value(files: dict[str, str], key: str) -> Any:
    """Return a setting's value; "unknown" where it is not known."""
    setting = installed(files).setting(key)
    return "unknown" if setting is None else setting.value


def place(setting: Setting | None) -> str:
    assert setting is not None
    document, route = setting.resource.origin(setting.route)
    return f"{document.path}:{document.span(route).line} {format_route(setting.route)}"


def release(values: str, more: str = "") -> dict[str, str]:
    return {
        "release.yaml": f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: external-secrets, namespace: security}}
spec:
  chart:
    spec:
      chart: external-secrets
      version: 2.9.0
      sourceRef: {{kind: HelmRepository, name: external-secrets}}
  values: {values}
{more}"""
    }


def application(helm: str, more: str = "") -> dict[str, str]:
    return {
        "application.yaml": f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: external-secrets, namespace: argocd}}
spec:
  destination: {{namespace: eso}}
  source:
    repoURL: https://charts.external-secrets.io
    chart: external-secrets
    targetRevision: 2.9.0
    helm: {helm}
{more}"""
    }


# Chart values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("{}", True),
        ("{processClusterStore: false}", False),
        ('{processClusterStore: "false"}', "false"),
        ('{processClusterStore: "${X}"}', "unknown"),
        ("${VALUES}", "unknown"),
        # Helm takes a null for a wish to have no default.
        ("{processClusterStore: null}", "unknown"),
        ('{extraArgs: {enable-cluster-store-reconciler: "false"}}', False),
        # The chart writes a false one without a value.
        (
            "{processClusterStore: false, extraArgs: {enable-cluster-store-reconciler: false}}",
            True,
        ),
        ("{extraArgs: {enable-cluster-store-reconciler: maybe}}", "unknown"),
        ('{extraArgs: "${ARGS}"}', "unknown"),
    ],
)
def test_a_switch(values: str, expected: Any) -> None:
    assert value(release(values), "processClusterStore") == expected


def test_a_setting_knows_where_it_stands() -> None:
    found = installed(release("{rbac: {serviceAccountTokenCreate: false}}"))

    setting = found.switched_off("rbac.serviceAccountTokenCreate")

    assert place(setting) == "release.yaml:10 spec.values.rbac.serviceAccountTokenCreate"
    assert found.switched_off("processPushSecret") is None
    assert found.operators[0].namespace == "security"


@pytest.mark.parametrize(
    ("values", "expected"),
    [("{}", "default"), ('{controllerClass: ""}', "default"), ("{controllerClass: dev}", "dev")],
)
def test_the_class_of_the_controller(values: str, expected: str) -> None:
    assert value(release(values), "controllerClass") == expected


CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME, namespace: security}
data:
  values.yaml: |
    processPushSecret: false
    processClusterStore: false
"""


def test_values_that_a_helm_release_takes_from_elsewhere() -> None:
    sources = "  valuesFrom: [{kind: Secret, name: base}, {kind: ConfigMap, name: values}]\n"
    files = release("{processClusterStore: true}", sources)

    assert value(files, "processClusterStore") is True
    assert value(files, "processPushSecret") == "unknown"

    files["values.yaml"] = CONFIG_MAP.replace("NAME", "values")
    assert value(files, "processClusterStore") is True
    assert value(files, "processPushSecret") is False
    assert value(files, "processSecretStore") == "unknown"
    assert place(installed(files).setting("processPushSecret")).startswith("values.yaml:6 ")

    # What stands below something that is not to be seen may be overruled by it.
    files["values.yaml"] = CONFIG_MAP.replace("NAME", "base")
    assert value(files, "processPushSecret") == "unknown"


def test_a_helm_release_of_an_oci_repository() -> None:
    text = release("{processPushSecret: false}")["release.yaml"]
    document = yaml.safe_load(text)
    del document["spec"]["chart"]
    document["spec"]["chartRef"] = {"kind": "OCIRepository", "name": "eso"}
    repository = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: eso}
spec: {url: "oci://ghcr.io/external-secrets/charts/external-secrets"}
"""
    files = {"release.yaml": yaml.safe_dump(document)}

    assert installation(read(files)) is None
    assert value({**files, "oci.yaml": repository}, "processPushSecret") is False
    # Its release is not to be seen.
    assert value({"oci.yaml": repository}, "processPushSecret") == "unknown"


@pytest.mark.parametrize(
    ("helm", "expected"),
    [
        ("{valuesObject: {processPushSecret: false}}", False),
        ('{values: "processPushSecret: false"}', False),
        ('{values: "processPushSecret: false", valuesObject: {}}', True),
        ('{parameters: [{name: processPushSecret, value: "false"}]}', False),
        (
            '{parameters: [{name: processPushSecret, value: "false", forceString: true}]}',
            "false",
        ),
        (
            "{valuesObject: {processPushSecret: true},"
            ' parameters: [{name: processPushSecret, value: "false"}]}',
            False,
        ),
        ("{valueFiles: [$values/eso.yaml]}", "unknown"),
        ("{valueFiles: [$values/eso.yaml], valuesObject: {processPushSecret: false}}", False),
        ('{values: "{{ values }}"}', "unknown"),
        ("{}", True),
    ],
)
def test_an_application(helm: str, expected: Any) -> None:
    files = application(helm)

    assert value(files, "processPushSecret") == expected
    assert installed(files).operators[0].namespace == "eso"


def test_a_source_among_several_and_in_an_application_set() -> None:
    files = {
        "set.yaml": """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: eso}
spec:
  template:
    spec:
      destination: {namespace: eso}
      sources:
        - repoURL: https://git.example.com/values
          ref: values
        - repoURL: https://charts.external-secrets.io
          chart: external-secrets
          targetRevision: 2.9.0
          helm: {valuesObject: {processPushSecret: false}}
"""
    }

    assert value(files, "processPushSecret") is False
    assert installed(files).operators[0].namespace == "eso"


CHART = """\
helmCharts:
  - name: external-secrets
    repo: https://charts.external-secrets.io
    version: 2.9.0
"""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("    valuesInline: {processPushSecret: false}\n", False),
        ("    valuesFile: values.yaml\n", False),
        ("    valuesFile: values.yaml\n    valuesInline: {processPushSecret: true}\n", True),
        ("    valuesFile: other.yaml\n", "unknown"),
        (
            "    valuesFile: values.yaml\n    valuesMerge: merge\n",
            "unknown",
        ),
        ("    additionalValuesFiles: [other.yaml]\n    valuesFile: values.yaml\n", "unknown"),
        ("", True),
    ],
)
def test_a_kustomization(fields: str, expected: Any) -> None:
    files = {
        "eso/kustomization.yaml": CHART + fields,
        "eso/values.yaml": "processPushSecret: false\n",
    }

    assert value(files, "processPushSecret") == expected


def test_a_chart_of_ones_own() -> None:
    files = {
        "eso/Chart.yaml": """\
name: platform
dependencies:
  - name: external-secrets
    repository: https://charts.external-secrets.io
    version: 2.9.0
""",
        "eso/values.yaml": "external-secrets: {processPushSecret: false}\n",
    }

    assert value(files, "processPushSecret") is False
    # Which values are added elsewhere nobody knows.
    assert value(files, "processClusterStore") == "unknown"

    files["eso/values-prod.yaml"] = "external-secrets: {processPushSecret: true}\n"
    assert value(files, "processPushSecret") == "unknown"


def test_the_operator_of_the_operator() -> None:
    files = {
        "config.yaml": """\
apiVersion: operator.external-secrets.io/v1alpha1
kind: OperatorConfig
metadata: {name: eso, namespace: eso}
spec: {processClusterStore: false, extraArgs: {}}
"""
    }

    assert value(files, "processClusterStore") is False


def test_what_makes_releases_of_its_own() -> None:
    files = {
        "clusters.yaml": """\
addons:
  - name: external-secrets
    repoURL: https://charts.external-secrets.io
    targetRevision: 2.9.0
"""
    }

    assert value(files, "processClusterStore") == "unknown"


# Plain manifests


def deployment(*args: str, image: str = "ghcr.io/external-secrets/external-secrets:v2.9.0") -> str:
    container = {"name": "external-secrets", "image": image, "args": list(args)}
    return yaml.safe_dump(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "external-secrets", "namespace": "eso"},
            "spec": {"template": {"spec": {"containers": [container]}}},
        }
    )


@pytest.mark.parametrize(
    ("args", "key", "expected"),
    [
        ([], "processClusterStore", True),
        (["--enable-cluster-store-reconciler=false"], "processClusterStore", False),
        (["--enable-cluster-store-reconciler"], "processClusterStore", True),
        (["--unsafe-allow-generic-targets"], "genericTargets.enabled", True),
        (["--namespace", "shop", "--concurrent=1"], "scopedNamespace", "shop"),
        (["--controller-class=dev"], "controllerClass", "dev"),
        (["${ARGUMENTS}"], "processClusterStore", "unknown"),
        ([], "rbac.serviceAccountTokenCreate", "unknown"),
    ],
)
def test_arguments(args: list[str], key: str, expected: Any) -> None:
    assert value({"operator.yaml": deployment(*args)}, key) == expected


def test_other_deployments_install_nothing() -> None:
    webhook = deployment("webhook", "--port=10250")
    other = deployment(image="example.com/external-dns:v1")

    assert installation(read({"webhook.yaml": webhook, "other.yaml": other})) is None


# Several


def test_installations_that_differ_say_nothing() -> None:
    on, off = deployment(), deployment("--enable-push-secret-reconciler=false")
    default = release("{}")

    assert value({**default, "a.yaml": on}, "processPushSecret") is True
    assert value({**default, "a.yaml": off}, "processPushSecret") == "unknown"
    found = installed({**release("{processPushSecret: false}"), "a.yaml": off})
    assert place(found.setting("processPushSecret")).startswith("release.yaml:10")


def test_a_release_for_the_definitions_alone_is_no_installation() -> None:
    crds = {"crds.yaml": release("{createOperator: false}")["release.yaml"]}
    files = {**crds, **application("{valuesObject: {processPushSecret: false}}")}

    assert value(files, "processPushSecret") is False


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (release("{}"), None),
        (release("{scopedNamespace: shop}"), "shop"),
        (release("{scopedRBAC: true}"), "security"),
        (release("{scopedRBAC: true, scopedNamespace: shop}"), "shop"),
        (release('{scopedRBAC: "${SCOPED}"}'), None),
        (release("{scopedRBAC: true}", "  targetNamespace: eso\n"), "eso"),
        (release("{scopedRBAC: true}", "  targetNamespace: ${HOME}\n"), None),
        ({**release("{scopedRBAC: true}"), **application("{values: 'scopedRBAC: true'}")}, None),
    ],
)
def test_the_namespace_that_is_looked_after(files: dict[str, str], expected: str | None) -> None:
    scope = installed(files).scope

    assert (scope[0] if scope else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("external-secrets:\n  processPushSecret: false\n", True),
        ("eso:\n  rbac: {serviceAccountTokenCreate: false}\n", True),
        (deployment(), True),
        ("apiVersion: rbac.authorization.k8s.io/v1\nresources: [serviceaccounts/token]\n", True),
        ("apiVersion: rbac.authorization.k8s.io/v1\nresources: [pods]\n", False),
        ("process: fast\n", False),
    ],
)
def test_which_texts_matter(text: str, expected: bool) -> None:
    assert may_matter(text) is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (application("{}"), ""),
        (application("{}", "  destination: {name: in-cluster}\n"), ""),
        (application("{}", "  destination: {name: prod}\n"), "prod"),
        (
            application("{}", "  destination: {server: 'https://prod.example/'}\n"),
            "https://prod.example",
        ),
        (application("{}", "  destination: {name: '{{ cluster }}'}\n"), None),
        (release("{}"), ""),
        (release("{}", "  kubeConfig: {secretRef: {name: prod}}\n"), "prod"),
        (release("{}", "  kubeConfig: {secretRef: {name: '${CLUSTER}'}}\n"), None),
    ],
)
def test_the_cluster_on_which_it_runs(files: dict[str, str], expected: str | None) -> None:
    # A key that is given twice counts as it stands last.
    assert installed(files).operators[0].cluster == expected
