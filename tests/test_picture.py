"""What reads and writes what in an environment, and what hangs on what."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.environments import surroundings
from esolint.picture import Admitted, Edge, Mark, Node, Picture
from esolint.picture.draw import draw
from esolint.picture.focus import FocusError, meant
from esolint.repository import Input, read

STORE = {"name": "vault", "kind": "ClusterSecretStore"}
V1 = "external-secrets.io/v1"
GENERATORS = "generators.external-secrets.io/v1alpha1"


def obj(api: str, kind: str, name: str, namespace: str | None = "shop", **more: Any) -> Any:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def external(name: str = "db", namespace: str | None = "shop", **spec: Any) -> Any:
    extract = {"secretStoreRef": STORE, "dataFrom": [{"extract": {"key": "x"}}]}
    return obj(V1, "ExternalSecret", name, namespace, spec={**extract, **spec})


def store(name: str = "vault", *conditions: Any, **provider: Any) -> Any:
    spec = {"provider": provider or {"fake": {"data": []}}}
    more = {"conditions": list(conditions)} if conditions else {}
    return obj(V1, "ClusterSecretStore", name, None, spec={**spec, **more})


def namespace(name: str, **labels: str) -> Any:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def pod(name: str, secret: str, namespace: str | None = "shop") -> Any:
    source = {"secretRef": {"name": secret}}
    container = {"name": "c", "image": "i", "envFrom": [source]}
    return obj("v1", "Pod", name, namespace, spec={"containers": [container]})


def drawn(*objects: Any, **files: list[Any]) -> Picture:
    contents = {"a.yaml": list(objects), **{f"{k}/b.yaml": v for k, v in files.items()}}
    inputs = [Input(path, yaml.safe_dump_all(c).encode()) for path, c in contents.items() if c]
    return draw(surroundings(read(inputs)).environments[0])


def ways(picture: Picture) -> list[str]:
    arrows = {"reads": "->", "writes": "=>", "pushes": "^>"}
    return [
        f"{e.source} {arrows[e.verb]} {e.target}" + ("" if e.state == "found" else f" {e.state}")
        for e in picture.edges
    ]


def the(picture: Picture, id: str) -> Node:
    (node,) = [node for node in picture.nodes if node.id == id]
    return node


def edge(picture: Picture, source: str) -> Edge:
    (found,) = [edge for edge in picture.edges if edge.source == source]
    return found


# Who reads and writes


def test_data_runs_from_the_store_to_who_reads_the_secret() -> None:
    picture = drawn(store(), external(), pod("app", "db"))

    assert ways(picture) == [
        "ClusterSecretStore/vault -> ExternalSecret/shop/db",
        "ExternalSecret/shop/db => Secret/shop/db",
        "Secret/shop/db -> Pod/shop/app",
    ]
    assert the(picture, "ExternalSecret/shop/db").marks == (Mark("a.yaml", 10),)
    assert edge(picture, "ExternalSecret/shop/db").policy == "Owner"


def test_a_secret_of_another_namespace_is_another_secret() -> None:
    picture = drawn(store(), external(), pod("app", "db", "web"))

    assert "Secret/shop/db -> Pod/web/app" not in ways(picture)


def test_two_references_to_one_object_are_one_edge_with_all_keys() -> None:
    env = [{"name": key, "valueFrom": {"secretKeyRef": {"name": "db", "key": key}}} for key in "ba"]
    app = obj("v1", "Pod", "app", spec={"containers": [{"name": "c", "image": "i", "env": env}]})

    assert edge(drawn(store(), external(), app), "Secret/shop/db").keys == ("a", "b")


def test_a_store_reads_its_credentials_and_says_who_makes_them() -> None:
    key = {"name": "vault-token", "namespace": "ops", "key": "token"}
    vault = store(vault={"server": "https://x", "auth": {"tokenSecretRef": key}})
    sealed = obj("bitnami.com/v1alpha1", "SealedSecret", "vault-token", "ops", spec={})
    alone, made = drawn(vault), drawn(vault, sealed)

    assert ways(alone) == ["Secret/ops/vault-token -> ClusterSecretStore/vault"]
    assert the(alone, "Secret/ops/vault-token")[5:7] == ("unknown", "nothing here makes it")
    assert "SealedSecret/ops/vault-token => Secret/ops/vault-token" in ways(made)
    assert the(made, "Secret/ops/vault-token").state == "found"
    assert the(made, "ClusterSecretStore/vault").provider == "HashiCorp Vault"


def test_a_secret_that_stands_in_git_is_its_own_maker() -> None:
    key = {"name": "token", "namespace": "ops", "key": "token"}
    vault = store(vault={"server": "https://x", "auth": {"tokenSecretRef": key}})
    secret = obj("v1", "Secret", "token", "ops", stringData={"token": "hunter2"})
    picture = drawn(vault, secret)

    assert ways(picture) == ["Secret/ops/token -> ClusterSecretStore/vault"]
    assert the(picture, "Secret/ops/token").state == "found"
    assert the(picture, "Secret/ops/token").marks != ()
    assert "hunter2" not in repr(picture)


def test_a_credential_without_namespace_is_each_users_own() -> None:
    vault = store(vault={"server": "https://x", "auth": {"tokenSecretRef": {"name": "t"}}})
    picture = drawn(vault)

    assert ways(picture) == ["Secret/*/t -> ClusterSecretStore/vault"]
    assert the(picture, "Secret/*/t").why == "in the namespace of each user"
    assert the(picture, "Secret/*/t").namespace is None


def test_a_generator_and_what_it_makes() -> None:
    reference = {"apiVersion": GENERATORS, "kind": "Password", "name": "p"}
    source = [{"sourceRef": {"generatorRef": reference}}]
    consumer = obj(V1, "ExternalSecret", "db", spec={"dataFrom": source})
    generator = obj(GENERATORS, "Password", "p", spec={})
    other = obj(GENERATORS, "Password", "q", spec={})

    assert ways(drawn(consumer, generator))[1:] == ["Password/shop/p -> ExternalSecret/shop/db"]
    assert ways(drawn(consumer, other))[1:] == ["Password/shop/p -> ExternalSecret/shop/db missing"]
    assert ways(drawn(consumer))[1:] == ["Password/shop/p -> ExternalSecret/shop/db unknown"]


def test_a_push_runs_into_the_store() -> None:
    spec = {
        "secretStoreRefs": [STORE, {"labelSelector": {}, "kind": "SecretStore"}],
        "selector": {"secret": {"name": "db"}},
        "data": [{"match": {"secretKey": "a", "remoteRef": {"remoteKey": "db"}}}],
    }
    push = obj("external-secrets.io/v1alpha1", "PushSecret", "up", spec=spec)

    assert ways(drawn(store(), push)) == [
        "PushSecret/shop/up ^> ClusterSecretStore/vault",
        "PushSecret/shop/up ^> SecretStore/shop/* unknown",
        "Secret/shop/db -> PushSecret/shop/up",
    ]


def test_a_policy_is_told_and_none_writes_nothing() -> None:
    merge = external("more", target={"name": "db", "creationPolicy": "Merge"})
    none = external("off", target={"creationPolicy": "None"})
    picture = drawn(store(), external(), merge, none)

    assert edge(picture, "ExternalSecret/shop/more").policy == "Merge"
    assert [e for e in picture.edges if e.source == "ExternalSecret/shop/off"] == []


def test_one_node_stands_for_the_namespaces_in_which_nobody_reads() -> None:
    spec = {
        "namespaceSelectors": [{"matchLabels": {"team": "a"}}],
        "externalSecretSpec": external()["spec"],
    }
    wide = obj(V1, "ClusterExternalSecret", "pull", None, spec=spec)
    spaces = [namespace(name, team="a") for name in ("one", "two", "three")]
    picture = drawn(store(), wide, *spaces, namespace("four", team="b"), pod("p", "pull", "two"))

    assert ways(picture) == [
        "ClusterExternalSecret/pull => Secret/*/pull",
        "ClusterExternalSecret/pull => Secret/two/pull",
        "ClusterSecretStore/vault -> ClusterExternalSecret/pull",
        "Secret/two/pull -> Pod/two/p",
    ]
    assert the(picture, "Secret/*/pull").namespaces == ("one", "three")


def test_where_a_cluster_wide_secret_goes_may_not_be_known() -> None:
    spec = {
        "namespaceSelectors": [{"matchLabels": {"team": "${TEAM}"}}],
        "externalSecretSpec": external()["spec"],
    }
    wide = obj(V1, "ClusterExternalSecret", "pull", None, spec=spec)
    picture = drawn(store(), wide, namespace("one", team="a"), pod("p", "pull", "one"))

    assert "ClusterExternalSecret/pull => Secret/*/pull unknown" in ways(picture)
    assert "Secret/*/pull -> Pod/one/p unknown" in ways(picture)
    assert the(picture, "Secret/*/pull").why == "perhaps in one"


def test_a_name_that_is_not_known_is_drawn_as_a_pattern() -> None:
    picture = drawn(store(), external(target={"name": "${APP}-db"}))

    assert "ExternalSecret/shop/db => Secret/shop/*-db unknown" in ways(picture)


# Stores


def test_a_store_that_is_missing_is_told_with_what_is_there_instead() -> None:
    def why(name: str, kind: str = "ClusterSecretStore") -> tuple[str, str]:
        picture = drawn(store(), external(secretStoreRef={"name": name, "kind": kind}))
        place = "" if kind.startswith("Cluster") else "shop/"
        return the(picture, f"{kind}/{place}{name}")[5:7]

    assert why("vautl") == ("missing", 'did you mean "vault"?')
    assert why("wholly-else") == ("missing", "nothing here defines it")
    assert why("vault", "SecretStore") == ("missing", "there is a ClusterSecretStore of that name")


def test_a_store_of_which_nothing_is_known_says_why() -> None:
    picture = drawn(external())

    assert ways(picture)[0] == "ClusterSecretStore/vault -> ExternalSecret/shop/db unknown"
    assert edge(picture, "ClusterSecretStore/vault").why == "the repository defines no store"


def test_a_store_that_does_not_admit_the_namespace_refuses() -> None:
    picture = drawn(store("vault", {"namespaces": ["web"]}), external())

    assert edge(picture, "ClusterSecretStore/vault").state == "refused"
    assert edge(picture, "ClusterSecretStore/vault").why == (
        'does not admit shop: its name is not "web"'
    )


def test_a_store_says_who_may_use_it() -> None:
    selective = store("vault", {"namespaceSelector": {"matchLabels": {"team": "a"}}})
    spaces = [namespace("one", team="a"), namespace("two", team="b")]
    picture = drawn(selective, store("open"), *spaces, external(namespace="three"))

    assert the(picture, "ClusterSecretStore/open").admitted == Admitted(True)
    assert the(picture, "ClusterSecretStore/vault").admitted == Admitted(
        False, ("one",), ("two",), ("three",)
    )


# Namespaces that are not known


def test_objects_without_namespace_belong_together_by_what_brings_them() -> None:
    one, two = [external(namespace=None), pod("app", "db", None)], [external(namespace=None)]
    picture = drawn(store(), one=one, two=two)

    assert ways(picture) == [
        "ClusterSecretStore/vault -> ExternalSecret/[one]/db",
        "ClusterSecretStore/vault -> ExternalSecret/[two]/db",
        "ExternalSecret/[one]/db => Secret/[one]/db",
        "ExternalSecret/[two]/db => Secret/[two]/db",
        "Secret/[one]/db -> Pod/[one]/app",
    ]
    assert the(picture, "Secret/[one]/db").namespace is None


def test_a_reader_without_namespace_may_mean_a_secret_that_has_one() -> None:
    picture = drawn(store(), external(), other=[pod("app", "db", None)])

    assert "Secret/shop/db -> Pod/[other]/app unknown" in ways(picture)


def test_a_kind_that_eso_has_too_keeps_its_group() -> None:
    old = obj("kubernetes-client.io/v1", "ExternalSecret", "db", spec={})
    picture = drawn(store(), external(), old)

    assert "ExternalSecret.kubernetes-client.io/shop/db => Secret/shop/db" in ways(picture)


# What hangs on what


def chain(*edges: tuple[str, str, str]) -> Picture:
    ids = sorted({id for source, _, target in edges for id in (source, target)})
    nodes = tuple(Node(id, "object", *id.split("/")[::2], id.split("/")[1]) for id in ids)
    return Picture("e", nodes, tuple(sorted(Edge(s, t, v) for s, v, t in edges)))  # type: ignore[arg-type]


PUSHED = chain(
    ("S/a/token", "reads", "Store/a/vault"),
    ("Store/a/vault", "reads", "ES/a/db"),
    ("Store/a/vault", "reads", "ES/a/web"),
    ("ES/a/db", "writes", "S/a/db"),
    ("S/a/db", "reads", "Pod/a/app"),
    ("S/a/db", "reads", "PS/a/up"),
    ("PS/a/up", "pushes", "Store/a/aws"),
    ("S/a/key", "reads", "Store/a/aws"),
    ("Store/a/aws", "reads", "ES/a/far"),
)


@pytest.mark.parametrize(
    ("focus", "around"),
    [
        ("Pod/a/app", "ES/a/db Pod/a/app S/a/db S/a/token Store/a/vault"),
        ("ES/a/web", "ES/a/web S/a/token Store/a/vault"),
        # Who pushes needs the store, and the store does not need who pushes.
        (
            "PS/a/up",
            "ES/a/db PS/a/up S/a/db S/a/key S/a/token Store/a/aws Store/a/vault",
        ),
        ("Store/a/aws", "ES/a/far PS/a/up S/a/key Store/a/aws"),
        ("S/a/key", "ES/a/far PS/a/up S/a/key Store/a/aws"),
        ("S/a/token", "ES/a/db ES/a/web PS/a/up Pod/a/app S/a/db S/a/token Store/a/vault"),
    ],
)
def test_around_a_node_is_what_it_needs_and_what_needs_it(focus: str, around: str) -> None:
    assert [node.id for node in PUSHED.around([focus]).nodes] == around.split()


def test_a_circle_ends() -> None:
    circle = chain(("S/a/x", "reads", "ES/a/x"), ("ES/a/x", "writes", "S/a/x"))

    assert circle.around(["S/a/x"]) == circle


def test_an_edge_between_two_that_are_shown_is_not_shown_for_that() -> None:
    """Both ends belong to the way up and the way down; the edge is on neither."""
    picture = chain(
        ("a/n/up", "reads", "b/n/mid"),
        ("b/n/mid", "reads", "c/n/down"),
        ("d/n/x", "reads", "c/n/down"),
    )

    assert [e[:2] for e in picture.around(["b/n/mid"]).edges] == [
        ("a/n/up", "b/n/mid"),
        ("b/n/mid", "c/n/down"),
    ]


# What somebody types


TYPED = drawn(store(), external(), external("db", "web"), external("cache"), pod("app", "cache"))


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("ExternalSecret/shop/db", "ExternalSecret/shop/db"),
        ("Secret/shop/db", "Secret/shop/db"),
        # Of an ExternalSecret and its Secret, the former.
        ("shop/db", "ExternalSecret/shop/db"),
        ("cache", "ExternalSecret/shop/cache"),
        ("ClusterSecretStore/vault", "ClusterSecretStore/vault"),
        ("ClusterSecretStore//vault", "ClusterSecretStore/vault"),
        ("vault", "ClusterSecretStore/vault"),
        ("Pod/app", "Pod/shop/app"),
    ],
)
def test_a_name_leads_to_a_node(written: str, id: str) -> None:
    assert meant([TYPED], written) == [{id}]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("db", '"db" may mean ExternalSecret/shop/db, ExternalSecret/web/db'),
        ("vualt", 'there is no "vualt" in the picture, did you mean "vault"?'),
        ("shop/cahce", 'there is no "shop/cahce" in the picture, did you mean "shop/cache"?'),
        (
            "ExternalSecret/shop/bd",
            'there is no "ExternalSecret/shop/bd" in the picture, '
            'did you mean "ExternalSecret/shop/db"?',
        ),
        ("zzz", 'there is no "zzz" in the picture'),
    ],
)
def test_a_name_that_leads_nowhere_or_to_several(written: str, message: str) -> None:
    with pytest.raises(FocusError) as error:
        meant([TYPED], written)

    assert str(error.value) == message


def test_a_name_may_be_in_one_picture_of_several() -> None:
    empty = Picture("other", (), ())

    assert meant([empty, TYPED], "vault") == [frozenset(), {"ClusterSecretStore/vault"}]
    assert empty.around(frozenset()) == empty
