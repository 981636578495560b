"""The Kustomizations of real clusters, from their entry points down."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from flux_world import is_wanted, walk, world
from kustomize_oracle import FolderTree

from esolint.context import flux
from esolint.context.files import Files
from esolint.context.rendering import Rendering
from esolint.resource import Resource, known_namespace, resources

REPOSITORIES = (
    "bjw-s-labs__home-ops",
    "joryirving__home-ops",
    "onedr0p__home-ops",
    "ricsanfre__pi-cluster",
)
KNOWN = 0.95


class Walked(NamedTuple):
    """What a repository yields, and how many Kustomizations stand in it."""

    renderings: list[Rendering]
    syncs: int


@pytest.fixture(scope="module", params=REPOSITORIES)
def walked(request: pytest.FixtureRequest, shared: Path) -> Walked:
    root = shared / "corpus" / request.param
    tree = FolderTree(root)
    files = Files(tree, wanted=is_wanted)
    objects: list[Resource] = []
    for here, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                path = os.path.relpath(os.path.join(here, name), root)
                for document in files.documents(path).documents:
                    objects.extend(resources(document))
    syncs = [resource for resource in objects if flux.is_kustomization(resource)]
    entries = [e for resource in objects if resource.kind for e in flux.entries(resource)]
    around = world(tree, objects, files)
    renderings: list[Rendering] = []
    for entry in entries:
        first = walk([entry], around)
        here_now = [resource for rendering in first for resource in rendering.resources]
        # A second time, with what is on this cluster.
        renderings += walk([entry], around._replace(find=world(tree, here_now, files).find))
    if not entries:
        renderings = walk(syncs, around)
    return Walked(renderings, len(syncs))


def test_all_are_rendered_and_their_objects_have_namespaces(
    walked: Walked, record_property: Callable[[str, object], None]
) -> None:
    consumers = [
        resource
        for rendering in walked.renderings
        for resource in rendering.resources
        if resource.kind == "ExternalSecret"
    ]
    known = sum(known_namespace(consumer) is not None for consumer in consumers)
    named = sum(not consumer.unknown(("metadata", "name")) for consumer in consumers)
    record_property(
        "share",
        f"flux: {known} namespaces and {named} names of {len(consumers)} ExternalSecrets known, "
        f"in {len(walked.renderings)} renderings",
    )

    assert len(walked.renderings) >= walked.syncs
    assert consumers
    assert known >= KNOWN * len(consumers)
    assert named >= KNOWN * len(consumers)


def test_nothing_is_eaten(walked: Walked) -> None:
    assert [e for rendering in walked.renderings for e in rendering.eaten] == []
