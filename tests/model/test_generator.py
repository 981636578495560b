"""Where the specs of generators stand."""

from __future__ import annotations

import pytest

from esolint.model.generator import generator_specs
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
