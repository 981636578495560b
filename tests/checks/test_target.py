"""What an ExternalSecret writes: policies against each other, and one finding for each fault."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import yaml

from esolint import engine
from esolint.engine import ActiveRule
from esolint.environments import surroundings
from esolint.repository import Input, read
from esolint.rule import load_rules

POLICY_RULES = (
    "policy-combination",
    "orphan-with-delete",
    "delete-unowned-target",
    "delete-on-empty-find",
)
CREATION = ("Owner", "Orphan", "Merge", "None", "CreateOrMerge")
DELETION = ("Retain", "Delete", "Merge")
FIND: dict[str, Any] = {"find": {"tags": {"team": "shop"}}}
EXTRACT: dict[str, Any] = {"extract": {"key": "db"}}


def found(ids: tuple[str, ...], *objects: dict[str, Any]) -> Iterator[str]:
    """Yield the rules that report something, once for each finding."""
    text = yaml.safe_dump_all(objects)
    repository = read([Input("manifest.yaml", text.encode())])
    rules = load_rules()
    active = [ActiveRule(rules[each], rules[each].defaults()) for each in ids]
    for located in engine.check(repository, surroundings(repository).environments, active):
        yield located.rule.id


def external_secret(target: dict[str, Any], *entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"secretStoreRef": {"name": "vault"}, "target": target, "dataFrom": [*entries]},
    }


def inside(secret: dict[str, Any]) -> dict[str, Any]:
    """Return the ClusterExternalSecret that makes an ExternalSecret."""
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterExternalSecret",
        "metadata": {"name": "db"},
        "spec": {
            "namespaceSelectors": [{"matchLabels": {"team": "shop"}}],
            "externalSecretSpec": secret["spec"],
        },
    }


@pytest.mark.parametrize(("creation", "deletion"), list(product(CREATION, DELETION)))
def test_a_pair_of_policies_is_one_fault_at_most(creation: str, deletion: str) -> None:
    policies = {"creationPolicy": creation, "deletionPolicy": deletion}
    refused = (deletion == "Delete" and creation in ("Merge", "None", "CreateOrMerge")) or (
        (deletion, creation) == ("Merge", "None")
    )
    deletes = deletion == "Delete" and not refused
    cases = (
        (policies, EXTRACT, "orphan-with-delete" if creation == "Orphan" else None),
        (policies, FIND, "orphan-with-delete" if creation == "Orphan" else "delete-on-empty-find"),
        (
            {**policies, "manifest": {"apiVersion": "v1", "kind": "ConfigMap"}},
            FIND,
            "delete-unowned-target",
        ),
    )

    for target, entry, special in cases:
        expected = ["policy-combination"] if refused else [special] if deletes and special else []
        secret = external_secret(target, entry)
        assert list(found(POLICY_RULES, secret)) == expected
        assert list(found(POLICY_RULES, inside(secret))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1),
        ({"refreshPolicy": "OnChange"}, 1),
        ({"refreshPolicy": "CreatedOnce"}, 0),
        ({"refreshInterval": "0"}, 0),
        ({"refreshInterval": "never"}, 0),
        ({"data": [{"secretKey": "a", "remoteRef": {"key": "b"}}]}, 0),
        ({"data": []}, 1),
        ({"dataFrom": [FIND, EXTRACT]}, 0),
        ({"dataFrom": [FIND, {"sourceRef": {"generatorRef": {"kind": "UUID", "name": "a"}}}]}, 0),
        ({"dataFrom": []}, 0),
    ],
)
def test_a_search_that_finds_nothing(changes: dict[str, Any], expected: int) -> None:
    secret = external_secret({"deletionPolicy": "Delete"}, FIND)
    secret["spec"].update(changes)

    assert len(list(found(("delete-on-empty-find",), secret))) == expected


@pytest.mark.parametrize(("length", "expected"), [(1, 0), (59, 0), (60, 1), (253, 1)])
def test_a_name_becomes_a_finalizer(length: int, expected: int) -> None:
    cluster = inside(external_secret({}, EXTRACT))
    cluster["metadata"]["name"] = "a" * length

    assert len(list(found(("cluster-external-secret-name-too-long",), cluster))) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("Owner", 1), ("Merge", 1), ("Orphan", 0), ("CreateOrMerge", 0), ("None", 0)],
)
def test_what_argo_prunes_by_is_left_to_another_rule(policy: str, expected: int) -> None:
    secret = external_secret({"creationPolicy": policy}, EXTRACT)
    secret["metadata"]["labels"] = {"argocd.argoproj.io/instance": "shop"}
    kubectl = external_secret({"creationPolicy": policy}, EXTRACT)
    key = "kubectl.kubernetes.io/last-applied-configuration"
    kubectl["metadata"]["annotations"] = {key: "{}"}

    assert len(list(found(("metadata-copied",), secret))) == expected
    assert len(list(found(("metadata-copied",), kubectl))) == int(policy != "None")
