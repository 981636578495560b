from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kustomize_oracle import FolderTree, MemoryTree

from esolint.context.files import Files
from esolint.context.kustomize.render import Renderer
from esolint.context.rendering import Rendering
from esolint.resource import Resource
from esolint.value import Route, parse_route

CONSUMER = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: token
spec:
  refreshInterval: 1h
  secretStoreRef: {name: vault}
  target: {name: token}
  data:
    - secretKey: a
      remoteRef: {key: x}
"""
STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {fake: {data: []}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: anything}
"""
BASE = {
    "base/kustomization.yaml": "resources: [consumer.yaml, store.yaml]\n",
    "base/consumer.yaml": CONSUMER,
    "base/store.yaml": STORE,
}


def render(files: dict[str, str], folder: str = "app") -> Rendering:
    return Renderer(Files(MemoryTree({**BASE, **files}))).render(folder)


def only(rendering: Rendering, kind: str) -> Resource:
    (resource,) = (r for r in rendering.resources if r.kind == kind)
    return resource


def place(resource: Resource, written: str) -> str:
    document, route = resource.origin(parse_route(written))
    return f"{document.path}:{document.span(route).line}"


def complaints(rendering: Rendering) -> list[str]:
    return [
        f"{problem.path}:{problem.span.line if problem.span else 0} {problem.detail}"
        for problem in rendering.problems
    ]


def test_a_namespace_is_set_as_kustomize_does() -> None:
    rendering = render({"app/kustomization.yaml": "resources: [../base]\nnamespace: shop\n"})

    assert only(rendering, "ExternalSecret").namespace == "shop"
    assert only(rendering, "ClusterSecretStore").namespace == "shop"
    assert only(rendering, "Namespace").name == "shop"
    assert only(rendering, "Namespace").namespace is None
    assert place(only(rendering, "ExternalSecret"), "metadata.namespace") == (
        "app/kustomization.yaml:2"
    )
    assert place(only(rendering, "ExternalSecret"), "metadata.name") == "base/consumer.yaml:4"


def test_a_value_stands_where_the_patch_that_brought_it_stands() -> None:
    rendering = render(
        {
            "app/kustomization.yaml": """\
resources: [../base]
patches:
  - path: patch.yaml
  - target: {kind: ExternalSecret}
    patch: |-
      - op: add
        path: /spec/data/0
        value: {secretKey: first}
      - {op: replace, path: /spec/target/name, value: other}
""",
            "app/patch.yaml": """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: token
spec:
  refreshInterval: 2h
  extra:
    deep: 1
""",
        }
    )

    consumer = only(rendering, "ExternalSecret")
    assert rendering.problems == ()
    assert consumer.get("spec", "refreshInterval") == "2h"
    assert place(consumer, "spec.refreshInterval") == "app/patch.yaml:6"
    assert place(consumer, "spec.extra.deep") == "app/patch.yaml:8"
    assert place(consumer, "spec.target.name") == "app/kustomization.yaml:9"
    assert place(consumer, "spec.data[0].secretKey") == "app/kustomization.yaml:8"
    assert consumer.get("spec", "data", 1, "secretKey") == "a"
    assert place(consumer, "spec.data[1].secretKey") == "base/consumer.yaml:10"
    assert place(consumer, "spec.secretStoreRef.name") == "base/consumer.yaml:7"


def test_lists_of_custom_resources_are_replaced_whole() -> None:
    patch = """\
resources: [../base]
patches:
- patch: |-
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: token}
    spec: {data: [{secretKey: b}], target: {creationPolicy: Owner}}
"""
    consumer = only(render({"app/kustomization.yaml": patch}), "ExternalSecret")

    assert consumer.get("spec", "data") == [{"secretKey": "b"}]
    assert consumer.get("spec", "target") == {"name": "token", "creationPolicy": "Owner"}


def test_a_generated_object_has_the_name_that_kustomize_gives_it() -> None:
    rendering = render(
        {
            "app/kustomization.yaml": """\
configMapGenerator:
  - name: settings
    literals: [a=b]
secretGenerator:
  - name: plain
    options: {disableNameSuffixHash: true}
    files: [key=token.txt]
""",
            "app/token.txt": "abc",
        }
    )

    settings, plain = only(rendering, "ConfigMap"), only(rendering, "Secret")
    assert settings.name == "settings-4h2mbtbbt6"
    assert settings.get("data") == {"a": "b"}
    assert place(settings, "metadata.name") == "app/kustomization.yaml:2"
    assert (plain.name, plain.get("data")) == ("plain", {"key": "YWJj"})
    assert place(plain, "data.key") == "app/kustomization.yaml:7"


def test_references_follow_only_where_kustomize_lets_them() -> None:
    rendering = render(
        {
            "app/kustomization.yaml": """\
resources: [../base, account.yaml]
namePrefix: my-
secretGenerator: [{name: pull, literals: [a=b]}]
""",
            "app/account.yaml": """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
imagePullSecrets: [{name: pull}, {name: elsewhere}]
""",
        }
    )

    account = only(rendering, "ServiceAccount")
    secret = only(rendering, "Secret")
    assert only(rendering, "ClusterSecretStore").name == "my-vault"
    assert only(rendering, "ExternalSecret").get("spec", "secretStoreRef", "name") == "vault"
    assert secret.name.startswith("my-pull-")
    assert account.get("imagePullSecrets") == [{"name": secret.name}, {"name": "elsewhere"}]


@pytest.mark.parametrize(
    ("kustomization", "why"),
    [
        ("resources: [../base, 'https://example.com/x.yaml']", "lies elsewhere"),
        ("resources: [../base, github.com/o/r//path?ref=v1]", "lies elsewhere"),
        ("resources: [../base, 'git@example.com:o/r.git']", "lies elsewhere"),
        ("resources: [../base]\nhelmCharts: [{name: x}]", "it inflates Helm charts"),
        ("resources: [../base]\ngenerators: [g.yaml]", "its generators are plugins"),
        ("resources: [../base]\ntransformers: [t.yaml]", "its transformers are plugins"),
    ],
)
def test_what_only_kustomize_knows_is_said(kustomization: str, why: str) -> None:
    rendering = render({"app/kustomization.yaml": kustomization})

    assert len(rendering.unknown) == 1
    assert why in rendering.unknown[0]
    assert rendering.problems == ()
    assert only(rendering, "ExternalSecret").unknown(()) == ("transformers" in kustomization)


@pytest.mark.parametrize(
    ("files", "kind", "route"),
    [
        (
            {
                "app/kustomization.yaml": "resources: [../base]\nvars: [{name: V}]\n",
                "base/consumer.yaml": CONSUMER.replace("key: x", "key: $(V)"),
            },
            "ExternalSecret",
            "spec.data[0].remoteRef.key",
        ),
        (
            {"app/kustomization.yaml": "secretGenerator: [{name: s, files: ['https://x/y']}]\n"},
            "Secret",
            "metadata.name",
        ),
        (
            {
                "app/kustomization.yaml": "resources: [../base]\nreplacements: [{source: {kind: P, "
                "name: p}, targets: [{select: {kind: ExternalSecret}}]}]\n"
            },
            "ExternalSecret",
            "spec",
        ),
    ],
    ids=["a variable", "a hash of what lies elsewhere", "a replacement that kustomize refuses"],
)
def test_a_value_that_is_not_known_is_a_hole(files: dict[str, str], kind: str, route: str) -> None:
    resource = only(render(files), kind)

    assert resource.unknown(parse_route(route))


def test_a_hole_of_the_base_is_closed_by_what_replaces_it() -> None:
    files = {
        "app/kustomization.yaml": "resources: [../base]\nnamespace: shop\n",
        "base/consumer.yaml": CONSUMER.replace("token\n", "token\n  namespace: ${NS}\n", 1),
    }
    before, after = render(files, "base"), render(files)
    route: Route = ("metadata", "namespace")

    assert only(before, "ExternalSecret").unknown(route)
    assert not only(after, "ExternalSecret").unknown(route)


def test_roots_are_what_no_other_names() -> None:
    files = {
        **BASE,
        "a/kustomization.yaml": "resources: [../base]\ncomponents: [../c]\n",
        "b/kustomization.yaml": "bases: [../base]\n",
        "c/kustomization.yaml": "kind: Component\nresources: [x.yaml]\n",
        "d/kustomization.yaml": "kind: Component\nresources: [x.yaml]\n",
    }
    folders = ["base", "a", "b", "c", "d", "missing"]

    assert Renderer(Files(MemoryTree(files))).roots(folders) == ["a", "b"]


def test_nothing_that_was_read_is_changed() -> None:
    files = Files(
        MemoryTree({**BASE, "app/kustomization.yaml": "resources: [../base]\nnamespace: x\n"})
    )
    renderer = Renderer(files)
    once = renderer.render("base")
    renderer.render("app")
    again = Renderer(files).render("base")

    assert [r.value for r in once.resources] == [r.value for r in again.resources]
    assert only(once, "ExternalSecret").namespace is None


BAD = {
    "a circle": (
        {
            "app/kustomization.yaml": "resources: [../base, ../other]\n",
            "other/kustomization.yaml": "resources: [../app]\n",
        },
        "other/kustomization.yaml:1 ../app leads back to a kustomization that names it",
    ),
    "itself": (
        {"app/kustomization.yaml": "resources: [../base, .]\n"},
        "app/kustomization.yaml:1 . leads back to a kustomization that names it",
    ),
    "a folder above": (
        {
            "app/kustomization.yaml": "resources: [../base, ..]\n",
            "kustomization.yaml": "namespace: x\n",
        },
        "app/kustomization.yaml:1 .. leads back to a kustomization that names it",
    ),
    "a file outside the folder": (
        {"app/kustomization.yaml": "resources:\n- ../base\n- ../base/store.yaml\n"},
        "app/kustomization.yaml:3 ../base/store.yaml lies outside the folder of this kustomization",
    ),
    "a file outside the repository": (
        {"app/kustomization.yaml": "resources:\n- ../base\n- ../../x.yaml\n"},
        "app/kustomization.yaml:3 ../../x.yaml is not there",
    ),
    "a file that is missing": (
        {"app/kustomization.yaml": "resources:\n- gone.yaml\n- ../base\n"},
        "app/kustomization.yaml:2 gone.yaml is not there",
    ),
    "a patch file that is missing": (
        {"app/kustomization.yaml": "resources: [../base]\npatches:\n- path: gone.yaml\n"},
        "app/kustomization.yaml:3 gone.yaml is not a file here",
    ),
    "a resource that is no YAML": (
        {
            "app/kustomization.yaml": "resources: [../base, x.yaml]\n",
            "app/x.yaml": "kind: Secret\na: [\n",
        },
        "app/x.yaml:3 while parsing a flow node did not find expected node content",
    ),
    "a patch that is no YAML": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n- path: p.yaml\n",
            "app/p.yaml": "a: b: c\n",
        },
        "app/p.yaml:1 mapping values are not allowed in this context",
    ),
    "a patch that is a text": (
        {"app/kustomization.yaml": "resources: [../base]\npatches:\n- patch: nonsense\n"},
        "app/kustomization.yaml:3 not a patch: no mapping and no list of operations",
    ),
    "a patch in both forms": (
        {"app/kustomization.yaml": "resources: [../base]\npatches:\n- {patch: a, path: b}\n"},
        "app/kustomization.yaml:3 a patch needs one of `path` and `patch`",
    ),
    "a patch for nothing": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n- path: p.yaml\n",
            "app/p.yaml": CONSUMER.replace("name: token", "name: tokn", 1),
        },
        "app/p.yaml:4 nothing here is ExternalSecret tokn",
    ),
    "an operation that does not apply": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n"
            "- target: {kind: ExternalSecret}\n  path: p.yaml\n",
            "app/p.yaml": "- {op: add, path: /spec/x, value: 1}\n- {op: remove, path: /spec/y}\n",
        },
        "app/p.yaml:2 the object has nothing at /spec/y of ExternalSecret token",
    ),
    "an unknown operation": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n"
            "- target: {kind: ExternalSecret}\n  patch: '[{op: put, path: /spec}]'\n"
        },
        "app/kustomization.yaml:4 an operation without a known `op`",
    ),
    "operations without a target": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n"
            "- patch: '[{op: remove, path: /spec}]'\n"
        },
        "app/kustomization.yaml:3 a JSON patch without a target",
    ),
    "a target that is no expression": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n"
            "- target: {name: 'a('}\n  patch: '[{op: remove, path: /spec}]'\n"
        },
        "app/kustomization.yaml:3 'a(' is not a regular expression",
    ),
    "a patch of another shape": (
        {
            "app/kustomization.yaml": "resources: [../base]\npatches:\n- path: p.yaml\n",
            "app/p.yaml": CONSUMER.replace("target: {name: token}", "target: token"),
        },
        "app/p.yaml:8 a scalar for the mapping spec.target in ExternalSecret token",
    ),
    "one object twice": (
        {
            "app/kustomization.yaml": "resources: [../base, again.yaml]\n",
            "app/again.yaml": CONSUMER,
        },
        "app/again.yaml:1 ExternalSecret token is here twice, also at base/consumer.yaml:1",
    ),
    "one namespace for two": (
        {
            "app/kustomization.yaml": "resources: [../base, again.yaml]\nnamespace: one\n",
            "app/again.yaml": CONSUMER.replace(
                "  name: token\n", "  name: token\n  namespace: b\n", 1
            ),
        },
        "app/kustomization.yaml:2 namespace one gives two objects one name: ExternalSecret token",
    ),
    "one key twice": (
        {
            "app/kustomization.yaml": "resources: [../base]\nsecretGenerator:\n"
            "- name: s\n  literals:\n  - a=b\n  - a=c\n"
        },
        "app/kustomization.yaml:6 Secret s gets the key a twice",
    ),
    "nothing to merge with": (
        {
            "app/kustomization.yaml": "resources: [../base]\nsecretGenerator:\n"
            "- {name: s, behavior: merge}\n"
        },
        "app/kustomization.yaml:3 nothing here is Secret s: cannot merge",
    ),
    "a label that is no string": (
        {"app/kustomization.yaml": "resources: [../base]\ncommonLabels:\n  a: yes\n"},
        "app/kustomization.yaml:3 not a string",
    ),
    "a field that is no list": (
        {"app/kustomization.yaml": "resources: [../base]\npatches: {a: b}\n"},
        "app/kustomization.yaml:2 `patches` is not a list",
    ),
    "a replacement without a source": (
        {"app/kustomization.yaml": "resources: [../base]\nreplacements:\n- targets: []\n"},
        "app/kustomization.yaml:3 a replacement without a source",
    ),
    "an empty base": (
        {
            "app/kustomization.yaml": "resources: [../base, ../empty]\n",
            "empty/kustomization.yaml": "kind: Kustomization\n",
        },
        "empty/kustomization.yaml:1 an empty kustomization",
    ),
    "a field that is not known": (
        {"app/kustomization.yaml": "resources: [../base]\nresource: [x]\n"},
        "app/kustomization.yaml:2 kustomize knows no field `resource`",
    ),
    "an object of Flux": (
        {
            "app/kustomization.yaml": "resources: [../base, ../flux]\n",
            "flux/kustomization.yaml": (
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {}\n"
            ),
        },
        "flux/kustomization.yaml:1 not a kustomization: kustomize.toolkit.fluxcd.io/v1"
        " Kustomization",
    ),
    "an object without a name": (
        {
            "app/kustomization.yaml": "resources: [../base, x.yaml]\n",
            "app/x.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {generateName: a-}\n",
        },
        "app/x.yaml:1 an object without a name among the resources",
    ),
    "a component as a base": (
        {
            "app/kustomization.yaml": "resources: [../base, ../c]\n",
            "c/kustomization.yaml": "kind: Component\nnamespace: x\n",
        },
        "app/kustomization.yaml:1 ../c is a component",
    ),
    "a base as a component": (
        {
            "app/kustomization.yaml": "resources: [../base]\ncomponents: [../c]\n",
            "c/kustomization.yaml": "namespace: x\n",
        },
        "app/kustomization.yaml:2 ../c is not of kind Component",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_place_and_the_rest_goes_on(name: str) -> None:
    files, complaint = BAD[name]
    rendering = render(files)

    assert complaint in complaints(rendering)
    assert {r.kind for r in rendering.resources} >= {"ExternalSecret", "ClusterSecretStore"}
    assert all(problem.unread().detail for problem in rendering.problems)


@pytest.mark.parametrize(
    "kustomization",
    [
        "",
        "[]",
        "a: b: c",
        "text",
        "resources: 5",
        "resources: [5, null, {}]",
        "patches: [1, [], {}]",
        "kind: Kustomization\n---\nkind: Kustomization\n",
        "namespace: [a]",
        "labels: [[]]",
        "configMapGenerator: [{name: [a]}, x]",
        "components: [1]",
        "replacements: [x, {path: 1}]",
        "configurations: [{}]",
        "generatorOptions: x",
        "vars: [x]",
        "namePrefix: {a: b}",
    ],
)
def test_no_kustomization_breaks_a_reading(kustomization: str) -> None:
    rendering = render({"app/kustomization.yaml": kustomization})

    assert rendering.root == "app"
    assert rendering.problems or rendering.unknown or not rendering.resources


KEYS = [
    "name",
    "path",
    "patch",
    "target",
    "kind",
    "source",
    "targets",
    "select",
    "pairs",
    "fieldPaths",
    "literals",
    "files",
    "options",
    "metadata",
    "spec",
    "op",
    "$patch",
    "value",
    "create",
    "delimiter",
    "index",
]
SCALARS = st.sampled_from(["", "a", "../base", "x.yaml", "a: b", "[1]", "$patch", None, 1, True])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = [
    "resources",
    "bases",
    "components",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "labels",
    "commonLabels",
    "vars",
    "kind",
    "commonAnnotations",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "configurations",
    "buildMetadata",
]


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4))
def test_whatever_stands_in_a_kustomization_it_can_be_read(fields: dict[str, object]) -> None:
    written = json.dumps({"resources": ["../base"], **fields})

    assert render({"app/kustomization.yaml": written}).root == "app"


def test_symbolic_links_that_run_in_a_circle_are_missing(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    os.symlink("loop.yaml", app / "loop.yaml")
    os.symlink(app, app / "self")
    app.joinpath("kustomization.yaml").write_text(
        "resources:\n- loop.yaml\n- self\n- consumer.yaml\n", encoding="utf-8"
    )
    app.joinpath("consumer.yaml").write_text(CONSUMER, encoding="utf-8")
    rendering = Renderer(Files(FolderTree(tmp_path))).render("app")

    assert complaints(rendering) == [
        "app/kustomization.yaml:2 loop.yaml is not there",
        "app/kustomization.yaml:3 self leads back to a kustomization that names it",
    ]
    assert len(rendering.resources) == 1


def test_a_deep_chain_ends_with_a_problem() -> None:
    files = {f"f{n}/kustomization.yaml": f"resources: [../f{n + 1}]\n" for n in range(400)}
    rendering = render({**files, "f400/kustomization.yaml": "resources: [../base]\n"}, "f0")

    assert any("deeper than" in problem.detail for problem in rendering.problems)
    assert rendering.unknown


def test_each_file_is_read_once_whoever_names_it() -> None:
    files = {
        f"app{n}/kustomization.yaml": f"resources: [../base]\nnamespace: n{n}\n" for n in range(50)
    }
    tree = MemoryTree({**BASE, **files})
    renderer = Renderer(Files(tree))
    names = renderer.roots([f"app{n}" for n in range(50)])
    found = [only(renderer.render(name), "ExternalSecret").namespace for name in names]

    assert found == [f"n{n}" for n in range(50)]
    assert set(tree.reads.values()) == {1}


def test_what_doubles_on_every_level_ends() -> None:
    files: dict[str, str] = {"k40/kustomization.yaml": "resources: [../base]\n"}
    for n in range(40):
        both = f"[../l{n + 1}, ../r{n + 1}]" if n < 39 else "[../k40]"
        files[f"l{n}/kustomization.yaml"] = files[f"r{n}/kustomization.yaml"] = (
            f"resources: {both}\n"
        )
    rendering = render(files, "l0")

    assert any("is here twice" in line for line in complaints(rendering))
    assert len(rendering.resources) == 3


def test_components_that_double_on_every_level_end() -> None:
    files = {"app/kustomization.yaml": "resources: [../base]\ncomponents: [../c0]\n"}
    for n in range(40):
        files[f"c{n}/kustomization.yaml"] = (
            f"kind: Component\ncomponents: [../c{n + 1}, ../c{n + 1}]\n"
        )
    files["c40/kustomization.yaml"] = "kind: Component\nnamespace: x\n"
    rendering = render(files)

    assert any("more than 1000 components" in line for line in complaints(rendering))


def test_copies_of_copies_end() -> None:
    steps = "".join(f"    - {{op: copy, from: /spec, path: /spec/x{n}}}\n" for n in range(60))
    patch = f"- target: {{kind: ExternalSecret}}\n  patch: |\n{steps}"
    replacement = """\
- source: {kind: ExternalSecret, fieldPath: spec.target.name}
  targets:
  - select: {kind: ExternalSecret}
    fieldPaths: [spec.target.name]
    options: {delimiter: '~', index: 9}
"""
    for app in (
        f"resources: [../base]\npatches:\n{patch}",
        f"resources: [../base]\nreplacements:\n{replacement * 60}",
    ):
        rendering = render({"app/kustomization.yaml": app})
        assert only(rendering, "ExternalSecret").unknown(("spec", "target", "name"))
