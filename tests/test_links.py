"""Who writes and who reads what in one environment, and what lives together."""

from __future__ import annotations

import pytest
import yaml

from esolint.context.rendering import Rendering, plain
from esolint.links import Links, places
from esolint.repository import Input, read
from esolint.resource import Resource
from esolint.value import Value


def parsed(*objects: dict[str, Value], path: str = "manifest.yaml") -> tuple[Resource, ...]:
    text = yaml.safe_dump_all(objects)
    return read([Input(path, text.encode())], everything=True).resources


def obj(
    api: str, kind: str, name: str, namespace: str | None = None, **more: Value
) -> dict[str, Value]:
    metadata: dict[str, Value] = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def external(name: str, namespace: str | None = "shop", **target: Value) -> dict[str, Value]:
    spec: Value = {"target": {**target}, "data": [{"secretKey": "a", "remoteRef": {"key": "a"}}]}
    return obj("external-secrets.io/v1", "ExternalSecret", name, namespace, spec=spec)


def cluster_wide(name: str, **selects: Value) -> dict[str, Value]:
    inner = external("x")["spec"]
    spec: Value = {"externalSecretSpec": inner, **selects}
    return obj("external-secrets.io/v1", "ClusterExternalSecret", name, spec=spec)


def found(links: Links, name: str, namespace: str | None) -> list[tuple[str, str | None, bool]]:
    return [
        (writer.resource.kind, writer.namespace, writer.sure)
        for writer in links.writers_of("Secret", name, namespace)
    ]


def test_writers_are_found_by_name_and_namespace() -> None:
    links = Links(parsed(external("db"), external("db", "billing"), external("db", None)))
    assert found(links, "db", "shop") == [
        ("ExternalSecret", "shop", True),
        ("ExternalSecret", None, True),
    ]
    assert len(found(links, "db", None)) == 3
    assert found(links, "other", "shop") == []
    assert links.writers_of("ConfigMap", "db", "shop") == []


def test_a_child_is_written_in_each_namespace_that_is_selected() -> None:
    objects = parsed(
        cluster_wide(
            "pull",
            namespaces=["named"],
            namespaceSelectors=[{"matchLabels": {"team": "a"}}],
        ),
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "shop", "labels": {"team": "a"}},
        },
        obj("v1", "Namespace", "billing"),
    )
    links = Links(objects)
    sure = {w.namespace for w in links.writers if w.sure}
    assert sure == {"shop", "named"}
    # In all others it is only possible: somebody may have put the label on them.
    assert found(links, "pull", "billing") == [("ClusterExternalSecret", None, False)]
    assert ("ClusterExternalSecret", "shop", True) in found(links, "pull", "shop")


def test_a_namespace_elsewhere_is_known_here() -> None:
    namespace = obj("v1", "Namespace", "shop")
    every = cluster_wide("pull", namespaceSelectors=[{}])
    links = Links(parsed(every), parsed(namespace))
    assert {w.namespace for w in links.writers if w.sure} == {"shop"}


def test_what_is_written_elsewhere_is_only_possible() -> None:
    links = Links((), parsed(external("db")))
    assert found(links, "db", "shop") == [("ExternalSecret", "shop", False)]
    assert links.writers == ()


@pytest.mark.parametrize(
    ("name", "namespace", "makers"),
    [
        ("store-app", "shop", {"Cluster", "HelmRelease"}),
        ("store-app", "billing", set()),
        ("anything", "shop", {"HelmRelease"}),
        ("anything", None, {"HelmRelease"}),
    ],
)
def test_patterns_hold_in_their_namespace(
    name: str, namespace: str | None, makers: set[str]
) -> None:
    links = Links(
        parsed(
            obj("postgresql.cnpg.io/v1", "Cluster", "store", "shop", spec={}),
            obj("helm.toolkit.fluxcd.io/v2", "HelmRelease", "app", "shop", spec={}),
        )
    )
    assert {kind for kind, *_ in found(links, name, namespace)} == makers


def test_a_pattern_without_a_namespace_holds_everywhere() -> None:
    policy: Value = {"rules": [{"generate": {"cloneList": {"kinds": ["v1/Secret"]}}}]}
    links = Links(parsed(obj("kyverno.io/v1", "ClusterPolicy", "copy", spec=policy)))
    assert found(links, "anything", "shop") == [("ClusterPolicy", None, False)]


def test_what_a_chart_may_leave_out_is_only_possible() -> None:
    (made,) = parsed(external("db"))
    known = frozenset({("metadata",), ("spec", "target", "name")})
    possible = Resource(made.value, made.document, holes=frozenset({()}), known=known)
    assert found(Links([possible]), "db", "shop") == [("ExternalSecret", "shop", False)]
    every = cluster_wide("pull", namespaces=["shop"])
    (made,) = parsed(every)
    possible = Resource(made.value, made.document, holes=frozenset({()}), known=known)
    assert found(Links([possible]), "pull", "shop") == [("ClusterExternalSecret", None, False)]


def test_what_is_in_every_namespace_needs_no_writer() -> None:
    links = Links(parsed(external("db")))
    assert links.writers_of("ConfigMap", "kube-root-ca.crt", "shop") == []


def test_readers_are_found_by_name_and_namespace() -> None:
    container: Value = {"name": "app", "envFrom": [{"secretRef": {"name": "db"}}]}
    pods = [obj("v1", "Pod", ns, ns, spec={"containers": [container]}) for ns in ("a", "b")]
    links = Links(parsed(*pods))
    assert [use.resource.name for use in links.readers_of("Secret", "db", "a")] == ["a"]
    assert len(links.readers_of("Secret", "db", None)) == 2
    assert links.readers_of("ConfigMap", "db", "a") == []


# Places


def rendering(name: str, *resources: Resource) -> Rendering:
    return Rendering(name, resources, (), (), frozenset(), name=name)


def test_one_certain_cluster_is_one_place() -> None:
    one, other = parsed(external("a"), path="a/x.yaml") + parsed(external("b"), path="b/x.yaml")
    place = places([rendering("a", one), rendering("b", other)], certain=True)
    assert place(one) == place(other)


def test_a_rendering_is_a_place() -> None:
    a, b, c = (parsed(external(n), path=f"{n}/x.yaml")[0] for n in "abc")
    place = places([rendering("one", a, b), rendering("two", c)], certain=False)
    assert place(a) == place(b) != place(c)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("app/a.yaml", "app/a.yaml", True),
        ("app/a.yaml", "app/b.yaml", True),
        ("app/a.yaml", "other/a.yaml", False),
        ("app/a-dev.yaml", "app/a-prod.yaml", False),
        ("app/a.yaml", "app/a.old.yaml", False),
        ("app/device.yaml", "app/testimony.yaml", True),
        ("docs/a.yaml", "docs/b.yaml", False),
        ("prod/a.yaml", "prod/b.yaml", True),
        ("a.yaml", "b.yaml", True),
    ],
)
def test_files_that_are_read_as_they_stand(one: str, other: str, together: bool) -> None:
    a = parsed(external("a"), path=one)
    b = parsed(external("b"), path=other)
    place = places(plain((*a, *b)), certain=False)
    assert (place(a[0]) == place(b[0])) is together
