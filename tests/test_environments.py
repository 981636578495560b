from __future__ import annotations

from collections.abc import Callable, Mapping

from esolint import engine, locate
from esolint.diagnostic import Diagnostic
from esolint.engine import ActiveRule
from esolint.environments import Settings, Surroundings, surroundings
from esolint.graph import Environment, Found, Missing
from esolint.model.consumer import store_uses
from esolint.repository import Input, Repository, read
from esolint.rule import load_rules

STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: %s}
spec: {provider: {vault: {server: "https://vault.example.com"}}}
"""
SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s}
spec:
  refreshInterval: "0"
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  dataFrom: [{extract: {key: app}}]
"""


def repository(files: Mapping[str, str]) -> Repository:
    return read(Input(path, text.encode()) for path, text in files.items())


def around(
    files: Mapping[str, str], named: Mapping[str, Callable[[str], bool]] | None = None
) -> Surroundings:
    return surroundings(repository(files), Settings(named=named or {}))


def objects(env: Environment) -> list[tuple[str, str | None, str]]:
    return [(r.rendering, r.namespace, r.name) for r in env.resources if r.is_eso]


def found(files: Mapping[str, str], rule: str) -> list[Diagnostic]:
    whole = repository(files)
    active = ActiveRule(load_rules()[rule], load_rules()[rule].defaults())
    located = engine.check(whole, surroundings(whole).environments, [active])
    return locate.diagnostics(located, whole.objects)


OVERLAYS = {
    "base/kustomization.yaml": "resources: [secret.yaml]",
    "base/secret.yaml": SECRET % "app",
    "dev/kustomization.yaml": "namespace: dev\nresources: [../base]",
    "prod/kustomization.yaml": "namespace: prod\nnamePrefix: big-\nresources: [../base]",
}


def test_objects_are_seen_as_they_are_rendered() -> None:
    (env,) = around(OVERLAYS).environments

    assert objects(env) == [("dev", "dev", "app"), ("prod", "prod", "big-app")]
    assert (env.name, env.certain) == ("repository", False)


def test_what_several_renderings_show_is_one_finding_at_the_source() -> None:
    (finding,) = found(OVERLAYS, "refresh-interval-zero")

    assert finding.place.path == "base/secret.yaml"
    assert finding.resource is not None
    assert (finding.resource.namespace, finding.resource.name) == (None, "app")


def test_a_patched_value_is_shown_where_the_patch_stands() -> None:
    patch = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app}\n"
    files = {
        **OVERLAYS,
        "base/secret.yaml": (SECRET % "app").replace('"0"', "1h"),
        "dev/kustomization.yaml": "resources: [../base]\npatches: [{path: never.yaml}]",
        "dev/never.yaml": patch + 'spec: {refreshInterval: "0"}\n',
    }

    (finding,) = found(files, "refresh-interval-zero")

    assert (finding.place.path, finding.place.span.line) == ("dev/never.yaml", 4)


def test_a_fault_of_the_base_that_every_overlay_corrects_is_none() -> None:
    patch = "[{op: replace, path: /spec/refreshInterval, value: 1h}]"
    corrected = f"patches: [{{target: {{kind: ExternalSecret}}, patch: '{patch}'}}]\n"
    files = {path: text + "\n" + corrected for path, text in OVERLAYS.items() if "base" not in path}

    assert found({**OVERLAYS, **files}, "refresh-interval-zero") == []


def test_a_file_that_no_kustomization_lists_feeds_no_rule() -> None:
    files = {**OVERLAYS, "base/other.yaml": SECRET % "other"}

    (env,) = around(files).environments

    assert [resource.name for resource in env.undeployed] == ["other"]
    assert "other" not in [resource.name for resource in env.resources]
    assert [d.place.path for d in found(files, "refresh-interval-zero")] == ["base/secret.yaml"]


def test_the_configuration_says_what_lives_together() -> None:
    files = {
        **OVERLAYS,
        "dev/store.yaml": STORE % "vault",
        "dev/kustomization.yaml": "namespace: dev\nresources: [../base, store.yaml]",
        "plain/store.yaml": STORE % "other",
    }
    named = {
        "development": lambda path: path.startswith("dev"),
        "production": lambda path: path.startswith("prod"),
    }

    there = around(files, named)
    development, production, rest = there.environments

    assert [env.name for env in there.environments] == ["development", "production", "repository"]
    assert (development.certain, production.certain, rest.certain) == (True, True, False)
    (use,) = store_uses(production.of_kind("ExternalSecret")[0])
    missing = production.resolve(use)
    assert isinstance(missing, Missing)
    assert [store.rendering for store in missing.other_cluster] == ["dev"]
    assert [store.name for store in production.elsewhere] == ["other"]


def test_what_nobody_claims_may_live_anywhere() -> None:
    files = {**OVERLAYS, "bootstrap/store.yaml": STORE % "vault"}

    production, _ = around(files, {"production": lambda path: path == "prod"}).environments
    (use,) = store_uses(production.of_kind("ExternalSecret")[0])

    assert not isinstance(production.resolve(use), Missing)


def test_what_kustomize_refuses_is_named() -> None:
    files = {**OVERLAYS, "dev/kustomization.yaml": "resources: [../base, ../absent]"}

    (problem,) = around(files).problems

    assert (problem.path, problem.reason) == ("dev/kustomization.yaml", "kustomization")
    assert problem.detail == "../absent is not there"


def test_without_anything_that_deploys_each_folder_stands_as_it_is() -> None:
    (env,) = around({"a/secret.yaml": SECRET % "a", "b/secret.yaml": SECRET % "b"}).environments

    assert [rendering.root for rendering in env.renderings] == ["a", "b"]
    assert objects(env) == [("", None, "a"), ("", None, "b")]


# What deploys

SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec: {path: %s, sourceRef: {kind: GitRepository, name: %s}}
"""
SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: %s, namespace: flux-system}
spec: {url: "https://git.example.com/%s"}
"""
FLUX = {
    "clusters/prod/flux-system/gotk-sync.yaml": SYNC
    % ("flux-system", "clusters/prod", "flux-system")
    + "---\n"
    + SOURCE % ("flux-system", "fleet"),
    "clusters/prod/apps.yaml": SYNC % ("apps", "apps", "flux-system"),
    "apps/es.yaml": SECRET % "app",
    "apps/store.yaml": STORE % "vault",
}
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: external-secrets, namespace: external-secrets}
spec:
  chart:
    spec:
      chart: external-secrets
      version: 2.8.0
      sourceRef: {kind: HelmRepository, name: external-secrets}
"""


def names(files: Mapping[str, str]) -> list[str]:
    return [env.name for env in around(files).environments]


def test_the_top_of_another_repository_holds_nothing_of_this_one() -> None:
    tenant = SYNC % ("team", "./", "team") + "---\n" + SOURCE % ("team", "team")
    assert names({**FLUX, "clusters/prod/team.yaml": tenant}) == ["clusters/prod"]


def test_what_is_listed_nowhere_is_told_although_a_cluster_claims_all_else() -> None:
    listed = {"apps/kustomization.yaml": "resources: [es.yaml]"}
    (finding,) = found({**FLUX, **listed}, "manifest-not-deployed")
    assert finding.place.path == "apps/store.yaml"


def test_what_no_cluster_claims_has_the_version_of_all_clusters() -> None:
    files = {**FLUX, "apps/release.yaml": RELEASE, "tenants/es.yaml": SECRET % "tenant"}
    versions = {env.name: str(env.eso_version) for env in around(files).environments}
    assert versions == {"clusters/prod": "2.8", "repository": "2.8"}


def test_a_kustomization_may_name_another_cluster() -> None:
    files = {**FLUX, "edge/es.yaml": SECRET % "app"}
    files["clusters/prod/edge.yaml"] = (SYNC % ("edge", "edge", "flux-system")).replace(
        "spec: {", "spec: {kubeConfig: {secretRef: {name: edge}}, "
    )
    assert names(files) == ["clusters/prod", "edge of clusters/prod"]
    assert [f.environments for f in found(files, "store-not-found")] == [("edge of clusters/prod",)]


SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  generators: [{clusters: {}}]
  template:
    metadata: {name: "{{name}}-app"}
    spec:
      source: {repoURL: "https://git.example.com/gitops", path: apps}
      destination: {name: "{{name}}", namespace: shop}
"""


def test_what_goes_to_clusters_that_nobody_knows_may_live_anywhere() -> None:
    files = {"sets/apps.yaml": SET, "apps/es.yaml": SECRET % "app"}
    (env,) = around(files).environments
    assert (env.name, env.certain) == ("repository", False)
    assert objects(env) == [("Application argocd/{{name}}-app (1)", "shop", "app")]


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app, namespace: argocd}
spec:
  source: {repoURL: "https://git.example.com/gitops", path: chart}
  destination: {name: in-cluster, namespace: shop}
"""


def test_a_template_that_is_yaml_as_it_stands_may_name_the_namespace_of_its_release() -> None:
    secret = (SECRET % "app").replace(
        "{name: app}", "\n  name: app\n  namespace: {{ .Release.Namespace }}"
    )
    chart = {"chart/Chart.yaml": "name: app\nversion: 1.0.0\n", "chart/templates/es.yaml": secret}
    (env,) = around({"apps/app.yaml": APPLICATION, **chart}).environments
    assert objects(env) == [("Application argocd/app", "shop", "app")]
    assert not env.resources[-1].unknown(("metadata", "namespace"))


def test_what_flux_brings_of_argo_cd_is_on_one_cluster() -> None:
    source = "sourceRef: {kind: GitRepository, name: flux-system}"
    sync = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: flux-system, namespace: flux-system}\n"
        f"spec: {{path: ./clusters/one, prune: true, {source}}}\n"
    )
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        "metadata: {name: shop, namespace: argocd}\n"
        "spec:\n"
        "  source: {repoURL: 'https://git.example.com/x', path: apps/shop}\n"
        "  destination: {server: 'https://kubernetes.default.svc', namespace: shop}\n"
    )
    files = {
        "clusters/one/sync.yaml": sync,
        "clusters/one/shop.yaml": application,
        "apps/shop/secret.yaml": SECRET % "shop",
    }

    (env,) = around(files).environments

    assert env.name == "clusters/one"
    assert objects(env) == [("Application argocd/shop", "shop", "shop")]


def test_a_store_that_may_be_here_too_is_found_in_its_namespace() -> None:
    local = (STORE % "vault").replace("Cluster", "")
    secret = (SECRET % "app").replace(", kind: ClusterSecretStore", "")
    files = {
        "prod/kustomization.yaml": "resources: [secret.yaml, store.yaml]",
        "prod/secret.yaml": secret.replace("name: app}", "name: app, namespace: shop}"),
        "prod/store.yaml": local.replace("name: vault}", "name: vault, namespace: billing}"),
        "bootstrap/store.yaml": local.replace("name: vault}", "name: vault, namespace: shop}"),
    }

    production, _ = around(files, {"production": lambda path: path == "prod"}).environments
    (use,) = store_uses(production.of_kind("ExternalSecret")[0])
    found = production.resolve(use)

    assert isinstance(found, Found)
    assert [store.document.path for store in found.resources] == ["bootstrap/store.yaml"]


def test_what_is_written_holds_for_no_one_of_several_clusters() -> None:
    files = {
        **OVERLAYS,
        "test/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: x}\n"
        "stringData: {password: Tr0ub4dor-and-3-more}\n",
    }
    whole = repository(files)
    named = {name: lambda path, name=name: path == name for name in ("dev", "prod")}
    rule = load_rules()["secret-value-in-git"]
    environments = surroundings(whole, Settings(named=named)).environments

    (located,) = engine.check(whole, environments, [ActiveRule(rule, rule.defaults())])

    assert located.environments == ()
