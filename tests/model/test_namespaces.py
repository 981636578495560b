"""Namespaces, and who takes them: label selectors, conditions, cluster-wide consumers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from esolint.model.namespaces import (
    NAME_LABEL,
    Namespace,
    admits,
    matches,
    namespaces,
    selected,
    takes_all,
)
from esolint.resource import Resource, resources
from esolint.source import read_text


def read(*objects: dict[str, Any] | str) -> list[Resource]:
    texts = [o if isinstance(o, str) else yaml.safe_dump(o, sort_keys=False) for o in objects]
    documents, unread = read_text("\n---\n".join(texts), "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def namespace(name: str, labels: Any = None, **annotations: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def store(*conditions: Any) -> Resource:
    (resource,) = read(
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ClusterSecretStore",
            "metadata": {"name": "vault"},
            "spec": {"conditions": list(conditions)},
        }
    )
    return resource


ROUTE = ("spec", "conditions", 0, "namespaceSelector")


def answer(selector: Any, space: Namespace) -> bool | None:
    return matches(store({"namespaceSelector": selector}), ROUTE, space).answer


# What the objects show


def test_objects_of_one_name_are_kept_where_they_differ() -> None:
    known = namespaces(
        read(
            namespace("shop", {"team": "a"}),
            namespace("shop", {"team": "b"}),
            namespace("shop", {"team": "a"}),
            namespace("${NAME}"),
            {"apiVersion": "example.com/v1", "kind": "Namespace", "metadata": {"name": "other"}},
        )
    )

    assert {name: [n.labels for n in found] for name, found in known.items()} == {
        "shop": [{"team": "a"}, {"team": "b"}]
    }


def test_labels_that_are_not_known() -> None:
    (shop,) = namespaces(read(namespace("shop", {"team": "${TEAM}", "on": True})))["shop"]
    (billing,) = namespaces(read(namespace("billing", "${LABELS}")))["billing"]

    assert shop.labels == {"team": None, "on": None}
    assert billing.labels is None


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  destination: {namespace: NAMESPACE}
  syncPolicy: {managedNamespaceMetadata: {labels: {team: a}}}
"""


@pytest.mark.parametrize(
    ("objects", "is_open"),
    [
        ([], False),
        ([APPLICATION.replace("NAMESPACE", "shop")], True),
        ([APPLICATION.replace("NAMESPACE", "billing")], False),
        ([APPLICATION.replace("NAMESPACE", '"{{ name }}"')], True),
    ],
)
def test_argo_cd_may_label_what_it_makes(objects: list[str], is_open: bool) -> None:
    (shop,) = namespaces(read(namespace("shop"), *objects))["shop"]

    assert shop.open is is_open


def test_who_hands_namespaces_out_labels_them() -> None:
    marked = namespace("shop", None, **{"field.cattle.io/projectId": "p-1"})

    assert namespaces(read(marked))["shop"][0].open


# Selectors

A = Namespace("shop", {"team": "a", "stage": None})


@pytest.mark.parametrize(
    ("selector", "space", "expected"),
    [
        ({}, Namespace("shop"), True),
        (None, A, None),
        ("${SELECTOR}", A, None),
        ({"matchLabels": {"team": "a"}}, A, True),
        ({"matchLabels": {"team": "b"}}, A, False),
        ({"matchLabels": {"team": "a"}}, Namespace("shop"), None),
        ({"matchLabels": {"stage": "prod"}}, A, None),
        ({"matchLabels": {"tier": "web"}}, A, False),
        ({"matchLabels": {"tier": "web"}}, A._replace(open=True), None),
        ({"matchLabels": {"istio.io/rev": "stable"}}, A, None),
        ({"matchLabels": {"team": "${TEAM}"}}, A, None),
        # One requirement that is not met settles it, whatever the others are.
        ({"matchLabels": {"stage": "prod", "team": "b"}}, A, False),
        ({"matchLabels": {NAME_LABEL: "shop"}}, Namespace("shop"), True),
        ({"matchLabels": {NAME_LABEL: "other"}}, Namespace("shop"), False),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}, A, True),
        ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}, A, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["a"]}]}, A, True),
        ({"matchExpressions": [{"key": "stage", "operator": "Exists"}]}, A, True),
        ({"matchExpressions": [{"key": "stage", "operator": "DoesNotExist"}]}, A, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, A, True),
        ({"matchExpressions": [{"key": "team", "operator": "Is", "values": ["b"]}]}, A, None),
        ({"matchExpressions": [{"key": "team", "operator": "In"}]}, A, None),
        ({"matchExpressions": "team"}, A, None),
    ],
)
def test_selector(selector: Any, space: Namespace, expected: bool | None) -> None:
    assert answer(selector, space) is expected


KEYS = st.sampled_from(["team", "stage", "tier", NAME_LABEL])
VALUES = st.sampled_from(["a", "b", "shop"])
EXPRESSIONS = st.one_of(
    st.fixed_dictionaries(
        {
            "key": KEYS,
            "operator": st.sampled_from(["In", "NotIn"]),
            "values": st.lists(VALUES, min_size=1),
        }
    ),
    st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(KEYS, VALUES, max_size=2),
        "matchExpressions": st.lists(EXPRESSIONS, max_size=2),
    },
)


def oracle(selector: Any, labels: Mapping[str, str]) -> bool:
    """Evaluate a selector as k8s.io/apimachinery does."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        has = each["key"] in labels
        holds = {
            "In": has and labels.get(each["key"]) in each.get("values", ()),
            "NotIn": not has or labels[each["key"]] not in each.get("values", ()),
            "Exists": has,
            "DoesNotExist": not has,
        }
        if not holds[each["operator"]]:
            return False
    return True


@given(
    SELECTORS,
    st.dictionaries(st.sampled_from(["team", "stage", "tier"]), VALUES),
    st.sets(st.sampled_from(["team", "stage", "tier"])),
)
def test_a_selector_means_what_kubernetes_says_and_holes_never_turn_it(
    selector: Any, labels: dict[str, str], hidden: set[str]
) -> None:
    truth = oracle(selector, {**labels, NAME_LABEL: "shop"})
    veiled = {key: None if key in hidden else value for key, value in labels.items()}

    assert answer(selector, Namespace("shop", labels)) is truth
    assert answer(selector, Namespace("shop", veiled)) in (truth, None)
    assert answer(selector, Namespace("shop")) in (truth, None)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"matchLabels": {}, "matchExpressions": []}, True),
        ({"matchExpressions": [{"key": NAME_LABEL, "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "Exists"}]}, False),
        ({"matchLabels": "${LABELS}"}, False),
        ("${SELECTOR}", False),
    ],
)
def test_a_selector_that_takes_all(selector: Any, expected: bool) -> None:
    assert takes_all(store({"namespaceSelector": selector}), ROUTE) is expected


# Stores

KNOWN = namespaces(read(namespace("shop", {"team": "a"}), namespace("bare")))


@pytest.mark.parametrize(
    ("conditions", "space", "expected"),
    [
        ([], "shop", True),
        ([{}], "shop", False),
        ([{}, {"namespaces": ["shop"]}], "shop", True),
        ([{"namespaces": []}], "shop", False),
        ([{"namespaces": ["billing"], "namespaceRegexes": ["^s"]}], "shop", True),
        ([{"namespaces": ["billing"], "namespaceRegexes": ["^b"]}], "shop", False),
        ([{"namespaces": ["${NAME}"]}], "shop", None),
        ([{"namespaces": ["${NAME}", "shop"]}], "shop", True),
        ([{"namespaces": "${NAMES}"}], "shop", None),
        ([{"namespaceRegexes": ["ho"]}], "shop", True),
        ([{"namespaceRegexes": ["(?!x)"]}], "shop", None),
        ([{"namespaceRegexes": ["${NAMES}"]}], "shop", None),
        ([{"namespaceSelector": None}], "shop", False),
        ([{"namespaceSelector": {}}], "other", True),
        ([{"namespaceSelector": {"matchLabels": {"team": "b"}}}], "other", None),
        ([{"namespaceSelector": {"matchLabels": {"team": "b"}}}], "shop", False),
        ([{"namespaceSelector": {"matchLabels": {"team": "b"}}}, "${MORE}"], "shop", None),
    ],
)
def test_conditions(conditions: list[Any], space: str, expected: bool | None) -> None:
    assert admits(store(*conditions), space, KNOWN).answer is expected


def test_other_stores_have_no_conditions_that_count() -> None:
    (own,) = read(yaml.safe_dump({**store({}).value, "kind": "SecretStore"}))

    assert admits(own, "shop", {}).answer is True


def test_a_denial_says_why_and_how_sure_it_is() -> None:
    by_label = {"namespaceSelector": {"matchLabels": {"team": "b"}}}

    missing = admits(store(by_label), "bare", KNOWN)
    other = admits(store(by_label), "shop", KNOWN)
    several = admits(store(by_label, {"namespaces": ["dev", "test"]}), "bare", KNOWN)

    route = ("spec", "conditions", 0, "namespaceSelector", "matchLabels", "team")
    assert missing == (False, 'it has no label "team"', route, False)
    assert other == (False, 'its label "team" is "a", not "b"', route, True)
    assert several.why == 'it has no label "team"; its name is none of "dev", "test"'
    assert (several.route, several.sure) == (("spec", "conditions"), False)


def test_a_name_with_two_objects_is_refused_by_both_or_not_at_all() -> None:
    known = namespaces(read(namespace("shop", {"team": "a"}), namespace("shop", {"team": "b"})))

    for team, expected in (("a", True), ("b", True), ("c", False)):
        condition = {"namespaceSelector": {"matchLabels": {"team": team}}}
        assert admits(store(condition), "shop", known).answer is expected


# Cluster-wide consumers


def consumer(kind: str, **spec: Any) -> Resource:
    version = "v1alpha1" if kind == "ClusterPushSecret" else "v1"
    (resource,) = read(
        {
            "apiVersion": f"external-secrets.io/{version}",
            "kind": kind,
            "metadata": {"name": "all"},
            "spec": spec,
        }
    )
    return resource


def test_what_a_cluster_external_secret_selects() -> None:
    known = namespaces(
        read(
            namespace("shop", {"team": "a"}),
            namespace("billing", {"team": "${TEAM}"}),
            namespace("bare"),
        )
    )
    team = {"matchLabels": {"team": "a"}}
    spec = {"namespaceSelectors": [team, "${MORE}"], "namespaces": ["named", "${NAME}"]}

    found = selected(consumer("ClusterExternalSecret", **spec), known)
    old = selected(consumer("ClusterExternalSecret", namespaceSelector=team), known)
    push = selected(consumer("ClusterPushSecret", **spec), known)

    assert found.sure == {
        "named": ("spec", "namespaces", 0),
        "shop": ("spec", "namespaceSelectors", 0),
    }
    assert found.possible == {"billing"}
    assert old.sure == {"shop": ("spec", "namespaceSelector")}
    assert list(push.sure) == ["shop"]
    assert selected(consumer("ClusterExternalSecret"), known) == ({}, frozenset())
