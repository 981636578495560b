"""Applications: which folder each brings, with which tool, into which namespace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from kustomize_oracle import FolderTree, MemoryTree

from esolint.context import argo
from esolint.context.files import Files
from esolint.context.kustomize.render import Renderer
from esolint.context.rendering import Overlay, Rendering, World
from esolint.resource import Resource, resources
from esolint.source import read_text

SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec: {secretStoreRef: {name: vault}}
"""
STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: https://vault.example.com}}}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: shop}
"""
GIT = "source: {repoURL: https://git.example.com/a/b.git, path: shop"
NAMESPACE = ("metadata", "namespace")


def world(files: dict[str, str], found: tuple[Resource, ...] = ()) -> World:
    tree = Files(MemoryTree(files), wanted=lambda text: True)
    return World(tree, Renderer(tree), ".", lambda kind, name, namespace: found)


def application(spec: str, text: str = APPLICATION) -> Resource:
    documents, unread = read_text(f"{text}  {spec}\n", "apps/shop.yaml")
    assert not unread
    return next(resources(documents[0]))


def rendered(spec: str, files: dict[str, str], text: str = APPLICATION) -> Rendering:
    (found,) = argo.render(application(spec, text), world(files))
    return found


def test_a_folder_of_manifests() -> None:
    files = {"shop/db.yaml": SECRET, "shop/store.yml": STORE, "shop/deep/more.yaml": SECRET}
    found = rendered(f"{GIT}}}", files)

    assert found.root == "shop"
    assert found.name == "Application argocd/shop"
    assert found.by is not None
    assert found.by.name == "shop"
    assert (found.cluster, found.unknown, found.problems) == ("", (), ())
    assert found.files == {"shop/db.yaml", "shop/store.yml"}
    secret, store = found.resources
    assert (secret.rendering, store.rendering) == (found.name, found.name)
    assert secret.namespace == "shop"
    assert not secret.unknown(NAMESPACE)
    document, route = secret.origin(NAMESPACE)
    assert (document.path, route) == ("apps/shop.yaml", ("spec", "destination", "namespace"))
    assert document.span(route).line == 6
    assert secret.origin(("spec",))[0].path == "shop/db.yaml"
    assert store.namespace is None
    assert secret.source_namespace is None


def test_a_namespace_of_its_own_stays() -> None:
    own = SECRET.replace("name: db", "name: db, namespace: other")
    (secret,) = rendered(f"{GIT}}}", {"shop/db.yaml": own}).resources
    assert secret.namespace == "other"


def test_a_namespace_that_rendering_decides_is_not_known() -> None:
    text = APPLICATION.replace("namespace: shop}", 'namespace: "${SPACE}"}')
    hole = SECRET.replace("name: db", 'name: db, namespace: "{{ .Values.space }}"')
    files = {"shop/db.yaml": SECRET, "shop/hole.yaml": hole, "shop/store.yaml": STORE}
    first, second, store = rendered(f"{GIT}}}", files, text).resources
    assert first.unknown(NAMESPACE)
    assert second.unknown(NAMESPACE)
    assert not store.unknown(NAMESPACE)
    _, second, _ = rendered(f"{GIT}}}", files).resources
    assert second.unknown(NAMESPACE)


@pytest.mark.parametrize(
    ("kind", "namespace"),
    [
        ("v1, kind: ConfigMap", "shop"),
        ("v1, kind: Namespace", None),
        ("rbac.authorization.k8s.io/v1, kind: ClusterRole", None),
        ("external-secrets.io/v1, kind: ClusterExternalSecret", None),
        ("generators.external-secrets.io/v1alpha1, kind: ClusterGenerator", None),
        ("generators.external-secrets.io/v1alpha1, kind: Password", "shop"),
        ("cert-manager.io/v1, kind: ClusterIssuer", None),
    ],
)
def test_only_objects_of_namespaces_get_one(kind: str, namespace: str | None) -> None:
    files = {"shop/a.yaml": f"{{apiVersion: {kind}, metadata: {{name: a}}}}"}
    (found,) = rendered(f"{GIT}}}", files).resources
    assert found.namespace == namespace


@pytest.mark.parametrize(
    ("destination", "cluster"),
    [
        ("{server: https://kubernetes.default.svc/, namespace: a}", ""),
        ("{name: in-cluster, namespace: a}", ""),
        ("{namespace: a}", ""),
        ("{name: prod}", "prod"),
        ("{server: https://prod.example.com:6443}", "https://prod.example.com:6443"),
        ('{name: "{{name}}"}', None),
    ],
)
def test_clusters(destination: str, cluster: str | None) -> None:
    text = APPLICATION.replace(
        "{server: https://kubernetes.default.svc, namespace: shop}", destination
    )
    assert rendered(f"{GIT}}}", {"shop/db.yaml": SECRET}, text).cluster == cluster


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("", ["a.yaml"]),
        ("recurse: true", ["a.yaml", "b.json", "test.yaml", "x.yml"]),
        ("recurse: true, include: '*.yaml'", ["a.yaml", "test.yaml"]),
        ("recurse: true, include: '{*.yml,in/*}'", ["b.json", "test.yaml", "x.yml"]),
        ("recurse: true, exclude: '*test*'", ["a.yaml", "b.json", "x.yml"]),
        ("recurse: true, include: '*.y?ml', exclude: 'a*'", ["test.yaml"]),
        ("include: '[!a]*'", []),
    ],
)
def test_what_a_directory_takes(options: str, names: list[str]) -> None:
    paths = ["a.yaml", "in/b.json", "in/deep/test.yaml", "in/deep/x.yml", "in/deep/x.txt"]
    secret = "{apiVersion: v1, kind: Secret, metadata: {name: NAME}}"
    files = {f"shop/{path}": secret.replace("NAME", path) for path in paths}
    found = rendered(f"{GIT}, directory: {{{options}}}}}", files)
    assert sorted(r.name.rpartition("/")[2] for r in found.resources) == names
    assert found.unknown == ()


def test_files_that_are_no_manifests() -> None:
    files = {
        "shop/values.yaml": "replicas: 1",
        "shop/left.yaml": f"# +argocd:skip-file-rendering\n{SECRET}",
        "shop/main.jsonnet": "{}",
        "shop/broken.yaml": "kind: {{ if }}\n  a: b: c",
        "shop/list.yaml": "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret,"
        " metadata: {name: a}}]}",
    }
    found = rendered(f"{GIT}}}", files)
    assert [r.name for r in found.resources] == ["a"]
    assert found.unknown == ("shop/broken.yaml cannot be read", "shop/main.jsonnet is a program")


def test_a_kustomization() -> None:
    files = {
        "shop/kustomization.yaml": "resources: [db.yaml]\nnameSuffix: -1\n",
        "shop/db.yaml": SECRET,
        "shop/other.yaml": STORE,
        "shop/Chart.yaml": "name: shop",
    }
    (secret,) = rendered(f"{GIT}}}", files).resources
    assert (secret.name, secret.namespace) == ("db-1", "shop")
    found = rendered(f"{GIT}, directory: {{recurse: true}}}}", files)
    assert {"db", "vault"} <= {r.name for r in found.resources}


def test_options_of_kustomize_change_the_objects() -> None:
    files = {"shop/kustomization.yaml": "resources: [db.yaml]", "shop/db.yaml": SECRET}
    options = """{namePrefix: a-, commonLabels: {team: a}, labelWithoutSelector: true,
      patches: [{target: {kind: ExternalSecret}, patch: '[{op: add, path: /spec/x, value: 1}]'}]}
    """
    (secret,) = rendered(f"{GIT}, kustomize: {options}}}", files).resources
    assert (secret.name, secret.namespace) == ("a-db", "shop")
    assert secret.get("metadata", "labels", "team") == "a"
    assert secret.get("spec", "x") == 1
    assert secret.origin(("metadata", "name"))[0].path == "shop/db.yaml"
    assert secret.origin(("spec", "x"))[0].path == "apps/shop.yaml"
    (secret,) = rendered(f"{GIT}, kustomize: {{namespace: other}}}}", files).resources
    assert secret.namespace == "other"
    assert secret.origin(NAMESPACE)[1] == ("spec", "source", "kustomize", "namespace")


def test_options_of_kustomize_are_an_overlay() -> None:
    asked: list[tuple[str, Overlay]] = []

    class Recorder(Renderer):
        def render(self, folder: str, overlay: Overlay | None = None) -> Rendering:
            assert overlay is not None
            asked.append((folder, overlay))
            return super().render(folder)

    files = {"shop/kustomization.yaml": "resources: [db.yaml]", "shop/db.yaml": SECRET}
    tree = Files(MemoryTree(files), wanted=lambda text: True)
    here = World(tree, Recorder(tree), ".", lambda kind, name, namespace: ())
    options = """{
      namePrefix: a-, namespace: b, images: ["x:1"], commonLabels: {team: a},
      labelWithoutSelector: true, components: [../c], ignoreMissingComponents: true,
      patches: [{patch: "- op: remove", target: {kind: ExternalSecret}}]
    }"""
    app = application(f"{GIT}, kustomize: {options}}}")
    argo.render(app, here)

    ((folder, overlay),) = asked
    assert (folder, overlay.by) == ("shop", app)
    assert overlay.fields == {
        "namePrefix": "a-",
        "namespace": "b",
        "components": ["../c"],
        "patches": [{"patch": "- op: remove", "target": {"kind": "ExternalSecret"}}],
        "labels": [{"pairs": {"team": "a"}, "includeTemplates": False}],
    }
    assert overlay.lenient
    base = ("spec", "source", "kustomize")
    assert overlay.routes["namespace"] == (*base, "namespace")
    assert overlay.routes["labels"] == (*base, "commonLabels")


def test_a_chart_of_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def chart(folder: str, files: Files, namespace: str | None) -> Rendering:
        asked.append((folder, namespace))
        return Rendering(folder, (), (), (), frozenset())

    module = ModuleType("esolint.context.helm")
    monkeypatch.setattr(module, "chart", chart, raising=False)
    monkeypatch.setitem(sys.modules, "esolint.context.helm", module)
    monkeypatch.setattr("esolint.context.helm", module, raising=False)
    files = {"shop/Chart.yaml": "name: shop", "shop/templates/db.yaml": SECRET}
    assert rendered(f"{GIT}}}", files).root == "shop"
    rendered(f"{GIT}, helm: {{namespace: other}}}}", files)
    rendered(f"{GIT}, helm: {{releaseName: x}}}}", {"shop/a.yaml": SECRET})
    assert asked == [("shop", "shop"), ("shop", "other"), ("shop", "shop")]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{repoURL: https://u:pw@charts.example.com, chart: vault}", "https://charts.example.com"),
        ("{repoURL: oci://ghcr.io/a/b, path: .}", "it comes from oci://ghcr.io/a/b"),
        ("{repoURL: https://a.b/c, path: /shop}", "which is absolute"),
        ("{repoURL: https://a.b/c, path: nowhere}", "nowhere is no folder of this repository"),
        ("{repoURL: https://a.b/c, path: shop/db.yaml}", "is no folder of this repository"),
        ("{repoURL: https://a.b/c, path: ../shop}", "../shop is no folder of this repository"),
        ('{repoURL: https://a.b/c, path: "shop/{{ .x }}"}', "its path is only known after"),
        ("{repoURL: https://a.b/c, path: .}", "it may be the top of another repository"),
        ("{repoURL: https://a.b/c}", "it names no path"),
        ("{repoURL: x, path: shop, kustomize: {namePrefix: a-}}", "shop holds no kustomization"),
        ("{repoURL: https://a.b/c, path: shop, plugin: {}}", "a plugin renders it"),
        (
            "{repoURL: x, path: shop, helm: {releaseName: a}, directory: {recurse: true}}",
            "several tools",
        ),
        ("{repoURL: x, path: shop, directory: {include: '[a'}}", "no pattern"),
        ("null", "it names no source of manifests"),
    ],
)
def test_what_is_not_known(source: str, why: str) -> None:
    found = rendered(f"source: {source}", {"shop/db.yaml": SECRET})
    assert found.resources == ()
    (reason,) = found.unknown
    assert why in reason
    assert "pw" not in reason


def test_another_repository() -> None:
    config = '[remote "origin"]\n\turl = git@git.example.com:team/deploy.git\n'
    files = {".git/config": config, "shop/db.yaml": SECRET}
    for url in ("https://mirror.example.com/x/deploy", "cnoe://..", "{{ .repo }}"):
        source = f'source: {{repoURL: "{url}", path: shop}}'
        assert rendered(source, files).resources, url
    other = rendered(
        "source: {repoURL: https://u@git.example.com/team/shop.git, path: shop}", files
    )
    assert other.resources == ()
    assert other.unknown == ("it comes from https://git.example.com/team/shop.git",)
    top = rendered("source: {repoURL: https://x/deploy.git, path: .}", {**files, "a.yaml": STORE})
    assert [r.name for r in top.resources] == ["vault"]


def test_folders_beside_an_application_of_idpbuilder() -> None:
    files = {"apps/shop/manifests/db.yaml": SECRET, "apps/base/db.yaml": SECRET}
    for url, root in (
        ("cnoe://shop/manifests", "apps/shop/manifests"),
        ("cnoe://../apps/base", "apps/base"),
    ):
        assert rendered(f"source: {{repoURL: '{url}', path: .}}", files).root == root


def test_several_sources() -> None:
    spec = """sources:
  - {repoURL: https://charts.example.com, chart: vault, helm: {valueFiles: [$values/a.yaml]}}
  - {repoURL: https://git.example.com/a/b, ref: values}
  - {repoURL: https://git.example.com/a/b, path: shop}
  - {repoURL: https://git.example.com/a/b, path: more, ref: other}
"""
    spec = spec.replace("\n", "\n  ")
    files = {"shop/db.yaml": SECRET, "more/store.yaml": STORE}
    found = argo.render(application(spec), world(files))
    assert [(r.name, r.root) for r in found] == [
        ("Application argocd/shop (source 1)", ""),
        ("Application argocd/shop (source 3)", "shop"),
        ("Application argocd/shop (source 4)", "more"),
    ]
    assert found[0].unknown == ("it installs the chart vault from https://charts.example.com",)


def test_a_source_that_is_hydrated_before() -> None:
    spec = "sourceHydrator: {drySource: {repoURL: https://a.b/c, path: shop}}"
    assert rendered(spec, {"shop/db.yaml": SECRET}).root == "shop"


def test_a_file_that_changes_the_source() -> None:
    files = {"shop/db.yaml": SECRET, "shop/.argocd-source-shop.yaml": "kustomize: {images: [a:1]}"}
    assert [r.name for r in rendered(f"{GIT}}}", files).resources] == ["db"]
    files["shop/.argocd-source-shop.yaml"] = "kustomize: {namespace: other}"
    found = rendered(f"{GIT}}}", files)
    assert found.unknown == ("shop/.argocd-source-shop.yaml changes the source",)
    assert found.resources == ()


CREATES = """syncPolicy:
    managedNamespaceMetadata: {labels: {team: a}}
    syncOptions: [CreateNamespace=true]
  """


def test_the_namespace_that_is_made() -> None:
    secret, made = rendered(f"{CREATES}{GIT}}}", {"shop/db.yaml": SECRET}).resources
    assert (made.kind, made.name, made.title) == ("Namespace", "shop", 'Namespace "shop"')
    assert made.rendering == secret.rendering
    assert made.get("metadata", "labels") == {"team": "a"}
    assert not made.unknown(("metadata", "labels", "team"))
    assert made.unknown(("metadata", "annotations"))
    document, route = made.origin(("metadata", "labels", "team"))
    assert document.span(route).line == 8
    assert made.origin(("metadata", "name"))[1] == ("spec", "destination", "namespace")

    plain = "syncPolicy: {syncOptions: [CreateNamespace=true]}\n  "
    _, made = rendered(f"{plain}{GIT}}}", {"shop/db.yaml": SECRET}).resources
    assert made.unknown(("metadata", "labels", "team"))


def test_a_namespace_that_is_there_is_not_made() -> None:
    there = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"
    files = {"shop/db.yaml": SECRET, "shop/namespace.yaml": there}
    assert len(rendered(f"{CREATES}{GIT}}}", files).resources) == 2
    (space,) = resources(read_text(there, "a.yaml")[0][0])
    del files["shop/namespace.yaml"]
    (found,) = argo.render(application(f"{CREATES}{GIT}}}"), world(files, (space,)))
    assert [r.kind for r in found.resources] == ["ExternalSecret"]


def test_too_many_files_are_not_followed() -> None:
    class Endless(MemoryTree):
        """Every folder holds another one."""

        def real(self, path: str) -> str | None:
            return None if ".git" in path else path

        def is_folder(self, path: str) -> bool:
            return True

        def listing(self, folder: str) -> tuple[str, ...]:
            return ("a", "b", "c")

    tree = Files(Endless({}), wanted=lambda text: True)
    here = World(tree, Renderer(tree), ".", lambda kind, name, namespace: ())
    app = application(f"{GIT}, directory: {{recurse: true}}}}")
    (found,) = argo.render(app, here)
    assert found.resources == ()
    assert found.unknown == ("shop holds more than 20000 files",)


# Real repositories

READ = ("external-secrets.io", "argoproj.io", "kind: Namespace", "kind: Secret")


def of_corpus(root: Path) -> tuple[World, list[Resource]]:
    """Return a repository with its Applications, those that its sets make too."""
    files = Files(FolderTree(root), wanted=lambda text: any(sign in text for sign in READ))
    here = World(files, Renderer(files), ".", lambda kind, name, namespace: ())
    found: list[Resource] = []
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if name.endswith((".yaml", ".yml")):
                for document in files.documents(path).documents:
                    found.extend(resources(document))
            if name == "values.yaml":
                for document in files.documents(path, everything=True).documents:
                    found.extend(argo.chart_values_applications(document))
    made = [r for s in found if argo.is_set(s) for r in argo.applications(s, here)[0]]
    return here, [*filter(argo.is_application, found), *made]


@pytest.mark.parametrize(
    ("repository", "applications", "here"),
    [
        ("operate-first__apps", 123, 60),
        ("knative__infra", 9, 6),
        ("cnoe-io__stacks", 44, 22),
        ("cnoe-io__reference-implementation-aws", 1, 0),
        ("khuedoan__homelab", 31, 31),
        ("konstructio__gitops-template", 526, 0),
        ("alphagov__govuk-helm-charts", 7, 5),
    ],
)
def test_real_applications_are_read(
    shared: Path, repository: str, applications: int, here: int
) -> None:
    there, found = of_corpus(shared / "corpus" / repository)
    renderings = [rendering for app in found for rendering in argo.render(app, there)]

    assert len(found) >= applications
    assert sum(bool(rendering.root) for rendering in renderings) >= here
    for rendering in renderings:
        assert rendering.root or rendering.unknown
        for resource in rendering.resources:
            assert resource.rendering == rendering.name
