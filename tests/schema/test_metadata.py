from __future__ import annotations

from typing import Any

import pytest

from esolint.schema.metadata import check_metadata


def faults(value: Any, namespaced: bool = True) -> list[tuple[str, Any]]:
    return [(v.rule, v.route[1:]) for v in check_metadata(value, namespaced=namespaced)]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"name": "a.b-c.d", "namespace": "a-b"},
        {"name": "a" * 253},
        {"name": None, "namespace": None, "labels": None, "annotations": None},
        {"name": "a", "namespace": ""},
        {"generateName": "abc-"},
        {"name": "a", "generateName": "x_-"},  # of no use, and not looked at to its end
        {"generateName": "a" * 253},  # its beginning is enough
        {"labels": {"a": None, "b": "", "example.com/c": "x" * 63}},
        {"annotations": {"UPPER.example.com/x": "any {{ text }}"}},
        {"finalizers": ["a/b", "c"]},
        {"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "b", "uid": "c"}]},
        {"ownerReferences": [{"apiVersion": "/v1", "kind": "A", "name": "b", "uid": "c"}]},
        {"generation": -1},  # begins at 1 whatever is asked for
        {"creationTimestamp": None, "uid": "x", "resourceVersion": "1", "generation": 2},
        {"creationTimestamp": "2026-01-01T00:00:00Z", "selfLink": "", "managedFields": []},
    ],
)
def test_accepted(value: Any) -> None:
    assert faults(value) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], [("wrong-type", ())]),
        ({"name": 1}, [("wrong-type", ("name",))]),
        ({"name": "A"}, [("invalid-object-name", ("name",))]),
        ({"name": "a" * 254}, [("invalid-object-name", ("name",))]),
        ({"name": "a\n"}, [("invalid-object-name", ("name",))]),
        ({"name": "a..b"}, [("invalid-object-name", ("name",))]),
        ({"generateName": "a_"}, [("invalid-object-name", ("generateName",))]),
        ({"generateName": "a."}, [("invalid-object-name", ("generateName",))]),
        ({"generateName": "a.-"}, [("invalid-object-name", ("generateName",))]),
        ({"generateName": "x_-"}, [("invalid-object-name", ("generateName",))]),
        ({"generateName": "a" * 254}, [("invalid-object-name", ("generateName",))]),
        ({"namespace": "a.b"}, [("invalid-object-name", ("namespace",))]),
        ({"namespace": "a" * 64}, [("invalid-object-name", ("namespace",))]),
        ({"namespace": 3}, [("wrong-type", ("namespace",))]),
        ({"Name": "a"}, [("unknown-field", ("Name",))]),
        ({"labels": {"a": 1}}, [("wrong-type", ("labels", "a"))]),
        ({"labels": {"a": "b c"}}, [("invalid-object-name", ("labels", "a"))]),
        ({"labels": {"a/b/c": ""}}, [("invalid-object-name", ("labels", "a/b/c"))]),
        ({"labels": {"A.com/b": ""}}, [("invalid-object-name", ("labels", "A.com/b"))]),
        ({"labels": {"/b": ""}}, [("invalid-object-name", ("labels", "/b"))]),
        ({"labels": {"a": "x" * 64}}, [("invalid-object-name", ("labels", "a"))]),
        ({"annotations": {"a b": ""}}, [("invalid-object-name", ("annotations", "a b"))]),
        ({"annotations": {"a": {}}}, [("wrong-type", ("annotations", "a"))]),
        ({"annotations": {"a": "x" * 262144}}, [("value-out-of-bounds", ("annotations",))]),
        ({"annotations": []}, [("wrong-type", ("annotations",))]),
        ({"finalizers": ["a b"]}, [("invalid-object-name", ("finalizers", 0))]),
        ({"finalizers": [None]}, [("invalid-object-name", ("finalizers", 0))]),
        (
            {"finalizers": ["orphan", "foregroundDeletion"]},
            [("schema-rule-violated", ("finalizers",))],
        ),
        (
            {"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "b"}]},
            [("missing-field", ("ownerReferences", 0))],
        ),
        (
            {"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "b", "uid": ""}]},
            [("missing-field", ("ownerReferences", 0, "uid"))],
        ),
        (
            {
                "ownerReferences": [
                    {"uid": "c", "apiVersion": "v1", "kind": "A", "name": "", "x": 1}
                ]
            },
            [
                ("unknown-field", ("ownerReferences", 0, "x")),
                ("missing-field", ("ownerReferences", 0, "name")),
            ],
        ),
        ({"generation": 1.5}, [("wrong-type", ("generation",))]),
        ({"creationTimestamp": "yesterday"}, [("wrong-type", ("creationTimestamp",))]),
        ({"creationTimestamp": ""}, [("wrong-type", ("creationTimestamp",))]),
        ({"creationTimestamp": "2026-01-01t00:00:00z"}, [("wrong-type", ("creationTimestamp",))]),
        (
            {"ownerReferences": [{"apiVersion": "a/b/c", "kind": "A", "name": "b", "uid": "c"}]},
            [("invalid-object-name", ("ownerReferences", 0, "apiVersion"))],
        ),
        (
            {"ownerReferences": [{"apiVersion": "apps/", "kind": "A", "name": "b", "uid": "c"}]},
            [("invalid-object-name", ("ownerReferences", 0, "apiVersion"))],
        ),
    ],
)
def test_refused(value: Any, expected: list[Any]) -> None:
    assert faults(value) == expected


def test_the_namespace_of_a_cluster_scoped_object_is_ignored() -> None:
    assert faults({"namespace": "Not A Name"}, namespaced=False) == []
    assert faults({"namespace": 3}, namespaced=False) == [("wrong-type", ("namespace",))]
