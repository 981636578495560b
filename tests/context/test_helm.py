from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from kustomize_oracle import FolderTree, MemoryTree

from esolint.context.files import Files
from esolint.context.helm import chart, objects, roots, sources
from esolint.context.rendering import Rendering
from esolint.resource import Resource
from esolint.source import Document, Unread, decode, split

STORE = """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: vault
"""
SECRET = """\
{{- if .Values.enabled }}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: db
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  refreshInterval: 0s
  secretStoreRef:
    name: vault
  target:
    name: db-{{ .Release.Name }}
  data:
    - secretKey: a
      sourceRef:
        storeRef: {name: other, kind: ClusterSecretStore}
{{- end }}
"""


class ChartFiles(Files):
    """Files that know the templates of charts."""

    def add(self, path: str, content: bytes | str) -> None:
        text = decode(path, content, self._limits) if isinstance(content, bytes) else None
        if isinstance(text, str):
            template = self.is_template(path)
            self._pieces[path] = split(path, text, self._limits, template=template)
        else:
            super().add(path, content)


def tree(files: dict[str, str]) -> ChartFiles:
    return ChartFiles(MemoryTree({"c/Chart.yaml": "name: app\nversion: 1.0.0\n", **files}))


def render(files: dict[str, str], namespace: str | None = "apps") -> Rendering:
    return chart("c", tree(files), namespace)


def one(template: str, namespace: str | None = "apps") -> Resource:
    (resource,) = render({"c/templates/x.yaml": template}, namespace).resources
    return resource


def known(resource: Resource, *route: str | int) -> bool:
    return not resource.unknown(route)


def test_all_of_a_template_is_unknown_but_what_stands_there_in_any_case() -> None:
    resource = one(SECRET)

    assert () in resource.holes
    assert known(resource, "apiVersion")
    assert known(resource, "kind")
    assert known(resource, "metadata", "name")
    assert known(resource, "spec", "secretStoreRef", "name")
    assert known(resource, "spec", "secretStoreRef", "kind"), "none is written"
    assert known(resource, "spec", "data", 0, "sourceRef", "storeRef", "kind")
    assert not known(resource, "spec", "target", "name")
    assert not known(resource, "spec", "refreshInterval")
    assert not known(resource, "spec")
    assert not known(resource)


@pytest.mark.parametrize(
    ("written", "given", "namespace"),
    [
        ("", "apps", "apps"),
        ("", None, None),
        ("  namespace: {{ .Release.Namespace }}\n", "apps", "apps"),
        ("  namespace: '{{ $.Release.Namespace }}'\n", "apps", "apps"),
        ("  namespace: {{ .Release.Namespace | quote }}\n", "apps", "apps"),
        ("  namespace: {{ .Release.Namespace }}\n", None, None),
        ("  namespace: {{ default .Release.Namespace .Values.n }}\n", "apps", None),
        ("  {{- if .x }}\n  namespace: {{ .Release.Namespace }}\n  {{- end }}\n", "apps", None),
        ('  {{- include "meta" . | nindent 2 }}\n', "apps", None),
        ("  namespace: shop\n", "apps", "shop"),
        ("  namespace: shop\n", None, "shop"),
    ],
)
def test_the_namespace_of_the_release(
    written: str, given: str | None, namespace: str | None
) -> None:
    resource = one(STORE + written + "spec: {{ .x }}\n", given)

    assert known(resource, "metadata", "namespace") is (namespace is not None)
    if namespace is not None:
        assert resource.namespace == namespace


def test_a_cluster_scoped_object_gets_no_namespace() -> None:
    resource = one(STORE.replace("SecretStore", "ClusterSecretStore") + "spec: {{ .x }}\n")

    assert resource.namespace is None


def test_that_a_store_has_no_conditions_is_known() -> None:
    store = STORE.replace("SecretStore", "ClusterSecretStore")

    assert known(one(store + "spec:\n  provider: {{ .x }}\n"), "spec", "conditions")
    for written in ("  conditions: {{ .x }}\n", "  {{- toYaml .x | nindent 2 }}\n"):
        assert not known(one(store + "spec:\n" + written), "spec", "conditions")


def test_a_file_without_actions_is_taken_as_it_stands() -> None:
    resource = one(STORE)

    assert resource.holes == frozenset()
    assert resource.namespace == "apps"
    assert one(STORE, None).namespace is None


def test_a_document_without_actions_beside_others_is_possible_and_known() -> None:
    store, _ = render({"c/templates/x.yaml": STORE + "---\n" + SECRET}).resources

    assert () in store.holes
    assert known(store, "spec")
    (store, _) = render({"c/templates/x.yaml": STORE + "---\n" + SECRET}, None).resources
    assert known(store, "metadata", "name")
    assert not known(store, "metadata", "namespace")


def test_places_are_those_of_the_template() -> None:
    resource = one(SECRET)
    document, route = resource.origin(("spec", "secretStoreRef", "name"))

    assert document.path == "c/templates/x.yaml"
    assert document.span(route).line == 11


def test_partials_and_notes_and_libraries_yield_nothing() -> None:
    files = {"c/templates/_a.yaml": STORE, "c/templates/NOTES.txt": STORE, "c/x.yaml": STORE}

    assert render(files).resources == ()
    library = {"c/Chart.yaml": "name: l\ntype: library\n", "c/templates/a.yaml": STORE}
    assert render(library).resources == ()


def test_a_chart_brings_along_others() -> None:
    rendering = render(
        {
            "c/Chart.yaml": "name: app\ndependencies:\n"
            "- {name: sub, repository: https://x}\n"
            "- {name: near, repository: file://../near}\n"
            "- {name: far, repository: https://x}\n"
            "- {name: packed, repository: https://x}\n",
            "c/charts/sub/Chart.yaml": "name: sub\n",
            "c/charts/sub/templates/deep/x.yaml": STORE,
            "c/charts/packed-1.2.3.tgz": "",
            "near/Chart.yaml": "name: near\ndependencies: [{name: c, repository: file://../c}]\n",
            "near/templates/x.yaml": SECRET,
        }
    )

    assert [r.document.path for r in rendering.resources] == [
        "c/charts/sub/templates/deep/x.yaml",
        "near/templates/x.yaml",
    ]
    assert rendering.unknown == (
        "c/charts/packed-1.2.3.tgz: a packed chart is not read",
        "c/Chart.yaml: the chart far lies elsewhere",
    )
    assert {"c/Chart.yaml", "near/Chart.yaml"} < rendering.files


@pytest.mark.parametrize(
    "template",
    [
        '{{ include "x" . }}\n',
        "{{- range .Values.extra }}\n---\n{{ tpl (toYaml .) $ }}\n{{- end }}\n",
        STORE + "{{- toYaml .Values.x | nindent 0 }}\n",
        STORE.replace("SecretStore", "{{ .Values.kind }}"),
        "apiVersion: v1\nkind: {{ .Values.kind }}\n",
        STORE + "spec: {{ .x\n",
        STORE + "spec: [{{ .x }}\n",
    ],
)
def test_what_may_yield_more_is_named(template: str) -> None:
    rendering = render({"c/templates/x.yaml": template})

    why = "c/templates/x.yaml: values or helpers decide which objects it yields"
    assert rendering.unknown == (why,)


def test_what_is_written_out_yields_no_more() -> None:
    assert render({"c/templates/x.yaml": SECRET, "c/templates/y.yaml": STORE}).unknown == ()


def test_charts_that_stand_for_themselves() -> None:
    files = tree(
        {
            "c/charts/sub/Chart.yaml": "name: sub\n",
            "near/Chart.yaml": "name: near\n",
            "lib/Chart.yaml": "name: lib\ntype: library\n",
            "d/Chart.yaml": "name: d\ndependencies: [{name: near, repository: 'file://../near'}]\n",
        }
    )
    paths = [f"{folder}/Chart.yaml" for folder in ("c", "c/charts/sub", "near", "lib", "d")]

    assert roots([*paths, "c/values.yaml"], files) == ["c", "d"]


def test_which_files_are_templates() -> None:
    files = tree({"templates/a.yaml": "", "c/templates/d/a.yaml": "", "c/a.yaml": ""})

    assert files.is_template("c/templates/d/a.yaml")
    assert files.is_template("c/templates/templates/a.yaml")
    assert not files.is_template("templates/a.yaml")
    assert not files.is_template("c/a.yaml")
    assert not files.is_template("c/templates")


# What Helm prints

RENDERED = """\
---
# Source: app/templates/x.yaml
kind: A
---
# Source: app/charts/sub/templates/y.yaml
kind: B
---
# Source: app/templates/absent.yaml
kind: C
---
# Source: app/templates/x.yaml
kind: D
---
kind: E
"""


def test_documents_go_to_the_files_that_helm_names() -> None:
    files = tree({"c/templates/x.yaml": "", "sub/Chart.yaml": "", "sub/templates/y.yaml": ""})
    found = sources("-", RENDERED, ["c", "sub"], files)

    assert found["c/templates/x.yaml"] == "kind: A\n---\nkind: D\n"
    assert found["sub/templates/y.yaml"] == "kind: B\n"
    rest = found["-"].split("\n")
    assert (rest.index("kind: C"), rest.index("kind: E")) == (8, 13)
    assert "kind: A" not in rest
    assert len(found) == 3


@pytest.mark.parametrize(
    ("written", "charts"),
    [
        ("kind: A\n", ["c"]),
        (RENDERED, []),
        (RENDERED, ["absent"]),
        (RENDERED, ["c", "d"]),
        ("# Source: app/../../x.yaml\nkind: A\n", ["c"]),
    ],
)
def test_what_no_file_stands_for_stays_where_it_is(written: str, charts: list[str]) -> None:
    folder = {"templates/x.yaml": "", "charts/sub/templates/y.yaml": ""}
    both = {f"{top}/{name}": text for top in "cd" for name, text in folder.items()}
    files = tree({**both, "d/Chart.yaml": "name: app\n"})

    assert sources("-", written, charts, files) == {"-": written}


def test_all_documents_of_a_stream_may_go_elsewhere() -> None:
    files = tree({"c/templates/x.yaml": ""})
    written = "# Source: c/templates/x.yaml\nkind: A\n"

    assert sources("-", written, ["c"], files) == {"c/templates/x.yaml": "kind: A\n"}


# Real charts

_ESO = re.compile(r"^apiVersion:.*external-secrets\.io/", re.MULTILINE)


def test_real_templates(shared: Path) -> None:
    """Most of what real charts write out is known: kinds, names, the stores that are meant."""
    count: Counter[str] = Counter()
    govuk: Counter[str] = Counter()
    for repository in sorted(path for path in (shared / "corpus").iterdir() if path.is_dir()):
        files = ChartFiles(FolderTree(repository))
        here: Counter[str] = Counter()
        for path in sorted(repository.rglob("templates/**/*")):
            name = path.relative_to(repository).as_posix()
            if path.is_file() and files.is_template(name):
                here += _claims(name, files)
        count += here
        if repository.name.startswith("alphagov"):
            govuk = here
    assert govuk == {
        "documents": 132,
        "kind": 132,
        "name": 122,
        "consumers": 131,
        "store": 131,
    }
    assert count == {
        "documents": 145,
        "kind": 145,
        "name": 131,
        "consumers": 143,
        "store": 141,
    }


def _claims(path: str, files: Files) -> Counter[str]:
    count: Counter[str] = Counter()
    pieces = files.pieces(path)
    assert not isinstance(pieces, Unread)
    for piece in pieces:
        if not _ESO.search(piece.text):
            continue
        count["documents"] += 1
        for document in files.parse(piece):
            if not isinstance(document, Document):
                continue
            for resource in objects(document):
                count["kind"] += known(resource, "kind")
                count["name"] += known(resource, "metadata", "name")
                inner = ("externalSecretSpec",) if resource.kind.startswith("ClusterE") else ()
                reference = ("spec", *inner, "secretStoreRef")
                if resource.get(*reference) is not None:
                    count["consumers"] += 1
                    keys = ("name", "kind")
                    count["store"] += all(known(resource, *reference, key) for key in keys)
    return count


# As a repository is read: a template is looked at as one only where it is no YAML.

LOOP = """\
{{- range .Values.items }}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ .name }}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: other
{{- end }}
"""


@pytest.mark.parametrize(
    ("wanted", "count"), [("range", 1), ("ExternalSecret", 2), ("name: other", 1)]
)
def test_a_document_in_a_loop_is_read_once(wanted: str, count: int) -> None:
    files = Files(
        MemoryTree({"c/Chart.yaml": "name: app", "c/templates/a.yaml": LOOP}),
        wanted=lambda text: wanted in text,
    )
    content = files.documents("c/templates/a.yaml")
    assert [document.template is not None for document in content.documents] == [True] * count
    assert content.unread == ()


def test_what_values_may_add_is_seen_in_a_file_that_nobody_wants() -> None:
    added = "{{- range .Values.extraObjects }}\n---\n{{ toYaml . }}\n{{- end }}\n"
    files = {"c/Chart.yaml": "name: app", "c/templates/extra.yaml": added}
    (why,) = chart("c", Files(MemoryTree(files)), None).unknown
    assert why == "c/templates/extra.yaml: values or helpers decide which objects it yields"
