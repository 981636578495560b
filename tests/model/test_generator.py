"""Where the specs of generators stand."""

from __future__ import annotations

import pytest

from esolint.model.generator import GENERATOR_KINDS, generator_specs, output
from esolint.resource import resources
from esolint.source import read_text
from esolint.value import Route


@pytest.mark.parametrize(
    ("manifest", "specs"),
    [
        ("kind: Fake", [(("spec",), "Fake")]),
        (
            "kind: ClusterGenerator\nspec: {kind: Fake, generator: {fakeSpec: {data: {}}}}",
            [(("spec", "generator", "fakeSpec"), "Fake")],
        ),
        ("kind: ClusterGenerator\nspec: {generator: {nosuchSpec: {}}}", []),
        ("kind: SecretStore", []),
    ],
)
def test_generator_specs(manifest: str, specs: list[tuple[Route, str]]) -> None:
    text = f"apiVersion: generators.external-secrets.io/v1alpha1\n{manifest}\n"
    (document,), _ = read_text(text, "generator.yaml")
    (resource,) = resources(document)

    assert list(generator_specs(resource)) == specs


def test_another_group_has_no_generators() -> None:
    (document,), _ = read_text("apiVersion: v1\nkind: Fake\n", "generator.yaml")
    (resource,) = resources(document)

    assert list(generator_specs(resource)) == []


@pytest.mark.parametrize(
    ("manifest", "keys", "exact"),
    [
        ("kind: UUID", "uuid", True),
        ("kind: MFA", "timeLeft token", True),
        ("kind: Password\nspec: {length: 8}", "password", True),
        ("kind: Password\nspec: {secretKeys: []}", "password", True),
        ("kind: Password\nspec: {secretKeys: [a, b]}", "a b", True),
        ("kind: Password\nspec: {secretKeys: [a, '${B}']}", "a", False),
        ("kind: Password\nspec: {secretKeys: x}", "", False),
        ("kind: Fake\nspec: {data: {a: '1'}}", "a", True),
        ("kind: Fake\nspec:", "", True),
        (
            "kind: ECRAuthorizationToken\nspec: {region: x}",
            "expires_at password proxy_endpoint username",
            True,
        ),
        (
            "kind: ECRAuthorizationToken\nspec: {scope: '${SCOPE}'}",
            "expires_at password username",
            False,
        ),
        ("kind: Webhook\nspec: {url: x}", "", False),
        ("kind: ClusterGenerator\nspec: {generator: {mfaSpec: {}}}", "timeLeft token", True),
        ("kind: ClusterGenerator\nspec: {generator: {mfaSpec: {}, uuidSpec: {}}}", "", False),
        ("kind: ClusterGenerator\nspec: 1", "", False),
    ],
)
def test_output(manifest: str, keys: str, exact: bool) -> None:
    text = f"apiVersion: generators.external-secrets.io/v1alpha1\n{manifest}\n"
    (document,), _ = read_text(text, "generator.yaml")
    (resource,) = resources(document)

    known = output(resource.kind, resource)
    assert (" ".join(sorted(known.keys)), known.exact) == (keys, exact)


def test_output_of_a_generator_that_is_not_at_hand() -> None:
    assert output("GithubAccessToken").keys == {"token"}
    for kind in GENERATOR_KINDS | {"ClusterGenerator", "Nonsense"}:
        known = output(kind)
        assert known.keys or not known.exact
