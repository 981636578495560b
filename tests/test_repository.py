from __future__ import annotations

from pathlib import Path

import pytest

from esolint.config import active_rules
from esolint.diagnostic import Excerpt, Result
from esolint.repository import Input, Repository, looks_like_eso, read
from esolint.rule import load_rules
from esolint.run import Request, run
from esolint.source import Limits, read_text
from esolint.testing import examples

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
REPOSITORIES = sorted(p.name for p in CORPUS.iterdir() if p.is_dir()) if CORPUS.is_dir() else []

NO_LINES = Excerpt(())
STORE = "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: vault}\n"
NOTHING = "apiVersion: v1\nkind: Deployment\nmetadata: {name: web}\n"


def texts(*contents: str, everything: bool = False, literal: bool = False) -> Repository:
    inputs = [Input(f"{n}.yaml", content.encode()) for n, content in enumerate(contents)]
    return read(inputs, everything=everything, literal=literal)


def kinds(repository: Repository) -> list[str]:
    return [resource.kind for resource in repository.resources]


# However a document spells it

WANTED = ("SecretStore", "ExternalSecret")
STRANGE = {
    "plain": STORE,
    "quoted keys": '"apiVersion": "external-secrets.io/v1"\n\'kind\': SecretStore\n',
    "flow": "{apiVersion: external-secrets.io/v1, kind: SecretStore}",
    "json": '{"apiVersion":"external-secrets.io/v1","kind":"SecretStore"}',
    "json with escapes": r'{"apiVersion":"external\u002dsecrets.io\/v1","kind":"\u0053ecretStore"}',
    "hexadecimal escapes": r'{apiVersion: "external-secrets\x2eio/v1", kind: "\x53ecretStore"}',
    "long escapes": r'{apiVersion: "external-secrets\U0000002eio/v1", kind: SecretStore}',
    **{
        f"a line goes on behind {name}": f'apiVersion: "external-sec\\{end}rets.io/v1"\n'
        f'kind: "Secret\\{end}Store"\n'
        for name, end in {"LF": "\n ", "CRLF": "\r\n ", "LS": "\u2028 ", "NEL": "\x85 "}.items()
    },
    "folded": "apiVersion: >-\n  external-secrets.io/v1\nkind: |-\n  SecretStore\n",
    "binary": "apiVersion: !!binary ZXh0ZXJuYWwtc2VjcmV0cy5pby92MQ==\n"
    "kind: !!binary U2VjcmV0U3RvcmU=\n",
    "binary, verbatim": "apiVersion: !<tag:yaml.org,2002:binary> ZXh0ZXJuYWwtc2VjcmV0cy5pby92MQ==\n"
    "kind: !<tag:yaml.org,2002:binary> U2VjcmV0U3RvcmU=\n",
    "binary, escaped": "apiVersion: !!%62inary ZXh0ZXJuYWwtc2VjcmV0cy5pby92MQ==\n"
    "kind: !!%62inary U2VjcmV0U3RvcmU=\n",
    "binary, by a handle": "%TAG !b! tag:yaml.org,2002:bin\n---\n"
    "apiVersion: !b!ary ZXh0ZXJuYWwtc2VjcmV0cy5pby92MQ==\nkind: !b!ary U2VjcmV0U3RvcmU=\n",
    "anchors": "x: [&v external-secrets.io/v1, &k SecretStore]\napiVersion: *v\nkind: *k\n",
    "merge key": "<<: {apiVersion: external-secrets.io/v1, kind: SecretStore}\nmetadata: {}\n",
    "duplicate keys": "kind: Secret\nkind: SecretStore\napiVersion: v1\n"
    "apiVersion: external-secrets.io/v1\n",
    "explicit keys": "? apiVersion\n: external-secrets.io/v1\n? kind\n: SecretStore\n",
    "list": "kind: List\napiVersion: v1\nitems:\n- apiVersion: external-secrets.io/v1\n"
    "  kind: SecretStore\n",
    "list in a list": "{kind: List, items: [{kind: ConfigMapList, items: ["
    "{kind: SecretStore, apiVersion: external-secrets.io/v1}]}]}",
    "later document": f"{NOTHING}---\n{STORE}",
    "on the marker's line": "--- {apiVersion: external-secrets.io/v1, kind: SecretStore}\n",
    "behind a block scalar": f"a: |\n  ---\n---\n{STORE}",
    "with directives": f"%TAG ! tag:x,2000:\n---\n{NOTHING}...\n---\n{STORE}",
    "carriage returns": STORE.replace("\n", "\r"),
    "next lines": STORE.replace("\n", "\x85"),
    "misspelt group": STORE.replace("secrets.io", "secret.io"),
    "other case": STORE.replace("external-secrets.io", "External-Secrets.io"),
    "forerunner": "apiVersion: kubernetes-client.io/v1\nkind: ExternalSecret\n",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_first_pass_finds_it(text: str) -> None:
    found = texts(text)

    assert any(kind in WANTED for kind in kinds(found))
    everything = texts(text, everything=True).resources
    assert [r.value for r in found.resources if r.kind in WANTED] == [
        r.value for r in everything if r.kind in WANTED
    ]


@pytest.mark.parametrize(
    "bom", ["utf-8-sig", "utf-16", "utf-32"]
)  # fmt: skip
def test_first_pass_finds_it_in_any_encoding(bom: str) -> None:
    assert kinds(read([Input("x.yaml", STORE.encode(bom))])) == ["SecretStore"]


SECOND = {
    "secret": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
    "secret, escaped": 'apiVersion: v1\nkind: "\\x53ecret"\nmetadata: {name: a}\n',
    "namespace": '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}',
    "service account": "{kind: ServiceAccount, apiVersion: v1}",
    "policy": '{"Statement": [{"Effect": "Allow", "Action": "*"}]}',
    "policy in a string": 'kind: ConfigMap\ndata:\n  p: \'{"Statement": {"Effect": "Allow"}}\'\n',
    "suppression": f"{NOTHING}# esolint: ignore[x]\n",
}


@pytest.mark.parametrize("text", SECOND.values(), ids=SECOND)
def test_second_pass_reads_what_rules_look_at(text: str) -> None:
    assert len(texts(text, STORE).resources) == 2
    assert len(texts(STORE, text).resources) == 2


def test_second_pass_leaves_the_rest() -> None:
    assert kinds(texts(NOTHING, STORE)) == ["SecretStore"]
    assert kinds(texts(NOTHING, STORE, everything=True)) == ["Deployment", "SecretStore"]


def test_without_eso_there_is_no_second_pass() -> None:
    found = texts(SECOND["secret"], "kind: Secret\na: [\n", "a: b")

    assert found.documents == ()
    assert found.unread == ()


def test_what_could_not_be_read_is_kept() -> None:
    broken = f"{STORE}spec: [\n"
    inputs = [
        Input("a.yaml", "Permission denied"),
        Input("b.yaml", b"a: \xff"),
        Input("c.yaml", broken.encode()),
        Input("d.yaml", f"{{{{ if .x }}}}\n{STORE}{{{{ end }}}}\n".encode()),
        Input("e.yaml", STORE.encode()),
        Input("f.yaml", f"{STORE}sops: {{mac: x}}\n".encode()),
        Input("g.yaml", b"x" * 2000),
        Input("h.yaml", b"---\n" * 2000 + b"a: b"),
    ]

    found = read(inputs, limits=Limits(file_bytes=15_000, documents=1000))

    assert [(unread.path, unread.reason) for unread in found.unread] == [
        ("a.yaml", "unreadable"),
        ("b.yaml", "encoding"),
        ("c.yaml", "yaml-syntax"),
        ("d.yaml", "template"),
        ("f.yaml", "encrypted"),
        ("h.yaml", "too-many-documents"),
    ]


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        (f"{STORE}a: [", True),
        ('{\n  "apiVersion": "external-secrets.io/v1",', True),
        ('{"kind": "SecretStore","apiVersion":"external-secrets.io/v1",', True),
        ("items:\n- apiVersion: external-secrets.io/v1\n  a: [", True),
        ("- kind: x\n  apiVersion: 'generators.external-secrets.io/v1alpha1'\n [", True),
        ("# apiVersion: external-secrets.io/v1\na: [", False),
        ("x-apiVersion: external-secrets.io/v1\na: [", False),
        ("apiVersion: v1\na: [ external-secrets.io/v1", False),
        ("apiVersion: operator.external-secrets.io/v1alpha1\na: [", False),
    ],
)
def test_broken_text_says_what_it_is(text: str, looks: bool) -> None:
    _, (unread,) = read_text(text, "x.yaml")

    assert looks_like_eso(unread) is looks


def test_order_of_files_changes_nothing() -> None:
    contents = [STORE, SECOND["secret"], f"{STORE}---\n{SECOND['namespace']}", "a: [", NOTHING]
    inputs = [Input(f"{n}.yaml", text.encode()) for n, text in enumerate(contents)]

    one, other = read(inputs), read(reversed(inputs))

    assert [r.value for r in one.resources] == [r.value for r in other.resources]
    assert one.unread == other.unread


def test_file_that_a_kustomization_names_as_a_patch() -> None:
    inputs = [
        Input("app/kustomization.yaml", b"patches:\n- path: ./patch.yaml\n"),
        Input("app/patch.yaml", STORE.encode()),
        Input("app/store.yaml", STORE.encode()),
        Input("patch.yaml", STORE.encode()),
    ]

    found = read(inputs)

    assert [r.document.path for r in found.patches] == ["app/patch.yaml"]
    assert "app/patch.yaml" not in [r.document.path for r in found.resources]
    assert sum(resource.is_eso for resource in found.objects) == 3


# The two passes lose nothing: the findings are those of reading everything


def outcome(*, everything: bool) -> Result:
    rules = active_rules(load_rules(), select=("ALL",), ignore=(), profile="strict", options={})
    return run(
        Request(
            paths=["."],
            root=".",
            rules=rules,
            today="2026-01-01",
            profile="strict",
            everything=everything,
        )
    )


def told(result: Result) -> list[tuple[object, ...]]:
    """Return all that is told of each finding, the lines around it too."""
    return [
        (
            *diagnostic._replace(excerpt=NO_LINES, related=()),
            diagnostic.excerpt.lines,
            [(note.place, note.message, note.excerpt.lines) for note in diagnostic.related],
        )
        for diagnostic in result.diagnostics
    ]


@pytest.mark.parametrize("rule_id", sorted(load_rules()))
def test_examples_read_in_two_passes(
    rule_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, example in enumerate(examples(rule_id)):
        root = tmp_path / str(number)
        for name, text in example.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(root)

        two_passes, whole = (outcome(everything=everything) for everything in (False, True))

        assert told(two_passes) == told(whole), example.name


@pytest.mark.slow
@pytest.mark.parametrize("repository", REPOSITORIES or [pytest.param("", id="absent")])
def test_real_repositories_read_in_two_passes(
    repository: str, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shared / "corpus" / repository
    monkeypatch.chdir(root)

    two_passes, whole = (outcome(everything=everything) for everything in (False, True))

    assert told(two_passes) == told(whole)
    assert two_passes.environments == whole.environments
    assert two_passes.eso_resources == whole.eso_resources
