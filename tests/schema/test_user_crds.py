from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from esolint.schema import admit
from esolint.schema.importer import CrdError
from esolint.schema.user_crds import from_crds, read_crds
from esolint.schema.versions import Version
from esolint.value import Route

V1 = "external-secrets.io/v1"


def crd(**changes: Any) -> dict[str, Any]:
    made = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "externalsecrets.external-secrets.io"},
        "spec": {
            "group": "external-secrets.io",
            "scope": "Namespaced",
            "names": {"kind": "ExternalSecret", "plural": "externalsecrets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "properties": {"size": {"type": "integer"}},
                                    "x-kubernetes-validations": [
                                        {"rule": "self.size < 10", "message": "too big"},
                                        {"rule": "self.size >= oldSelf.size"},
                                    ],
                                }
                            },
                        }
                    },
                }
            ],
        },
    }
    made["spec"].update(changes)  # type: ignore[attr-defined]
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def test_a_users_own_crds() -> None:
    catalog = from_crds([crd()])

    def faults(spec: Any) -> list[tuple[str, Route, str]]:
        value = {
            "apiVersion": V1,
            "kind": "ExternalSecret",
            "metadata": {"name": "a"},
            "spec": spec,
        }
        found = admit(
            value, V1, "ExternalSecret", eso_version=Version(2, 9), catalog=catalog
        ).violations
        return [(v.rule, v.route, v.message) for v in found]

    assert faults({"size": 3}) == []
    assert faults({"size": 12}) == [("schema-rule-violated", ("spec",), "too big")]
    assert [fault[:2] for fault in faults({"size": 3, "target": {}})] == [
        ("unknown-field", ("spec", "target"))
    ]
    # An error of CEL refuses the object like a rule that does not hold.
    assert [fault[0] for fault in faults({})] == ["schema-rule-violated"]


@pytest.mark.parametrize(
    ("route", "value", "message"),
    [
        (("spec", "versions", 0, "schema"), None, "no schema"),
        (("spec", "names"), "x", "no kind"),
        (("spec", "versions"), {}, "no versions"),
        (("spec", "group"), 1, "no group"),
        (("spec", "scope"), "Galaxy", "neither Namespaced nor Cluster"),
    ],
)
def test_a_crd_of_another_shape_is_refused(
    tmp_path: Path, route: Route, value: Any, message: str
) -> None:
    broken = crd()
    here: Any = broken
    for step in route[:-1]:
        here = here[step]
    here[route[-1]] = value
    path = tmp_path / "crds.yaml"
    path.write_text(json.dumps(broken))
    with pytest.raises(CrdError, match=message) as caught:
        read_crds([str(path)])
    assert (caught.value.path, caught.value.line) == (str(path), 1)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("properties: []", "properties has a value of the wrong type"),
        ("required: [[]]", "required names a field that is no string"),
        ("x-kubernetes-validations: [{rule: 'self.a <'}]", "the CEL expression does not compile"),
        ("anyOf: [3]", "this is no schema"),
        ("items: {enum: 3}", "enum has a value of the wrong type"),
    ],
)
def test_the_line_of_a_fault_in_a_schema_is_told(tmp_path: Path, schema: str, message: str) -> None:
    path = tmp_path / "crds.yaml"
    path.write_text(f"""\
apiVersion: v1
kind: List
items:
  - kind: Secret
  - kind: CustomResourceDefinition
    spec:
      group: external-secrets.io
      scope: Cluster
      names: {{kind: ClusterSecretStore}}
      versions:
        - name: v1
          schema:
            openAPIV3Schema:
              {schema}
""")
    with pytest.raises(CrdError, match=message) as caught:
        read_crds([str(tmp_path)])
    assert caught.value.line == 14


def test_foreign_crds_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"kind": "List", "items": [crd()]}))
    (tmp_path / "b.yaml").write_text(json.dumps(crd(group="example.com")))
    (tmp_path / "c.txt").write_text("{")
    catalog, others = read_crds([str(tmp_path)])
    assert list(catalog.kinds) == ["ExternalSecret"]
    assert others == ["ExternalSecret of example.com"]


@pytest.mark.parametrize("content", ["", "kind: ConfigMap", "a: [", "\xff"])
def test_a_file_without_crds_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "crds.yaml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(CrdError):
        read_crds([str(path)])


def test_kinds_that_are_not_among_them_are_judged_as_ever() -> None:
    value: Any = {"metadata": {"name": "a"}, "spec": {"provider": {}}}
    found = admit(
        value, V1, "SecretStore", eso_version=Version(2, 9), catalog=from_crds([crd()])
    ).violations
    assert [violation.rule for violation in found] == ["not-exactly-one"]


def test_marks_of_the_trees_own_mean_nothing_in_a_users_schema() -> None:
    odd = crd()
    schema = odd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"].update({"@": "x", "type@": {"y": "z"}, "": 1, "shape": "none"})
    catalog = from_crds([odd])
    value: Any = {"metadata": {"name": "a"}, "spec": {"size": 1}}
    assert admit(value, V1, "ExternalSecret", catalog=catalog).violations == []


def test_a_released_bundle_is_what_the_packaged_schemas_say(bundle_paths: list[Path]) -> None:
    newest = next(path for path in bundle_paths if path.name.startswith("v2.9."))
    catalog, others = read_crds([str(newest)])
    assert others == []
    value: Any = {
        "metadata": {"name": "a"},
        "spec": {"provider": {"crd": {}, "fake": {"data": [{"key": 1}]}}},
    }
    version = Version(2, 9)
    own = admit(value, V1, "SecretStore", eso_version=version, catalog=catalog).violations
    packaged = admit(value, V1, "SecretStore", eso_version=version).violations
    assert {v[:2] for v in own} == {v[:2] for v in packaged}
    assert len(packaged) > 3
