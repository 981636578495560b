"""Stores that wait for each other, compared with a search through every order of coming up."""

from __future__ import annotations

import posixpath
from itertools import product
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from esolint.checks.refs_usage import store_bootstrap_cycle, unused_store
from esolint.graph import Environment
from esolint.repository import Input
from esolint.repository import read as read_files
from esolint.resource import Resource, resources
from esolint.source import read_text

NAMES = "abcd"


def read(*objects: Any) -> list[Resource]:
    documents, unread = read_text(yaml.safe_dump_all(objects), "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def eso(kind: str, name: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    version = "v1alpha1" if kind == "PushSecret" else "v1"
    return {
        "apiVersion": f"external-secrets.io/{version}",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": spec,
    }


def store(name: str, token: str | None = None, **metadata: Any) -> dict[str, Any]:
    vault: dict[str, Any] = {"server": "https://vault.example.com"}
    if token:
        vault["auth"] = {"tokenSecretRef": {"name": token, "key": "token"}}
    return eso("SecretStore", name, {"provider": {"vault": vault}}, **metadata)


def secret(name: str, *read_from: str) -> dict[str, Any]:
    """Return an ExternalSecret that reads from some stores."""
    entries = [
        {"extract": {"key": "token"}, "sourceRef": {"storeRef": {"name": s}}} for s in read_from
    ]
    return eso("ExternalSecret", name, {"dataFrom": entries})


def never(needs: dict[str, set[str]]) -> set[str]:
    """Return the stores of circles: what never comes up, and is needed for itself to."""
    up: set[str] = set()
    for _ in needs:
        up |= {name for name, others in needs.items() if others <= up}

    def reaches(name: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        steps = needs[name] - up
        return goal in steps or any(
            reaches(step, goal, seen | {step}) for step in steps if step not in seen
        )

    return {name for name in needs if name not in up and reaches(name, name)}


@given(st.fixed_dictionaries({name: st.sets(st.sampled_from(NAMES), max_size=3) for name in NAMES}))
def test_stores_that_can_never_begin(needs: dict[str, set[str]]) -> None:
    objects: list[dict[str, Any]] = []
    for name, others in needs.items():
        objects.append(store(name, f"token-{name}" if others else None))
        if others:
            objects.append(secret(f"token-{name}", *sorted(others)))

    found = list(store_bootstrap_cycle(Environment(read(*objects))))

    assert {finding.resource.name for finding in found} == never(needs)
    assert len(found) == len(never(needs))


def test_the_way_back_is_told() -> None:
    objects = (store("a", "ta"), store("b", "tb"), secret("ta", "b"), secret("tb", "a"))

    (finding, _) = store_bootstrap_cycle(Environment(read(*objects)))

    assert finding.message == (
        'SecretStore "a" signs in with Secret "ta", which nothing here makes but ExternalSecret'
        ' "ta" out of SecretStore "b", which waits for ExternalSecret "tb" out of this very store'
    )
    assert [note.resource.name for note in finding.related] == ["ta", "tb"]


def test_who_seeds_a_secret() -> None:
    circle = [store("a", "ta"), secret("ta", "a")]
    seed = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ta"}}
    seeds = [
        seed,
        {**seed, "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"},
        secret("ta", "elsewhere"),
    ]

    assert len(list(store_bootstrap_cycle(Environment(read(*circle))))) == 1
    for other in seeds:
        assert list(store_bootstrap_cycle(Environment(read(*circle, other)))) == []
        # Read, and on no cluster.
        beside = Environment(read(*circle), repository=read(*circle, other))
        expected = int(other["kind"] == "ExternalSecret")
        assert len(list(store_bootstrap_cycle(beside))) == expected


LABELS = {"region": "eu", "tier": "front"}


def push(reference: dict[str, Any]) -> dict[str, Any]:
    return eso("PushSecret", "push", {"secretStoreRefs": [{"name": "used"}, reference]})


def test_how_a_store_is_used() -> None:
    stores = [store("used"), store("idle", labels=LABELS)]
    references: list[tuple[dict[str, Any], bool]] = [
        ({"name": "other"}, False),
        ({"name": "idle"}, True),
        ({"name": "idle", "kind": "ClusterSecretStore"}, False),
        ({"name": "${NAME}"}, True),
        ({"name": "${NAME}", "kind": "ClusterSecretStore"}, False),
        ({"name": "x", "kind": "${KIND}"}, True),
        ({"labelSelector": {"matchLabels": {"region": "eu"}}}, True),
        ({"labelSelector": {"matchLabels": {"region": "us"}}}, False),
        ({"labelSelector": {"matchLabels": {"region": "eu", "zone": "1"}}}, False),
        ({"labelSelector": {}}, True),
        ({"labelSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}, True),
    ]
    for reference, used in references:
        found = [f.resource.name for f in unused_store(Environment(read(*stores, push(reference))))]
        assert found == ([] if used else ["idle"]), reference


def test_a_consumer_of_another_namespace_uses_no_store_of_this_one() -> None:
    for home, other in product(("shop", "billing", None), repeat=2):
        metadata = {"metadata": {"name": "b", **({"namespace": home} if home else {})}}
        there = {"metadata": {"name": "x", **({"namespace": other} if other else {})}}
        objects = (
            store("a"),
            secret("first", "a"),
            {**store("b"), **metadata},
            {**secret("x", "b"), **there},
        )
        used = None in (home, other) or home == other
        assert bool(list(unused_store(Environment(read(*objects))))) is not used


def test_a_store_that_only_a_text_names_is_used() -> None:
    files = {
        "stores.yaml": yaml.safe_dump_all([store("a"), store("b"), secret("x", "a")]),
        "notes.yaml": yaml.safe_dump({"kind": "ConfigMap", "data": {"x": "secretStore: b"}}),
    }
    whole = read_files(Input(name, text.encode()) for name, text in files.items())
    alone = [r for r in whole.resources if posixpath.basename(r.document.path) == "stores.yaml"]

    assert list(unused_store(Environment(whole.resources))) == []
    assert len(list(unused_store(Environment(alone)))) == 1
