"""Which release of ESO a repository installs: one test for each form in which it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.context.version import Installed, installed, may_serve_v1beta1, only_minor
from esolint.engine import ActiveRule
from esolint.repository import Input, Repository, read
from esolint.rule import load_rules
from esolint.run import Request, run
from esolint.schema import Version, packaged

SECRET = """\
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: app, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  dataFrom: [{extract: {key: app}}]
"""


def repository(files: dict[str, str]) -> Repository:
    """Read files as a run does: only what the two passes find worth it is parsed."""
    texts = {"secret.yaml": SECRET, **files}
    return read(Input(path, text.encode()) for path, text in texts.items())


def found(files: dict[str, str]) -> Installed:
    read_in = repository(files)
    return installed(read_in.resources, read_in.patches, read_in.documents)


HELM_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: external-secrets, namespace: security}
spec:
  chart:
    spec:
      chart: external-secrets
      version: 0.16.x
      sourceRef: {kind: HelmRepository, name: REPOSITORY}
"""
HELM_REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: REPOSITORY}
spec: {url: URL}
"""
OCI_REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: eso}
spec:
  url: oci://mirror.example/proxy/external-secrets/charts/external-secrets
  ref: {REF}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: eso, namespace: argocd}
spec:
  source:
    repoURL: https://charts.external-secrets.io
    chart: external-secrets
    targetRevision: REVISION
"""


def helm_release(name: str = "external-secrets") -> str:
    return HELM_RELEASE.replace("REPOSITORY", name)


def helm_repository(url: str, name: str = "external-secrets") -> str:
    return HELM_REPOSITORY.replace("REPOSITORY", name).replace("URL", url)


def application(revision: str) -> str:
    return APPLICATION.replace("REVISION", revision)


@pytest.mark.parametrize(
    ("path", "text", "version", "because"),
    [
        (
            "release.yaml",
            helm_release(),
            "0.16",
            "HelmRelease security/external-secrets (release.yaml:8) installs chart 0.16.x",
        ),
        (
            "chart.yaml",
            """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: eso}
spec:
  chart: external-secrets
  version: "^0.10.3"
  sourceRef: {kind: HelmRepository, name: external-secrets}
""",
            "0.10",
            "HelmChart eso (chart.yaml:6) installs chart ^0.10.3",
        ),
        (
            "oci.yaml",
            OCI_REPOSITORY.replace("REF", "tag: 2.9.0"),
            "2.9",
            "OCIRepository eso (oci.yaml:6) fetches chart 2.9.0",
        ),
        (
            "oci.yaml",
            OCI_REPOSITORY.replace("REF", 'semver: ">=1.2.0 <1.3.0"'),
            "1.2",
            "OCIRepository eso (oci.yaml:6) fetches chart >=1.2.0 <1.3.0",
        ),
        (
            "git.yaml",
            """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: eso}
spec:
  url: https://github.com/external-secrets/external-secrets
  ref: {tag: helm-chart-1.3.1}
""",
            "1.3",
            "GitRepository eso (git.yaml:6) fetches release helm-chart-1.3.1",
        ),
        (
            "app.yaml",
            application("v0.9.9"),
            "0.9",
            "Application argocd/eso (app.yaml:8) installs chart v0.9.9",
        ),
        (
            "app.yaml",
            """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: eso, namespace: argocd}
spec:
  sources:
    - repoURL: https://git.example/values.git
      targetRevision: main
      ref: values
    - repoURL: ghcr.io/external-secrets/charts
      chart: external-secrets
      targetRevision: 0.14.4
""",
            "0.14",
            "Application argocd/eso (app.yaml:11) installs chart 0.14.4",
        ),
        (
            "set.yaml",
            """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: eso, namespace: argocd}
spec:
  generators: [{clusters: {}}]
  template:
    spec:
      source:
        chart: external-secrets
        repoURL: https://charts.external-secrets.io
        targetRevision: 0.20.1
""",
            "0.20",
            "ApplicationSet argocd/eso (set.yaml:11) installs chart 0.20.1",
        ),
        (
            "app.yaml",
            """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: crds, namespace: argocd}
spec:
  source:
    repoURL: https://github.com/external-secrets/external-secrets.git
    path: config/crds/bases
    targetRevision: v0.18.2
""",
            "0.18",
            "Application argocd/crds (app.yaml:8) takes the release v0.18.2",
        ),
        (
            "eso/kustomization.yaml",
            """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
helmCharts:
  - name: external-secrets
    repo: https://charts.external-secrets.io
    version: 0.15.1
""",
            "0.15",
            "eso/kustomization.yaml:6 installs chart 0.15.1",
        ),
        (
            "kustomization.yaml",
            """\
resources:
  - https://raw.githubusercontent.com/external-secrets/external-secrets/v0.16.1/deploy/crds/bundle.yaml
""",
            "0.16",
            "kustomization.yaml:2 takes the CRDs of v0.16.1",
        ),
        (
            "kustomization.yaml",
            """\
resources:
  - https://github.com/external-secrets/external-secrets//config/crds/bases?ref=v1.0.0
""",
            "1.0",
            "kustomization.yaml:2 takes the CRDs of v1.0.0",
        ),
        (
            "kustomization.yaml",
            """\
resources: [eso.yaml]
images:
  - name: ghcr.io/external-secrets/external-secrets
    newTag: v0.13.0
""",
            "0.13",
            "kustomization.yaml:4 runs image v0.13.0",
        ),
        (
            "eso/Chart.yaml",
            """\
apiVersion: v2
name: platform
version: 1.0.0
dependencies:
  - name: external-secrets
    repository: https://charts.external-secrets.io/
    version: ~0.10.0
""",
            "0.10",
            "eso/Chart.yaml:7 installs chart ~0.10.0",
        ),
        (
            "requirements.yaml",
            """\
dependencies:
  - name: external-secrets
    repository: "@external-secrets"
    version: 0.9.12
""",
            "0.9",
            "requirements.yaml:4 installs chart 0.9.12",
        ),
        (
            "charts/external-secrets/Chart.yaml",
            """\
apiVersion: v2
name: external-secrets
version: "2.8.0"
appVersion: v2.8.0
home: https://github.com/external-secrets/external-secrets
""",
            "2.8",
            "charts/external-secrets/Chart.yaml:3 is chart 2.8.0",
        ),
        (
            "helmfile.yaml",
            """\
repositories:
  - name: eso
    url: https://charts.external-secrets.io
releases:
  - name: secrets
    chart: eso/external-secrets
    version: 0.19.2
""",
            "0.19",
            "helmfile.yaml:7 installs chart 0.19.2",
        ),
        (
            "helmfile.yaml",
            """\
releases:
  - name: secrets
    chart: oci://ghcr.io/external-secrets/charts/external-secrets
    version: 0.19.2
""",
            "0.19",
            "helmfile.yaml:4 installs chart 0.19.2",
        ),
        (
            "subscription.yaml",
            """\
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: eso, namespace: openshift-operators}
spec:
  name: external-secrets-operator
  channel: stable
  installPlanApproval: Manual
  startingCSV: external-secrets-operator.v0.9.20
""",
            "0.9",
            "Subscription openshift-operators/eso (subscription.yaml:8) installs v0.9.20",
        ),
        (
            "deployment.yaml",
            """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: external-secrets, namespace: eso}
spec:
  template:
    spec:
      containers:
        - name: external-secrets
          image: oci.external-secrets.io/external-secrets/external-secrets:v0.12.1-ubi@sha256:0123
""",
            "0.12",
            "Deployment eso/external-secrets (deployment.yaml:9) runs image v0.12.1-ubi",
        ),
        (
            "values.yaml",
            """\
image:
  repository: ghcr.io/external-secrets/external-secrets
  tag: v0.11.0
""",
            "0.11",
            "values.yaml:3 runs image v0.11.0",
        ),
        (
            "release.yaml",
            """\
apiVersion: helm.crossplane.io/v1beta1
kind: Release
metadata: {name: eso}
spec:
  forProvider:
    chart:
      name: external-secrets
      repository: https://charts.external-secrets.io
      version: 1.1.1
""",
            "1.1",
            "Release eso (release.yaml:9) installs chart 1.1.1",
        ),
    ],
)
def test_a_form_is_read(path: str, text: str, version: str, because: str) -> None:
    here = found({path: text})

    assert (str(here.version), here.because) == (version, because)


@pytest.mark.parametrize(
    ("path", "text", "because"),
    [
        ("app.yaml", application("'*'"), "installs chart *, which does not tell the minor"),
        ("app.yaml", application("^2.0.0"), "installs chart ^2.0.0, which does not tell the minor"),
        ("app.yaml", application("'{{version}}'"), "chart {{version}}, which does not tell"),
        ("app.yaml", application("${ESO_VERSION:=2.9.0}"), "${ESO_VERSION:=2.9.0}, which does not"),
        ("app.yaml", application("<ESO_VERSION>"), "<ESO_VERSION>, which does not tell"),
        ("app.yaml", application("1.9.0"), "installs chart 1.9.0, which is no release"),
        ("app.yaml", application("''"), "installs chart, without a version"),
        ("app.yaml", application("0.10"), "installs chart 0.1, which does not tell the minor"),
        ("oci.yaml", OCI_REPOSITORY.replace("REF", "digest: sha256:0"), "chart, without a version"),
        (
            "eso/kustomization.yaml",
            "helmCharts: [{name: external-secrets, repo: https://charts.example, version: 2.9.0}]",
            "installs a chart from https://charts.example, which may not be ESO's own",
        ),
        (
            "helmfile.yaml",
            "releases: [{name: eso, chart: mirror/external-secrets, version: 2.9.0}]",
            "installs a chart from the repository mirror, which may not be ESO's own",
        ),
        (
            "release.yaml",
            helm_release("mirror"),
            "installs a chart from the HelmRepository mirror, which may not be ESO's own",
        ),
        (
            "subscription.yaml",
            """\
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: eso, namespace: openshift-operators}
spec:
  name: external-secrets-operator
  channel: stable
  startingCSV: external-secrets-operator.v0.9.20
""",
            "lets the Operator Lifecycle Manager upgrade ESO",
        ),
    ],
)
def test_what_does_not_tell_the_version_says_why(path: str, text: str, because: str) -> None:
    here = found({path: text})

    assert here.version is None
    assert because in here.because


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"app.yaml": application("2.9.0").replace("chart: external-secrets", "chart: other")},
        {"chart/Chart.yaml": "apiVersion: v2\nname: external-secrets\nversion: 0.0.0\n"},
        {
            "chart/Chart.yaml": "dependencies:\n"
            "  - {name: external-secrets, repository: file://../eso, version: 1.0.0}\n"
        },
        {
            "old.yaml": application("8.5.5")
            .replace("chart: external-secrets", "chart: kubernetes-external-secrets")
            .replace("charts.external-secrets.io", "external-secrets.github.io/x")
        },
        {
            "apps/values.yaml": "apps:\n"
            "  - {name: external-secrets, repoURL: https://git.example/x, targetRevision: v2.9}\n"
        },
        {
            "git.yaml": "kind: GitRepository\n"
            "spec: {url: https://github.com/external-secrets/external-secrets, ref: {branch: main}}"
        },
        {"helmfile.yaml": "releases:\n  - {name: external-secrets, namespace: eso}\n"},
        {"values.yaml": "image: {repository: ghcr.io/external-secrets/external-secrets, tag: ''}"},
    ],
)
def test_what_is_no_pin(files: dict[str, str]) -> None:
    assert found(files) == Installed(None, "no version is named")


def test_a_helm_repository_says_whose_chart_it_is() -> None:
    own = helm_repository("https://charts.external-secrets.io", "mirror")
    oci = helm_repository("oci://ghcr.io/external-secrets/charts", "mirror")
    other = helm_repository("https://charts.example/external-secrets", "external-secrets")

    assert found({"a.yaml": helm_release("mirror"), "b.yaml": own}).version == Version(0, 16)
    assert found({"a.yaml": helm_release("mirror"), "b.yaml": oci}).version == Version(0, 16)
    assert found({"a.yaml": helm_release(), "b.yaml": other}).version is None


def test_clusters_that_agree() -> None:
    files = {f"{name}.yaml": application(f"0.10.{i}") for i, name in enumerate("abc")}

    assert found(files) == Installed(
        Version(0, 10),
        "Application argocd/eso (a.yaml:8) installs chart 0.10.0, and 2 more places agree",
    )


def test_clusters_that_differ_have_no_version() -> None:
    files = {"a.yaml": application("2.9.0"), "b.yaml": application("0.9.1")}

    assert found(files) == Installed(None, "the versions differ: 0.9 in b.yaml:8, 2.9 in a.yaml:8")


def test_a_cluster_of_unknown_version_leaves_it_open() -> None:
    files = {"a.yaml": application("2.9.0"), "b.yaml": application("${V}")}

    because = found(files).because
    assert found(files).version is None
    assert because.startswith("2.9 in a.yaml:8, but Application argocd/eso (b.yaml:8) installs")


@pytest.mark.parametrize(
    ("revision", "version", "note"),
    [("0.8.1", "0.9", "the oldest schemas"), ("9.0.0", "2.9", "the newest schemas")],
)
def test_a_version_without_schemas(revision: str, version: str, note: str) -> None:
    here = found({"a.yaml": application(revision)})

    assert str(here.version) == version
    assert revision in here.because
    assert f"{note} stand for it, those of {version}" in here.because


def test_a_lock_says_which_version_a_range_became() -> None:
    chart = (
        "dependencies:\n"
        "  - {name: external-secrets, repository: https://charts.external-secrets.io, version: V}\n"
    )

    assert found({"eso/Chart.yaml": chart.replace("V", "^2.0.0")}).version is None
    here = found(
        {
            "eso/Chart.yaml": chart.replace("V", "^2.0.0"),
            "eso/Chart.lock": chart.replace("V", "2.3.0"),
        }
    )
    assert here == Installed(Version(2, 3), "eso/Chart.lock:2 installs chart 2.3.0")


def test_the_chart_counts_and_not_the_image_in_its_values() -> None:
    release = helm_release() + (
        "  values:\n"
        "    image: {repository: ghcr.io/external-secrets/external-secrets, tag: v0.14.0}\n"
    )

    assert found({"a.yaml": release}).version == Version(0, 16)


@pytest.mark.parametrize(
    "overlay",
    [
        {
            "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: release.yaml}]\n",
            "prod/release.yaml": "kind: HelmRelease\nmetadata: {name: external-secrets}\n"
            "spec: {chart: {spec: {version: 0.17.0}}}\n",
        },
        {
            "prod/kustomization.yaml": "resources: [../base]\npatches:\n"
            "  - target: {kind: HelmRelease, name: external-.*}\n    patch: |\n"
            "      - {op: replace, path: /spec/chart/spec/version, value: 0.17.0}\n",
        },
        {
            "prod/kustomization.yaml": "resources: [../base]\npatches:\n"
            "  - {target: {kind: HelmRelease, name: external-secrets}, path: version.yaml}\n",
            "prod/version.yaml": "- {op: add, path: /spec/chart/spec/version, value: 0.17.0}\n",
        },
        {
            "prod/kustomization.yaml": "resources: [../base]\npatchesStrategicMerge:\n  - |\n"
            "    kind: HelmRelease\n    metadata: {name: external-secrets}\n"
            "    spec: {chart: {spec: {version: 0.17.0}}}\n",
        },
        {
            "prod/apps.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
            "metadata: {name: apps}\nspec:\n  patches:\n"
            "    - target: {kind: HelmRelease, name: external-secrets}\n      patch: |\n"
            "        kind: HelmRelease\n        metadata: {name: any}\n"
            "        spec: {chart: {spec: {version: 0.17.0}}}\n",
        },
    ],
    ids=["strategic merge", "JSON 6902 inline", "JSON 6902 file", "old field", "Flux"],
)
def test_a_patch_can_be_another_clusters_version(overlay: dict[str, str]) -> None:
    here = found({"base/release.yaml": helm_release(), **overlay})

    assert here.version is None
    assert "0.16 in base/release.yaml:8, 0.17 in prod/" in here.because


def test_a_patch_of_something_else_is_no_pin() -> None:
    other = (
        "resources: [../base]\npatches:\n  - target: {kind: HelmRelease, name: redis}\n"
        "    patch: |\n      - {op: replace, path: /spec/chart/spec/version, value: 0.17.0}\n"
    )

    files = {"base/release.yaml": helm_release(), "prod/kustomization.yaml": other}
    assert found(files).version == Version(0, 16)


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("2.9.0", "2.9"),
        ("v2.9", "2.9"),
        ("0.9.x", "0.9"),
        ("0.9.*", "0.9"),
        ("~0.9", "0.9"),
        ("~> 0.9.4", "0.9"),
        ("^0.9", "0.9"),
        ("=2.1.0", "2.1"),
        (">= 0.9.0, < 0.10.0", "0.9"),
        (">=0.9.5 <=0.9.20", "0.9"),
        (">0.9.1 <0.10", "0.9"),
        (">0.9 <0.11.0", "0.10"),
        ("0.9.0 - 0.9.20", "0.9"),
        ("0.9.1 || ~0.9.5", "0.9"),
        ("2.0.0-rc1", "2.0"),
        ("2", None),
        ("2.x", None),
        ("~2", None),
        ("^2.9.0", None),
        ("^0", None),
        (">=0.9", None),
        ("<1.0.0", None),
        (">1", None),
        ("*", None),
        ("0.9.x || 0.10.x", None),
        ("main", None),
        ("HEAD", None),
        ("", None),
        (">=0.9.0 <0.10.0 beta", None),
    ],
)
def test_the_only_minor_of_a_range(written: str, minor: str | None) -> None:
    assert (only_minor(written) and str(only_minor(written))) == minor


@given(st.text(alphabet="0123456789.xX*<>=~^|- ,vab", max_size=20))
def test_a_range_of_any_shape_is_read_or_not(written: str) -> None:
    version = only_minor(written)

    assert version is None or version >= Version(0, 0)


@given(st.text(max_size=30))
def test_any_version_has_a_reason(written: str) -> None:
    revision = "".join(c for c in written if c.isprintable() and c not in "'\\")

    here = found({"a.yaml": application(f"'{revision}'")})
    assert here.version is None or here.version in packaged().versions
    assert here.because.startswith("Application argocd/eso (a.yaml:8) installs chart")


@pytest.mark.parametrize(
    ("values", "may"),
    [
        ("crds: {unsafeServeV1Beta1: true}", True),
        ("crds: {unsafeServeV1Beta1: '${V1BETA1}'}", True),
        ("parameters:\n  - name: crds.unsafeServeV1Beta1\n    value: 'true'", True),
        ("values: |\n  crds:\n    unsafeServeV1Beta1: true", True),
        ("crds: {unsafeServeV1Beta1: false}", False),
        ("parameters:\n  - name: crds.unsafeServeV1Beta1\n    value: 'false'", False),
        ('{"properties": {"unsafeServeV1Beta1": {"type": "boolean"}}}', False),
        ("crds: {createClusterGenerator: true}", False),
    ],
)
def test_chart_values_that_keep_v1beta1(values: str, may: bool) -> None:
    assert may_serve_v1beta1(repository({"values.yaml": values}).resources) is may


# A run


def active(rule_id: str) -> ActiveRule:
    rule = load_rules()[rule_id]
    return ActiveRule(rule, rule.defaults())


def check(folder: Path, monkeypatch: pytest.MonkeyPatch, *versions: Version) -> tuple[str, ...]:
    """Return what a run in a folder says about apiVersions, and about its environments."""
    monkeypatch.chdir(folder)
    rules = [active("removed-api-version")]
    result = run(
        Request(paths=["."], root=".", rules=rules, today="2026-01-01", eso_versions=versions)
    )
    said = [f"{d.case}: {d.message}" for d in result.diagnostics]
    said += [f"{e.eso_version}: {e.because}" for e in result.environments]
    return tuple(said)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("secret.yaml").write_text(SECRET, encoding="utf-8")
    return tmp_path


def test_a_run_judges_by_the_version_that_it_finds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.joinpath("eso.yaml").write_text(application("2.9.0"), encoding="utf-8")

    assert check(folder, monkeypatch) == (
        "None: ESO 0.17 stopped serving ExternalSecret as external-secrets.io/v1beta1 "
        "in favour of external-secrets.io/v1; 0.16 serves both",
        "2.9: Application argocd/eso (eso.yaml:8) installs chart 2.9.0",
    )


def test_a_run_is_silent_where_the_chart_serves_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.joinpath("eso.yaml").write_text(application("0.9.20"), encoding="utf-8")

    assert check(folder, monkeypatch) == (
        "0.9: Application argocd/eso (eso.yaml:8) installs chart 0.9.20",
    )


def test_the_command_line_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.joinpath("eso.yaml").write_text(application("2.9.0"), encoding="utf-8")

    assert check(folder, monkeypatch, Version(0, 16)) == ("0.16: the command line names it",)


def test_without_a_version_one_finding_counts_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = SECRET.replace("v1beta1", "v1alpha1")
    folder.joinpath("more.yaml").write_text(f"{older}---\n{SECRET}", encoding="utf-8")

    assert check(folder, monkeypatch) == (
        "version-unknown: 1 object of external-secrets.io/v1alpha1, which ESO 0.16 stopped serving,"
        " and 2 objects of external-secrets.io/v1beta1, which ESO 0.17 stopped serving;"
        " no file names the version",
        "None: no version is named",
    )


def test_a_repository_of_the_predecessor_alone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = SECRET.replace("external-secrets.io/v1beta1", "kubernetes-client.io/v1")
    tmp_path.joinpath("secret.yaml").write_text(old, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rules = [active("legacy-operator")]

    result = run(Request(paths=["."], root=".", rules=rules, today="2026-01-01"))

    assert [d.message for d in result.diagnostics] == [
        'ExternalSecret "app" is of kubernetes-client.io/v1, which ESO does not read'
    ]


CORPUS = {
    "bjw-s-labs__home-ops": "2.9",
    "joryirving__home-ops": "2.9",
    "khuedoan__homelab": "0.10",
    "knative__infra": "0.9",
    "konstructio__gitops-template": "0.9",
    "onedr0p__home-ops": "2.9",
    "ricsanfre__pi-cluster": "2.9",
    "cnoe-io__stacks": None,
    "external-secrets-inc__public-examples": None,
    "external-secrets__external-secrets": None,
}


@pytest.mark.parametrize("name", CORPUS)
def test_real_repositories(name: str, shared: Path) -> None:
    root = shared / "corpus" / name
    files = {
        str(path.relative_to(root)): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(root.rglob("*"))
        if path.is_file() and "external-secrets" in path.read_text("utf-8", errors="replace")
    }
    here = found(files)

    assert (here.version and str(here.version)) == CORPUS[name]
