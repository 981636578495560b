"""ApplicationSets: the Applications that files alone decide, and where their parts stand."""

from __future__ import annotations

import pytest
from kustomize_oracle import MemoryTree

from esolint.context import argo
from esolint.context.argo.globs import DOUBLESTAR, GOBWAS, PATH_MATCH, PATHSPEC, Syntax, matcher
from esolint.context.argo.template import Params, fill
from esolint.context.files import Files
from esolint.context.kustomize.render import Renderer
from esolint.context.rendering import World
from esolint.resource import Resource, resources
from esolint.source import read_text
from esolint.value import Route, Value, walk

TEMPLATE = """
  template:
    metadata: {name: '{{path.basename}}', labels: {app: '{{ path.basename }}-1'}}
    spec:
      source: {repoURL: https://git.example.com/a/b, path: '{{path}}'}
      destination: {name: in-cluster, namespace: '{{path[1]}}'}
"""
GO_TEMPLATE = """
  goTemplate: true
  template:
    metadata: {name: '{{ .name }}'}
    spec:
      source: {repoURL: https://git.example.com/a/b, path: 'apps/{{ .name }}'}
      destination: {name: '{{ .cluster }}', namespace: '{{ .values.space }}'}
"""
FOLDERS = {f"apps/{name}/a.yaml": "" for name in ("api", "web", ".hidden", "web/in")}
GIT = "git: {repoURL: https://git.example.com/a/b, "


def world(files: dict[str, str]) -> World:
    tree = Files(MemoryTree(files), wanted=lambda text: True)
    return World(tree, Renderer(tree), ".", lambda kind, name, namespace: ())


def applicationset(generators: str, template: str = TEMPLATE) -> Resource:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
        f"metadata: {{name: all, namespace: argocd}}\nspec:{template}  generators:\n{generators}\n"
    )
    documents, unread = read_text(text, "sets/all.yaml")
    assert not unread
    return next(resources(documents[0]))


def made(
    generators: str, files: dict[str, str] | None = None, template: str = TEMPLATE
) -> tuple[list[Resource], tuple[str, ...]]:
    found, unknown = argo.applications(applicationset(generators, template), world(files or {}))
    return list(found), unknown


def names(found: list[Resource]) -> list[str]:
    return sorted(resource.name for resource in found)


def test_folders() -> None:
    (api, web), unknown = made(f"  - {GIT}directories: [{{path: apps/*}}]}}", FOLDERS)
    assert unknown == ()
    assert (api.kind, api.api_version) == ("Application", "argoproj.io/v1alpha1")
    assert (api.name, api.namespace) == ("api", "argocd")
    assert api.get("metadata", "labels", "app") == "api-1"
    assert web.get("spec", "source", "path") == "apps/web"
    assert web.get("spec", "destination", "namespace") == "web"
    assert not web.unknown(("spec", "source", "path"))
    assert not web.unknown(("metadata", "name"))
    document, route = web.origin(("spec", "source", "path"))
    assert route == ("spec", "template", "spec", "source", "path")
    assert document.span(route).line == 8
    assert web.origin(("metadata", "namespace"))[1] == ("metadata", "namespace")
    assert (web.document, web.base) == (document, ("spec", "template"))


def test_an_application_that_is_made_is_rendered() -> None:
    secret = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db}}"
    files = {"apps/web/db.yaml": secret, "apps/api/db.yaml": secret}
    here = world(files)
    found, _ = argo.applications(
        applicationset(f"  - {GIT}directories: [{{path: apps/*}}]}}"), here
    )
    renderings = [rendering for each in found for rendering in argo.render(each, here)]
    assert [r.name for r in renderings] == ["Application argocd/api", "Application argocd/web"]
    for rendering in renderings:
        (resource,) = rendering.resources
        assert rendering.cluster == ""
        assert resource.namespace == rendering.root.rpartition("/")[2]
        assert not resource.unknown(("metadata", "namespace"))


@pytest.mark.parametrize(
    ("directories", "expected"),
    [
        ("{path: apps/*}, {path: apps/w*, exclude: true}", ["api"]),
        ("{path: apps/*/*}", ["in"]),
        ("{path: '*/[ab]*'}", ["api"]),
        ("{path: apps/web}, {path: apps/web/in}", ["in", "web"]),
        ("{path: '*'}", ["apps"]),
    ],
)
def test_which_folders(directories: str, expected: list[str]) -> None:
    found, unknown = made(f"  - {GIT}directories: [{directories}]}}", FOLDERS)
    assert names(found) == expected
    assert unknown == ()


def test_a_name_that_is_not_there_leaves_a_hole() -> None:
    generators = """\
  - list:
      elements:
        - {name: web, values: {space: "${X}"}}
        - {name: api, cluster: prod, values: {space: a}}
"""
    found, unknown = made(generators, template=GO_TEMPLATE)
    assert found == []
    assert unknown == ("ApplicationSet all: a parameter is only known after rendering",)

    found, unknown = made(generators.replace("${X}", "b"), template=GO_TEMPLATE)
    assert unknown == ()
    web, api = found
    assert web.get("spec", "destination") == {"name": "{{ .cluster }}", "namespace": "b"}
    assert web.unknown(("spec", "destination", "name"))
    assert not web.unknown(("spec", "destination", "namespace"))
    assert not api.unknown(("spec", "destination", "name"))


def test_names_that_are_not_known_are_told_apart() -> None:
    template = TEMPLATE.replace("name: '{{path.basename}}'", "name: '{{ cluster }}'")
    found, _ = made(f"  - {GIT}directories: [{{path: apps/*}}]}}", FOLDERS, template)
    assert names(found) == ["{{ cluster }} (1)", "{{ cluster }} (2)"]
    assert all(each.unknown(("metadata", "name")) for each in found)


def test_files() -> None:
    files = {
        "envs/a/config.json": '{"cluster": {"name": "east", "size": 3}, "tags": ["x"]}',
        "envs/b/config.yaml": "- cluster: {name: west}\n- cluster: {name: '<X>'}\n",
        "envs/b/other.txt": "",
    }
    template = """
  template:
    metadata: {name: '{{cluster.name}}-{{path.basename}}-{{path.filenameNormalized}}'}
    spec: {project: '{{tags.0}}{{cluster.size}}'}
"""
    found, unknown = made(f"  - {GIT}files: [{{path: envs/*/config.*}}]}}", files, template)
    assert unknown == ()
    east, west, hole = found
    assert (east.name, east.get("spec", "project")) == ("east-a-config.json", "x3")
    assert west.name == "west-b-config.yaml"
    assert hole.unknown(("metadata", "name"))


def test_files_that_hang_on_a_setting() -> None:
    files = {"envs/a.json": "{}", "envs/deep/b.json": "{}", "envs/c.json": "{}"}
    template = TEMPLATE.replace("path.basename", "path.filename")
    generators = f"  - {GIT}files: [{{path: 'envs/*.json'}}, {{path: envs/c*, exclude: true}}]}}"
    found, unknown = made(generators, files, template)
    assert names(found) == ["a.json"]
    assert unknown == (
        "ApplicationSet all: the files that it reads hang on how Argo CD is set to find them",
    )
    found, unknown = made(f"  - {GIT}files: [{{path: envs/deep/b.json}}]}}", files, template)
    assert (names(found), unknown) == (["b.json"], ())


def test_values_and_a_prefix_for_paths() -> None:
    template = """
  template:
    metadata: {name: '{{values.id}}-{{app.path.basenameNormalized}}'}
    spec: {}
"""
    generators = (
        f"  - {GIT}pathParamPrefix: app, values: {{id: 'x-{{{{app.path[0]}}}}'}},"
        " directories: [{path: apps/api}]}"
    )
    found, _ = made(generators, FOLDERS, template)
    assert names(found) == ["x-apps-api"]
    go = template.replace("{{values", "{{.values").replace("{{app", "{{.app")
    generators = generators.replace("{{app.path[0]}}", "{{index .app.path.segments 0}}")
    found, _ = made(generators, FOLDERS, f"\n  goTemplate: true{go}")
    assert names(found) == ["x-apps-api"]


MATRIX = """\
  - matrix:
      generators:
        - list:
            elements: [{env: dev, folder: apps}, {env: prod, folder: apps}]
        - git:
            repoURL: https://git.example.com/a/b
            directories: [{path: '{{folder}}/*'}]
"""


def test_a_matrix() -> None:
    template = TEMPLATE.replace("name: '{{path", "name: '{{env}}-{{path")
    found, unknown = made(MATRIX, FOLDERS, template)
    assert unknown == ()
    assert names(found) == ["dev-api", "dev-web", "prod-api", "prod-web"]
    go = "\n  goTemplate: true\n  template: {metadata: {name: '{{.env}}-{{.path.basename}}'}}\n"
    found, _ = made(MATRIX.replace("{{folder}}", "{{ .folder }}"), FOLDERS, go)
    assert names(found) == ["dev-api", "dev-web", "prod-api", "prod-web"]


def test_a_matrix_of_what_is_not_known_is_none() -> None:
    generators = MATRIX.replace("list:", "plugin:").replace("elements:", "values:")
    found, unknown = made(generators + f"  - {GIT}directories: [{{path: apps/*}}]}}", FOLDERS)
    assert names(found) == ["api", "web"]
    assert unknown == ("ApplicationSet all: its generator plugin asks a service",)


@pytest.mark.parametrize("generator", ["clusters", "clusterDecisionResource"])
def test_one_application_stands_for_those_of_all_clusters(generator: str) -> None:
    generators = f"""\
  - matrix:
      generators:
        - {generator}: {{values: {{space: shop, of: '{{{{name}}}}'}}}}
        - {GIT}directories: [{{path: apps/*}}]}}
"""
    template = """
  template:
    metadata: {name: '{{name}}-{{path.basename}}'}
    spec:
      source: {repoURL: https://git.example.com/a/repo, path: '{{path}}'}
      destination: {name: '{{name}}', namespace: '{{values.space}}'}
"""
    found, unknown = made(generators, FOLDERS, template)
    assert unknown == ()
    assert [each.get("spec", "source", "path") for each in found] == ["apps/api", "apps/web"]
    assert {each.get("spec", "destination", "namespace") for each in found} == {"shop"}
    assert all(each.unknown(("spec", "destination", "name")) for each in found)


def test_a_folder_of_a_cluster_that_nobody_knows_is_not_known() -> None:
    generators = f"""\
  - matrix:
      generators:
        - clusters: {{}}
        - {GIT}directories: [{{path: 'apps/{{{{name}}}}/*'}}]}}
"""
    found, unknown = made(generators, FOLDERS)
    assert found == []
    assert unknown == ("ApplicationSet all: a path of its git generator is no pattern",)


def test_a_merge() -> None:
    generators = """\
  - merge:
      mergeKeys: [name]
      generators:
        - list: {elements: [{name: a, values: {space: x}}, {name: b, values: {space: y}}]}
        - list: {elements: [{name: b, cluster: prod, values: {space: z}}, {name: c}]}
"""
    found, unknown = made(generators, template=GO_TEMPLATE)
    assert unknown == ()
    assert [each.get("spec", "destination", "namespace") for each in found] == ["x", "z"]
    assert found[1].get("spec", "destination", "name") == "prod"


@pytest.mark.parametrize(
    ("generators", "why"),
    [
        ("  - pullRequest: {github: {owner: a, repo: b}}", "its generator pullRequest asks"),
        ("  - dice: {}", "a generator of another kind"),
        ("  - list: {elements: [{name: 1}]}", "holds more than texts"),
        ("  - list: {elementsYaml: '[]'}", "comes from a template"),
        ("  - list: {elements: [], template: {metadata: {name: a}}}", "changes the template"),
        ("  - list: {elements: []}\n    selector: {matchLabels: {a: b}}", "a selector picks"),
        (f"  - {GIT}directories: [{{path: nowhere/*}}]}}", "nothing in this repository is what"),
        (f"  - {GIT}directories: [{{path: 'apps/[a'}}]}}", "no pattern"),
        (f"  - {GIT}directories: [{{path: '{{{{x}}}}/*'}}]}}", "no pattern"),
        (f"  - {GIT}files: [{{path: apps}}]}}", "reads the folder apps"),
        (f"  - {GIT}files: [{{path: bad.yaml}}]}}", "bad.yaml cannot be read"),
        (f"  - {GIT}files: [{{path: text.yaml}}]}}", "text.yaml is no mapping"),
        ("  - matrix: {generators: [{list: {elements: []}}]}", "less than two generators"),
        (
            "  - matrix: {generators: [{list: {elements: [{a: v}]}},"
            " {list: {elements: [{a: w}]}}]}",
            "contradict each other",
        ),
        ("  - merge: {generators: [{list: {}}, {list: {}}]}", "lacks generators or keys"),
        (
            "  - merge: {mergeKeys: [a], generators: [{list: {}},"
            " {list: {elements: [{a: x}, {a: x}]}}]}",
            "are not unique",
        ),
    ],
)
def test_generators_that_are_not_read(generators: str, why: str) -> None:
    files = {**FOLDERS, "bad.yaml": "a: b: c", "text.yaml": "text"}
    found, unknown = made(generators, files)
    assert found == []
    (reason,) = unknown
    assert why in reason


def test_another_repository() -> None:
    files = {**FOLDERS, ".git/config": '[remote "origin"]\n  url = https://x/deploy.git\n'}
    found, unknown = made(f"  - {GIT}directories: [{{path: apps/*}}]}}", files)
    assert found == []
    assert unknown == ("ApplicationSet all: it reads https://git.example.com/a/b",)


def test_a_patch_of_the_template_may_change_anything() -> None:
    template = TEMPLATE + "  templatePatch: 'spec: {}'\n"
    found, _ = made(f"  - {GIT}directories: [{{path: apps/*}}]}}", FOLDERS, template)
    assert found[0].unknown(("spec", "source", "path"))
    assert found[0].unknown(("metadata", "name"))


def test_a_million_combinations_are_not_followed() -> None:
    lists = [", ".join(f"{{{key}: v{i}}}" for i in range(1000)) for key in "ab"]
    one, other = (f"{{list: {{elements: [{elements}]}}}}" for elements in lists)
    generators = f"  - matrix: {{generators: [{one}, {other}]}}"
    found, unknown = made(generators)
    assert found == []
    (why,) = unknown
    assert "more than 20000 sets of parameters" in why
    ballast = f"{{list: {{elements: [], values: [{lists[0]}]}}}}"
    _, (why,) = made(f"  - matrix: {{generators: [{one}, {ballast}]}}")
    assert "look at too much to be followed" in why

    deep = "{list: {elements: [{a: b}]}}"
    for _ in range(20):
        deep = f"{{matrix: {{generators: [{deep}, {deep if len(deep) < 5000 else '{list: {}}'}]}}}}"
    found, unknown = made(f"  - {deep}")
    assert found == []
    assert len(unknown) == 1


PARAMS: Params = {
    "name": "Web",
    "n": 8080,
    "large": 10_000_000,
    "flag": True,
    "path": {"path": "a/b", "segments": ["a", "b"], "my-key": "k"},
    "left": "{{ x }}",
}


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("plain", "plain"),
        ("{{.name}}", "Web"),
        ("a-{{ .path.path }}-{{.n}}-{{.flag}}", "a-a/b-8080-true"),
        ("a {{- .name -}} b", "aWebb"),
        ("a {{-.name}} b", None),
        ("{{ index .path.segments 1 }}", "b"),
        ('{{ index .path "my-key" }}', "k"),
        ("{{ index .path.segments 2 }}", None),
        ("{{ .name | lower }}", "web"),
        ("{{ lower .name | upper }}", "WEB"),
        ("{{ normalize .path.path }}", "a-b"),
        ("{{ .missing }}", None),
        ("{{ .large }}", None),
        ("{{ .path }}", None),
        ("{{ .left }}", None),
        ("{{ name }}", None),
        ('{{ default "a" .name }}', None),
        ("{{ if .name }}a{{ end }}", None),
        ("{{ .name", None),
        ("{{ .name | dig }}", None),
    ],
)
def test_go_templates(written: str, filled: str | None) -> None:
    assert fill(written, PARAMS, go=True) == filled


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("{{name}}-{{ name }}", "Web-Web"),
        ("{{path.basename}}", "b"),
        ("{{path[0]}}", "a"),
        ("{{.name}}", None),
        ("{{name", None),
        ("{{}}", None),
        ("{ {name} }", "{ {name} }"),
    ],
)
def test_names_between_braces(written: str, filled: str | None) -> None:
    params: dict[str, Value] = {"name": "Web", "path.basename": "b", "path[0]": "a"}
    assert fill(written, params, go=False) == filled


@pytest.mark.parametrize(
    ("syntax", "pattern", "fits", "fits_not"),
    [
        (GOBWAS, "*.yaml", ("a.yaml", "a/b.yaml"), ("a.yml",)),
        (GOBWAS, "{a,b*}/?.json", ("a/x.json", "b/c/x.json"), ("c/x.json", "a/xx.json")),
        (GOBWAS, "{*.yml,*.yaml}", ("a/x.yml",), ("x.json",)),
        (GOBWAS, "[!a-c]x", ("dx",), ("ax", "x")),
        (GOBWAS, r"\*", ("*",), ("a",)),
        (PATH_MATCH, "apps/*", ("apps/a",), ("apps/a/b", "apps")),
        (PATH_MATCH, "{a,b}", ("{a,b}",), ("a",)),
        (PATH_MATCH, "a[^b]", ("ac",), ("ab", "a/")),
        (PATHSPEC, "a/*.json", ("a/b.json", "a/b/c.json"), ("b.json",)),
        (DOUBLESTAR, "a/**/*.json", ("a/b.json", "a/b/c/d.json"), ("b/a.json",)),
        (DOUBLESTAR, "a/**", ("a/b", "a/b/c"), ("b",)),
        (DOUBLESTAR, "a/*.{json,yaml}", ("a/b.json", "a/c.yaml"), ("a/b/c.json",)),
    ],
)
def test_patterns(
    syntax: Syntax, pattern: str, fits: tuple[str, ...], fits_not: tuple[str, ...]
) -> None:
    test = matcher(pattern, syntax)
    assert test is not None
    assert [path for path in fits if not test(path)] == []
    assert [path for path in fits_not if test(path)] == []


@pytest.mark.parametrize("pattern", ["{a", "[a", "a\\", "*" * 2000, "[z-a]"])
def test_what_is_no_pattern(pattern: str) -> None:
    assert matcher(pattern, GOBWAS) is None


VALUES = """\
argocd-apps:
  applicationsets:
    root:
      namespace: argocd
      generators:
        - git: {repoURL: http://git/b, directories: [{path: apps/*}]}
      template:
        metadata: {name: '{{path.basename}}'}
        spec: {source: {path: '{{path}}'}, destination: {namespace: a}}
  applications:
    - {name: old, source: {path: apps/web}}
    - {source: {path: apps/api}}
other:
  applications: {a: {source: {path: b}}}
"""


def test_the_values_of_the_chart_argocd_apps() -> None:
    ((document,), _) = read_text(VALUES, "argocd/values.yaml")
    single, several = argo.chart_values_applications(document)
    assert argo.is_application(single)
    assert (single.name, single.namespace) == ("old", None)
    assert single.get("spec", "source", "path") == "apps/web"
    assert argo.is_set(several)
    assert (several.name, several.namespace, several.title) == ("root", "argocd", several.title)
    (api, web), _ = argo.applications(several, world(FOLDERS))
    assert (api.name, web.get("spec", "source", "path")) == ("api", "apps/web")
    place, route = web.origin(("spec", "source", "path"))
    assert (place.path, place.span(route).line) == ("argocd/values.yaml", 9)
    assert not argo.chart_values_applications(read_text(VALUES, "a/values-seed.yaml")[0][0])


ODD: list[Value] = [None, "", "x", "{{x}}", "${X}", 3, True, [], {}, [None], {"a": None}, ["*"]]
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a, namespace: b, labels: {c: d}}
spec:
  project: default
  destination: {server: x, name: y, namespace: z}
  syncPolicy:
    managedNamespaceMetadata: {labels: {a: b}, annotations: {c: d}}
    syncOptions: [CreateNamespace=true]
  sourceHydrator: {drySource: {repoURL: a, path: b}}
  source: {repoURL: a, path: apps/web}
  sources:
    - {repoURL: a, path: apps/web, directory: {recurse: true, include: '*', exclude: b}}
    - {repoURL: a, path: kust, kustomize: {namePrefix: a, commonLabels: {a: b}, patches: [{a: b}]}}
    - {repoURL: a, chart: b, ref: c}
"""
SETS = f"""\
  - list: {{elements: [{{a: b, values: {{c: d}}}}]}}
  - {GIT}directories: [{{path: apps/*, exclude: false}}], values: {{a: '{{{{path}}}}'}}}}
  - {GIT}files: [{{path: '*.json', exclude: false}}], pathParamPrefix: a}}
  - matrix: {{generators: [{{list: {{elements: [{{a: x}}]}}}}, {{list: {{elements: [{{b: w}}]}}}}]}}
  - merge: {{mergeKeys: [a], generators: [{{list: {{elements: []}}}}, {{list: {{elements: []}}}}]}}
"""
FILES = {**FOLDERS, "kust/kustomization.yaml": "nameSuffix: -b", "a.json": "{}", "a/b.json": "[1]"}


@pytest.mark.parametrize("go", ["", "\n  goTemplate: true"])
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_odd_values_anywhere_are_no_error(odd: Value, go: str) -> None:
    here = world(FILES)
    (document,), _ = read_text(APPLICATION, "a.yaml")
    whole = [*resources(document), applicationset(SETS, go + TEMPLATE)]
    for resource in whole:
        for route, _ in walk(resource.value):
            if route and route[0] in ("metadata", "spec"):
                changed = _put(resource.value, route, odd)
                assert isinstance(changed, dict)
                broken = resource.changed(changed, {})
                if argo.is_set(broken):
                    argo.applications(broken, here)
                else:
                    argo.render(broken, here)


def _put(value: Value, route: Route, new: Value) -> Value:
    if not route:
        return new
    step, rest = route[0], route[1:]
    if isinstance(value, list):
        return [_put(each, rest, new) if i == step else each for i, each in enumerate(value)]
    assert isinstance(value, dict)
    return {key: _put(each, rest, new) if key == step else each for key, each in value.items()}
