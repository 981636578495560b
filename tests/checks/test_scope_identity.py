"""Every field that says as whom a store signs in: the schemas have it, and it tells them apart."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.checks.scope_identity import _SIGNS, _Sign, credential_shared_across_namespaces
from esolint.graph import Environment
from esolint.resource import resources
from esolint.schema import packaged
from esolint.schema.tree import step_into
from esolint.source import read_text
from esolint.value import Route

SIGNS = [
    pytest.param(provider, sign, id=f"{provider}.{'.'.join(map(str, sign.route))}")
    for provider, signs in _SIGNS.items()
    for sign in signs
]


@pytest.mark.parametrize(("provider", "sign"), SIGNS)
def test_the_schemas_have_its_fields(provider: str, sign: _Sign) -> None:
    catalog = packaged()
    tree = catalog.tree(catalog.kinds["SecretStore"].versions["v1"])
    for route in (sign.route, *sign.beside, *([sign.unless] if sign.unless else [])):
        here: Any = tree
        for step in ("spec", "provider", provider, *route):
            here = step_into(here, step)
            assert here is not None, route


def put(where: dict[str, Any], route: Route, value: str) -> None:
    here: Any = where
    for step in route[:-1]:
        here = here.setdefault(step, {})
    here[route[-1]] = value


def objects(provider: str, sign: _Sign, namespace: str, **given: str) -> list[dict[str, Any]]:
    """Return a store of a namespace, and its ServiceAccount where that has the name."""
    config: dict[str, Any] = {}
    name = given.get("name", "reader")
    for route in sign.beside:
        put(config, route, given.get("beside", "same"))
    put(config, sign.route, "account" if sign.annotation else name)
    metadata: dict[str, Any] = {"name": "account", "namespace": namespace}
    store = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "store", "namespace": namespace},
        "spec": {"provider": {provider: config}},
    }
    if sign.annotation is None:
        return [store]
    metadata["annotations"] = {sign.annotation: name}
    return [store, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}]


def found(*parts: list[dict[str, Any]]) -> list[str]:
    text = yaml.safe_dump_all([one for part in parts for one in part])
    documents, unread = read_text(text, "manifest.yaml")
    assert not unread
    env = Environment([resource for d in documents for resource in resources(d)])
    return [finding.message for finding in credential_shared_across_namespaces(env)]


@pytest.mark.parametrize(("provider", "sign"), SIGNS)
def test_equal_names_are_one_identity(provider: str, sign: _Sign) -> None:
    one = objects(provider, sign, "a")

    (message,) = found(one, objects(provider, sign, "b"), objects(provider, sign, "c"))

    assert message == (
        f'SecretStores of 3 namespaces sign in as {sign.noun} "reader": those of "a", "b", "c"'
    )
    assert found(one, objects(provider, sign, "a")) == []
    assert found(one, objects(provider, sign, "b", name="other")) == []
    assert found(one, objects(provider, sign, "b", name="${NAME}")) == []
    assert found(one, objects(provider, sign, "${NAMESPACE}")) == []
    if sign.beside:
        assert found(one, objects(provider, sign, "b", beside="other")) == []
        assert found(one, objects(provider, sign, "b", beside="${OTHER}")) == []
    if sign.unless:
        taken = objects(provider, sign, "b")
        put(taken[0]["spec"]["provider"][provider], sign.unless, "set")
        assert found(one, taken) == []
