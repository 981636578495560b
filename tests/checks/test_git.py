from __future__ import annotations

from esolint.checks.git import secret_value_in_git, store_credential_in_git
from esolint.graph import Environment
from esolint.resource import Resource, resources
from esolint.rule import Finding
from esolint.source import read_text
from esolint.value import format_route

CANARY = "9f8e2b7c4d1a4f60b3e5a7c2"
STORE = """
apiVersion: external-secrets.io/v1
kind: {kind}
metadata: {{name: vault{namespace}}}
spec:
  provider:
    vault:
      server: https://vault.example.com
      auth:
        tokenSecretRef: {{name: vault-token, key: token{reference}}}
"""


def read(files: dict[str, str]) -> list[Resource]:
    found: list[Resource] = []
    for path, text in files.items():
        documents, unread = read_text(text, path)
        assert not unread
        for document in documents:
            found.extend(resources(document))
    return found


def store(namespace: str = "", kind: str = "SecretStore", reference: str = "") -> str:
    return STORE.format(
        kind=kind,
        namespace=f", namespace: {namespace}" if namespace else "",
        reference=f", namespace: {reference}" if reference else "",
    )


def secret(namespace: str = "", **entries: str) -> str:
    where = f", namespace: {namespace}" if namespace else ""
    lines = "".join(f"  {key}: {value}\n" for key, value in (entries or {"token": CANARY}).items())
    head = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: vault-token{where}}}\n"
    return f"{head}stringData:\n{lines}"


def run(
    files: dict[str, str], patches: dict[str, str] | None = None
) -> tuple[list[str], list[str]]:
    """Return the places of both rules' findings: first those that a store uses."""
    env = Environment(read(files), read(patches or {}))
    special = list(store_credential_in_git(env))
    general = list(secret_value_in_git(env))
    for finding in (*special, *general):
        assert CANARY not in finding.message
        assert all(CANARY not in note.message for note in finding.related)
    assert not set(map(place, special)) & set(map(place, general))
    return list(map(place, special)), list(map(place, general))


def place(finding: Finding) -> str:
    return f"{finding.resource.document.path} {format_route(finding.route)}"


def test_namespaces() -> None:
    here = ["s.yaml stringData.token"]
    for own, theirs in (("a", "a"), ("a", ""), ("", "a"), ("", ""), ("'${NS}'", "a")):
        assert run({"s.yaml": secret(own), "store.yaml": store(theirs)}) == (here, [])
    assert run({"s.yaml": secret("a"), "store.yaml": store("b")}) == ([], here)


def test_a_cluster_store_chooses_the_namespace() -> None:
    here = ["s.yaml stringData.token"]
    kind = "ClusterSecretStore"
    assert run({"s.yaml": secret("a"), "x.yaml": store("", kind, "a")}) == (here, [])
    assert run({"s.yaml": secret("a"), "x.yaml": store("", kind, "b")}) == ([], here)
    assert run({"s.yaml": secret("a"), "x.yaml": store("", kind)}) == (here, [])
    assert run({"s.yaml": secret("a"), "x.yaml": store("", kind, "'${NS}'")}) == (here, [])


def test_of_several_secrets_of_a_name_the_one_beside_the_store_is_meant() -> None:
    files = {"a/s.yaml": secret(), "b/s.yaml": secret(), "b/store.yaml": store()}
    assert run(files) == (["b/s.yaml stringData.token"], ["a/s.yaml stringData.token"])
    files = {"a/s.yaml": secret(), "b/s.yaml": secret(), "c/store.yaml": store()}
    assert run(files)[0] == []
    files = {"a/s.yaml": secret("a"), "b/s.yaml": secret("b"), "c/store.yaml": store("a")}
    assert run(files) == (["a/s.yaml stringData.token"], ["b/s.yaml stringData.token"])


def test_a_patch_is_the_secret_that_it_patches() -> None:
    files = {"base/s.yaml": secret(token="change-me-placeholder"), "base/store.yaml": store()}
    patches = {"overlay/patch.yaml": secret()}
    assert run(files, patches) == (["overlay/patch.yaml stringData.token"], [])


def test_only_the_entry_that_the_store_uses() -> None:
    files = {"s.yaml": secret(token=CANARY, password="tr0mbone-Lake"), "store.yaml": store()}
    assert run(files) == (["s.yaml stringData.token"], ["s.yaml stringData.password"])


def test_holes() -> None:
    assert run({"s.yaml": secret(token="${TOKEN}"), "store.yaml": store()}) == ([], [])
    named = secret().replace("vault-token", "'${NAME}'")
    assert run({"s.yaml": named, "store.yaml": store()}) == ([], ["s.yaml stringData.token"])
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData:\n  a.yaml: |\n"
    text += f"    host: ${{HOST}}\n    token: {CANARY}\n"
    assert run({"s.yaml": text}) == ([], ['s.yaml stringData["a.yaml"]'])


def test_confidence() -> None:
    env = Environment(read({"s.yaml": secret(), "t.yaml": secret(), "store.yaml": store()}))
    assert {finding.confidence for finding in store_credential_in_git(env)} == {"medium"}
    env = Environment(read({"s.yaml": secret("a"), "store.yaml": store("a")}))
    assert {finding.confidence for finding in store_credential_in_git(env)} == {"high"}


def test_stores_are_named_and_pointed_at() -> None:
    files = {"s.yaml": secret("a"), "x.yaml": store("a")}
    files["y.yaml"] = store("a").replace("name: vault,", "name: second,")
    (finding,) = store_credential_in_git(Environment(read(files)))
    assert finding.message == (
        'Secret "vault-token" holds a token under "token", in plain text,'
        ' and SecretStore "vault" and 1 more authenticate with it'
    )
    assert [note.resource.name for note in finding.related] == ["vault", "second"]
    assert {format_route(note.route) for note in finding.related} == {
        "spec.provider.vault.auth.tokenSecretRef"
    }


def test_a_cluster_generator() -> None:
    generator = """
        apiVersion: generators.external-secrets.io/v1alpha1
        kind: ClusterGenerator
        metadata: {name: gitlab}
        spec:
          kind: GitlabDeployToken
          generator:
            gitlabDeployTokenSpec:
              auth: {token: {secretRef: {name: vault-token, key: token}}}
        """
    files = {"s.yaml": secret("a"), "g.yaml": generator}
    assert run(files) == (["s.yaml stringData.token"], [])


def test_an_access_key_id_is_reported_where_it_stands_alone() -> None:
    key_id = "AKIA" + "QYLPMN5HNMXZ2KWB"
    alone = secret(id=key_id)
    assert run({"s.yaml": alone}) == ([], ["s.yaml stringData.id"])
    both = secret(**{"id": key_id, "secret-access-key": CANARY})
    assert run({"s.yaml": both}) == ([], ["s.yaml stringData.secret-access-key"])
