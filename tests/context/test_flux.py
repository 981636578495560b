from __future__ import annotations

import textwrap

import pytest
from flux_world import of_texts, place, render, walk

from esolint.context import flux
from esolint.context.rendering import Rendering
from esolint.resource import Resource, known_namespace
from esolint.value import Value

CONSUMER = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  target:
    name: ${APP}-database
  dataFrom:
    - extract:
        key: ${CLUSTER}/database
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: flux-system}
data:
  CLUSTER: prod
"""


def sync(spec: str = "", name: str = "apps") -> str:
    """Write a Kustomization of the folder apps."""
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  path: ./apps
  sourceRef: {{kind: GitRepository, name: flux-system}}
{textwrap.indent(textwrap.dedent(spec), "  ")}"""


def only(rendering: Rendering, kind: str = "ExternalSecret") -> Resource:
    (resource,) = (r for r in rendering.resources if r.kind == kind)
    return resource


def applied(spec: str, **files: str) -> Rendering:
    """Return what a Kustomization with some fields yields of the consumer."""
    texts = {"cluster/apps.yaml": sync(spec), "apps/database.yaml": CONSUMER}
    return render({**texts, **files})


# What is applied


def test_a_folder_without_a_kustomization_is_applied_whole() -> None:
    rendering = render(
        {
            "cluster/apps.yaml": sync(),
            "apps/a/database.yaml": CONSUMER,
            "apps/a/deeper/login.yml": CONSUMER.replace("name: database", "name: login"),
            "apps/b/kustomization.yaml": "resources: [listed.yaml]\nnamespace: b\n",
            "apps/b/listed.yaml": CONSUMER.replace("name: database", "name: listed"),
            "apps/b/left-out.yaml": CONSUMER.replace("name: database", "name: left-out"),
            "apps/notes.txt": CONSUMER,
            "apps/.github/workflow.yaml": CONSUMER,
        }
    )

    assert [(r.name, r.namespace) for r in rendering.resources] == [
        ("database", None),
        ("login", None),
        ("listed", "b"),
    ]
    assert rendering.problems == ()
    assert rendering.files == {
        "apps/a/database.yaml",
        "apps/a/deeper/login.yml",
        "apps/b/kustomization.yaml",
        "apps/b/listed.yaml",
    }


def test_a_rendering_and_its_objects_have_the_name_of_the_kustomization() -> None:
    rendering = applied("suspend: true")

    assert rendering.name == "Kustomization flux-system/apps"
    assert rendering.by is not None
    assert rendering.by.name == "apps"
    assert rendering.root == "apps"
    assert only(rendering).rendering == rendering.name


def test_fields_are_added_to_the_kustomization_of_the_folder() -> None:
    rendering = applied(
        """\
        targetNamespace: shop
        namePrefix: prod-
        components: [../components/labelled]
        patches:
          - patch: |
              apiVersion: external-secrets.io/v1
              kind: ExternalSecret
              metadata: {name: any}
              spec:
                refreshInterval: 5m
            target: {kind: ExternalSecret}
        """,
        **{
            "apps/kustomization.yaml": textwrap.dedent("""\
                resources: [database.yaml]
                namespace: replaced
                nameSuffix: -v2
                patches:
                  - patch: |-
                      - op: add
                        path: /spec/refreshPolicy
                        value: Periodic
                    target: {kind: ExternalSecret}
                """),
            "components/labelled/kustomization.yaml": textwrap.dedent("""\
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                labels: [{pairs: {team: shop}}]
                """),
        },
    )

    consumer = only(rendering)
    assert rendering.problems == ()
    assert (consumer.namespace, consumer.name) == ("shop", "prod-database-v2")
    assert consumer.get("metadata", "labels") == {"team": "shop"}
    assert consumer.get("spec", "refreshInterval") == "5m"
    assert consumer.get("spec", "refreshPolicy") == "Periodic"
    assert place(consumer, "metadata", "namespace") == "cluster/apps.yaml:9"
    assert place(consumer, "spec", "refreshInterval") == "cluster/apps.yaml:18"
    assert place(consumer, "spec", "refreshPolicy") == "apps/kustomization.yaml:8"


def test_a_patch_that_a_parent_brings_stands_in_the_parent() -> None:
    parent = sync(name="root").replace("./apps", "./cluster") + textwrap.indent(
        textwrap.dedent("""\
            patches:
              - target: {kind: Kustomization}
                patch: |
                  apiVersion: kustomize.toolkit.fluxcd.io/v1
                  kind: Kustomization
                  metadata: {name: any}
                  spec:
                    targetNamespace: shop
                    patches:
                      - target: {kind: ExternalSecret}
                        patch: |
                          - op: replace
                            path: /spec/target/name
                            value: patched
            """),
        "  ",
    )
    rendering = render(
        {
            "flux.yaml": parent,
            "cluster/apps.yaml": sync(),
            "apps/database.yaml": CONSUMER,
        }
    )

    consumer = only(rendering)
    assert rendering.problems == ()
    assert consumer.get("spec", "target", "name") == "patched"
    assert place(consumer, "spec", "target", "name") == "flux.yaml:22"
    assert known_namespace(consumer) == "shop"
    assert place(consumer, "metadata", "namespace") == "flux.yaml:16"


def test_files_outside_of_the_folder_may_be_named() -> None:
    rendering = applied("", **{"apps/kustomization.yaml": "resources: [../shared/other.yaml]\n"})
    assert [p.detail for p in rendering.problems] == ["../shared/other.yaml is not there"]

    other = {
        "apps/kustomization.yaml": "resources: [base]\n",
        "apps/base/kustomization.yaml": "resources: [../../shared/other.yaml]\n",
        "shared/other.yaml": CONSUMER,
    }
    rendering = applied("", **other)
    assert rendering.problems == ()
    assert only(rendering).document.path == "shared/other.yaml"


def test_a_component_that_is_missing_is_refused_or_left_out() -> None:
    assert [p.detail for p in applied("components: [../gone]").problems] == [
        "../gone is not a folder here"
    ]
    lenient = applied("components: [../gone]\nignoreMissingComponents: true")
    assert lenient.problems == ()
    assert not only(lenient).unknown(())


def test_common_metadata_is_set_last() -> None:
    consumer = only(
        applied("commonMetadata: {labels: {team: a}, annotations: {note: '${CLUSTER}'}}")
    )

    assert consumer.get("metadata", "labels") == {"team": "a"}
    assert place(consumer, "metadata", "labels", "team") == "cluster/apps.yaml:9"
    assert consumer.unknown(("metadata", "annotations", "note"))


def test_old_patches_are_not_read() -> None:
    assert only(applied("patchesStrategicMerge: [{kind: ExternalSecret}]")).unknown(("spec",))


# Where it lies


@pytest.mark.parametrize(
    ("spec", "folder"),
    [
        ("path: ./apps", "apps"),
        ("path: /apps/", "apps"),
        ("path: ../../apps", "apps"),
        ("path: ./", "."),
        ("prune: true", "."),
        ("path: ./${CLUSTER}", None),
    ],
)
def test_the_path_is_relative_to_the_root(spec: str, folder: str | None) -> None:
    _, (resource,) = of_texts({"a.yaml": sync().replace("path: ./apps", spec)})

    assert flux.path(resource) == folder


GIT = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: {name}, namespace: flux-system}}
spec: {{url: "{url}"}}
"""


@pytest.mark.parametrize(
    ("path", "source", "url", "here"),
    [
        ("./apps", "flux-system", "", True),
        ("./apps", "home-ops", "", True),
        ("./apps", "home-ops", "ssh://git@github.com/me/repo", True),
        ("./apps", "other", "https://github.com/them/charts", False),
        ("./gone", "flux-system", "", False),
        ("./gone", "other", "", False),
        ("./", "flux-system", "", True),
        ("./", "home-ops", "ssh://git@github.com/me/repo.git", True),
        ("./", "other", "", False),
    ],
)
def test_a_folder_that_is_here_is_ours_unless_the_source_says_otherwise(
    path: str, source: str, url: str, here: bool
) -> None:
    files = {
        "apps/database.yaml": CONSUMER,
        "own.yaml": GIT.format(name="flux-system", url="https://github.com/me/repo.git"),
        "cluster/apps.yaml": sync()
        .replace("./apps", path)
        .replace("GitRepository, name: flux-system", f"GitRepository, name: {source}"),
    }
    if url:
        files["source.yaml"] = GIT.format(name=source, url=url)
    around, objects = of_texts(files)
    rendering = flux.render(next(filter(flux.is_kustomization, objects)), around)

    assert rendering is not None
    assert bool(rendering.resources) == here
    assert bool(rendering.unknown) != here
    if not here and source == "other":
        assert "GitRepository other" in rendering.unknown[0]


def test_another_object_is_no_kustomization() -> None:
    around, (consumer,) = of_texts({"a.yaml": CONSUMER})
    assert flux.render(consumer, around) is None


def test_another_cluster_is_named() -> None:
    assert applied("kubeConfig: {secretRef: {name: staging}}").cluster == "staging"


# Variables


def test_variables_are_filled_in_where_they_are_known() -> None:
    rendering = applied(
        """\
        postBuild:
          substitute: {APP: shop}
          substituteFrom: [{kind: ConfigMap, name: settings}]
        """,
        **{"cluster/settings.yaml": SETTINGS},
    )

    consumer = only(rendering)
    key = ("spec", "dataFrom", 0, "extract", "key")
    assert consumer.get("spec", "target", "name") == "shop-database"
    assert not consumer.unknown(("spec", "target", "name"))
    assert consumer.get(*key) == "prod/database"
    assert not consumer.unknown(key)
    assert place(consumer, *key) == "apps/database.yaml:11"
    assert rendering.eaten == ()


@pytest.mark.parametrize(
    ("build", "target", "key"),
    [
        # Nothing is substituted at all.
        ("{}", None, None),
        ("{substitute: {}}", None, None),
        # Its own variables win, then the last source.
        (
            "{substitute: {CLUSTER: own, APP: a}, "
            "substituteFrom: [{kind: ConfigMap, name: settings}]}",
            "a-database",
            "own/database",
        ),
        (
            "{substituteFrom: [{kind: ConfigMap, name: settings}, {kind: ConfigMap, name: later}]}",
            "late-database",
            "late/database",
        ),
        # What a source that is not here may set is not known, unless it is set again.
        (
            "{substituteFrom: [{kind: ConfigMap, name: settings}, {kind: Secret, name: gone}]}",
            None,
            None,
        ),
        (
            "{substituteFrom: [{kind: Secret, name: gone, optional: true}, "
            "{kind: ConfigMap, name: settings}]}",
            None,
            "prod/database",
        ),
        # The keys of a Secret are known, its values are not.
        (
            "{substituteFrom: [{kind: ConfigMap, name: later}, {kind: Secret, name: here}]}",
            None,
            "late/database",
        ),
        ("{substitute: {APP: '${OTHER}', CLUSTER: a}}", None, "a/database"),
    ],
)
def test_which_variables_are_known(build: str, target: str | None, key: str | None) -> None:
    later = SETTINGS.replace("settings", "later").replace("prod", "late\n  APP: late")
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: here}\nstringData: {APP: hidden}\n"
    rendering = applied(
        f"postBuild: {build}",
        **{"a/settings.yaml": SETTINGS, "a/later.yaml": later, "a/secret.yaml": secret},
    )

    consumer = only(rendering)
    assert rendering.eaten == ()
    for route, expected in (
        (("spec", "target", "name"), target),
        (("spec", "dataFrom", 0, "extract", "key"), key),
    ):
        assert consumer.unknown(route) == (expected is None)
        if expected is not None:
            assert consumer.get(*route) == expected
    assert "hidden" not in str(consumer.value)


def test_of_several_that_may_be_meant_only_what_they_agree_about_is_known() -> None:
    other = SETTINGS.replace("prod", "test\n  APP: same")
    rendering = applied(
        "postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}",
        **{"a/settings.yaml": SETTINGS + "  APP: same\n", "b/settings.yaml": other},
    )

    consumer = only(rendering)
    assert consumer.get("spec", "target", "name") == "same-database"
    assert consumer.unknown(("spec", "dataFrom", 0, "extract", "key"))


def filled(text: str, **variables: str) -> tuple[Value, bool]:
    """Return what becomes of a text in a field, and whether it is known."""
    table = "".join(f"\n    {name}: '{value}'" for name, value in variables.items())
    object_ = CONSUMER + textwrap.indent(f"field: {text}\n", "  ")
    consumer = only(applied("postBuild:\n  substitute:" + table, **{"apps/database.yaml": object_}))
    return consumer.get("spec", "field"), not consumer.unknown(("spec", "field"))


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("${X}", "3", 3),
        ('"${X}"', "3", 3),
        ("${X}", "true", True),
        ("${X}", "", None),
        ("${X}", "a: b", "${X}"),
        ("'${X}: c'", "3", "3: c"),
        ("'* ${X}'", "it", "* it"),
        ("${X}", "[a, b]", ["a", "b"]),
        ("v${X}", "3", "v3"),
        ("${X} # ${X}", "3", 3),
        ("'${X}#${X}'", "3", "3#3"),
        ("|\n  a: ${X}\n  b\n", "3", "a: 3\nb\n"),
        ("[a, '${X}']", "3", ["a", 3]),
        ("['${X}']", "a: b", [{"a": "b"}]),
        ("{'${X}': 1}", "key", {"key": 1}),
        ("$${X}", "3", "${X}"),
        ("$$1", "3", "$1"),
        ("${X^^}", "abc", "ABC"),
        ("2026-${X}", "01-01", "2026-01-01"),
    ],
)
def test_a_value_is_read_again_as_yaml(text: str, value: str, expected: Value) -> None:
    assert filled(text, X=value)[0] == expected


def test_what_is_a_placeholder_of_another_tool_stays_one() -> None:
    assert filled("'{{ .user }} ${X}'", X="3") == ("{{ .user }} 3", False)
    assert filled("$${X}", X="3") == ("${X}", False)
    assert filled("'a ${X}'", X="3") == ("a 3", True)


def test_a_key_that_is_filled_in_stands_where_it_stood() -> None:
    consumer = only(
        applied(
            "postBuild: {substitute: {NAME: team, VALUE: a}}",
            **{
                "apps/database.yaml": CONSUMER.replace(
                    "  name: database\n",
                    "  name: database\n  labels:\n    ${NAME}:\n      deep: ${VALUE}\n",
                    1,
                )
            },
        )
    )

    assert consumer.get("metadata", "labels") == {"team": {"deep": "a"}}
    assert place(consumer, "metadata", "labels", "team", "deep") == "apps/database.yaml:7"
    assert not consumer.unknown(("metadata", "labels", "team", "deep"))


def test_what_nobody_sets_is_eaten_and_stays_open() -> None:
    rendering = applied("postBuild: {substitute: {APP: shop}}")

    (eaten,) = rendering.eaten
    assert eaten.resource in rendering.resources
    assert (eaten.route, eaten.variable) == (("spec", "dataFrom", 0, "extract", "key"), "CLUSTER")
    assert only(rendering).unknown(eaten.route)


def test_an_object_can_be_left_out() -> None:
    for part in ("labels", "annotations"):
        marked = CONSUMER.replace(
            "  name: database\n",
            f"  name: database\n  {part}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\n",
            1,
        )
        rendering = applied(
            "postBuild: {substitute: {APP: shop}}", **{"apps/database.yaml": marked}
        )
        assert only(rendering).get("spec", "target", "name") == "${APP}-database"
        assert rendering.eaten == ()


def test_what_flux_refuses_is_named() -> None:
    broken = CONSUMER.replace("${CLUSTER}/", "${CLUSTER.name}/")
    rendering = applied("postBuild: {substitute: {APP: a}}", **{"apps/database.yaml": broken})

    (problem,) = rendering.problems
    assert problem.path == "apps/database.yaml"
    assert problem.span is not None
    assert problem.span.line == 11
    assert "CLUSTER" not in problem.detail
    assert only(rendering).unknown(("spec", "dataFrom", 0, "extract", "key"))


def test_a_text_that_is_left_open_makes_the_object_unknown() -> None:
    broken = CONSUMER.replace("${CLUSTER}/database", "${CLUSTER:=database")
    rendering = applied("postBuild: {substitute: {APP: a}}", **{"apps/database.yaml": broken})

    assert only(rendering).unknown(("spec", "refreshInterval"))
    assert only(rendering).unknown(("spec", "target", "name"))


PARENT = """\
postBuild:
  substituteFrom: [{kind: ConfigMap, name: settings}]
patches:
  - target: {kind: Kustomization}
    patch: |
      apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: any}
      spec:
        targetNamespace: shop-${CLUSTER}
        postBuild:
          substitute: {CLUSTER: "${CLUSTER}"}
        patches:
          - target: {kind: ExternalSecret}
            patch: |
              - op: replace
                path: /spec/target/name
                value: $${APP:=none}-$${CLUSTER}
"""


def cluster(**settings: str) -> dict[str, str]:
    """Return a small cluster: a root that patches the Kustomizations it brings."""
    return {
        "flux/root.yaml": sync(PARENT, "root").replace("./apps", "./cluster"),
        "cluster/settings.yaml": settings.get("settings", SETTINGS),
        "cluster/apps.yaml": sync("postBuild: {substitute: {APP: shop}}").replace(
            "./apps", "./apps/${CLUSTER}"
        ),
        "apps/prod/kustomization.yaml": "resources: [../base]\n",
        "apps/base/kustomization.yaml": "resources: [database.yaml]\n",
        "apps/base/database.yaml": CONSUMER,
    }


def test_a_parent_fills_in_what_its_children_say() -> None:
    rendering = render(cluster())

    consumer = only(rendering)
    assert rendering.problems == ()
    assert rendering.root == "apps/prod"
    assert known_namespace(consumer) == "shop-prod"
    assert consumer.get("spec", "target", "name") == "shop-prod"
    assert not consumer.unknown(("spec", "target", "name"))
    assert consumer.get("spec", "dataFrom", 0, "extract", "key") == "prod/database"
    assert place(consumer, "metadata", "namespace") == "flux/root.yaml:18"
    # The patch is another text than the one that stands there: all of it stands for its parts.
    assert place(consumer, "spec", "target", "name") == "flux/root.yaml:23"


def test_what_a_parent_cannot_fill_in_is_not_known_below() -> None:
    files = cluster()
    del files["cluster/settings.yaml"]
    files["cluster/apps.yaml"] = sync("postBuild: {substitute: {APP: shop}}").replace(
        "./apps", "./apps/prod"
    )
    consumer = only(render(files))

    assert known_namespace(consumer) is None
    assert consumer.unknown(("metadata", "namespace"))
    assert consumer.unknown(("spec", "dataFrom", 0, "extract", "key"))


@pytest.mark.parametrize(
    ("spec", "route"),
    [
        ("namePrefix: ${GONE}-", ("metadata", "name")),
        ("components: ['../${GONE}']", ("spec", "target", "name")),
        (
            "patches: [{target: {kind: '${GONE}'}, patch: '[{op: remove, path: /spec}]'}]",
            ("spec", "target", "name"),
        ),
    ],
)
def test_what_an_unknown_variable_may_change_is_unknown(spec: str, route: tuple[str, ...]) -> None:
    rendering = applied(spec)

    assert only(rendering).unknown(route)
    assert rendering.problems == ()


# Other objects


def test_what_a_kustomization_waits_for() -> None:
    _, (resource,) = of_texts(
        {"a.yaml": sync("dependsOn: [{name: stores}, {name: crds, namespace: other}, {}]")}
    )

    assert flux.dependencies(resource) == (("stores", "flux-system"), ("crds", "other"))


@pytest.mark.parametrize(
    "text",
    [
        """\
        apiVersion: fluxcd.controlplane.io/v1
        kind: FluxInstance
        metadata: {name: flux, namespace: flux-system}
        spec: {sync: {kind: GitRepository, url: "https://x", path: clusters/prod}}
        """,
        """\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: flux-instance}
        spec:
          values: {instance: {sync: {kind: GitRepository, path: ./clusters/prod}}}
        """,
    ],
)
def test_an_instance_names_its_entry_point(text: str) -> None:
    files = {"flux.yaml": textwrap.dedent(text), "clusters/prod/database.yaml": CONSUMER}
    around, objects = of_texts(files)
    (entry,) = (entry for resource in objects for entry in flux.entries(resource))

    assert flux.path(entry) == "clusters/prod"
    (rendering,) = walk([entry], around)
    assert rendering.name == "Kustomization flux-system/flux-system"
    assert only(rendering).name == "database"


def test_other_releases_and_instances_name_none() -> None:
    _, objects = of_texts(
        {
            "a.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
            "metadata: {name: a}\nspec: {values: {instance: {sync: {}}}}\n",
            "b.yaml": sync(),
        }
    )
    assert [entry for resource in objects for entry in flux.entries(resource)] == []


def test_what_a_release_installs() -> None:
    _, (by_chart, by_reference, _) = of_texts(
        {
            "a.yaml": textwrap.dedent("""\
                apiVersion: helm.toolkit.fluxcd.io/v2
                kind: HelmRelease
                metadata: {name: external-secrets, namespace: flux-system}
                spec:
                  targetNamespace: external-secrets
                  chart:
                    spec:
                      chart: external-secrets
                      version: 2.9.x
                      sourceRef: {kind: HelmRepository, name: eso}
                  values: {installCRDs: false}
                  valuesFrom:
                    - {kind: ConfigMap, name: values, targetPath: a.b, optional: true}
                """),
            "b.yaml": textwrap.dedent("""\
                apiVersion: helm.toolkit.fluxcd.io/v2
                kind: HelmRelease
                metadata: {name: eso, namespace: external-secrets}
                spec:
                  releaseName: main
                  storageNamespace: flux-system
                  chartRef: {kind: OCIRepository, name: eso, namespace: flux-system}
                """),
            "c.yaml": CONSUMER,
        }
    )
    release = flux.release(by_chart)
    assert release is not None
    assert release.name == "external-secrets-external-secrets"
    assert (release.chart, release.version) == ("external-secrets", "2.9.x")
    assert release.source == ("HelmRepository", "eso", "flux-system")
    assert (release.namespace, release.storage_namespace) == ("external-secrets", "flux-system")
    assert by_chart.get(*release.values_route) == release.values == {"installCRDs": False}
    assert release.values_from == (("ConfigMap", "values", "values.yaml", "a.b", True),)

    other = flux.release(by_reference)
    assert other is not None
    assert (other.name, other.chart) == ("main", "")
    assert other.source == ("OCIRepository", "eso", "flux-system")
    assert (other.namespace, other.storage_namespace) == ("external-secrets", "flux-system")


def test_only_a_helm_release_is_a_release() -> None:
    _, (resource,) = of_texts({"a.yaml": CONSUMER})
    assert flux.release(resource) is None
