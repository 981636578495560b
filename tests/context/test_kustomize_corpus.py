"""What is claimed of real kustomizations equals what kubectl renders of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kustomize_oracle import Claims, FolderTree, compare, folders, kubectl

from esolint.context.files import Files
from esolint.context.kustomize.render import Renderer

SAMPLE = 60
CLAIMED = 0.95


def chosen(names: list[str]) -> list[str]:
    """Return all folders when asked, else a sample that does not change with the others."""
    if os.environ.get("ESOLINT_ALL_KUSTOMIZATIONS") == "1":
        return names
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:SAMPLE]


def comparisons(corpus: Path) -> Iterator[Claims | None]:
    """Yield a comparison for each chosen kustomization, None where kubectl refuses it."""
    names = chosen(folders(corpus))
    renderers: dict[str, Renderer] = {}
    with ThreadPoolExecutor(2) as pool:
        outputs = pool.map(kubectl, [corpus / name for name in names])
        for name, output in zip(names, outputs, strict=True):
            repository, _, folder = name.partition("/")
            if repository not in renderers:
                renderers[repository] = Renderer(Files(FolderTree(corpus / repository)))
            rendering = renderers[repository].render(folder or ".")
            yield compare(rendering, output) if output is not None else None


@pytest.mark.usefixtures("_with_kubectl")
def test_what_is_claimed_is_what_kubectl_renders(
    shared: Path, record_property: Callable[[str, object], None]
) -> None:
    found = list(comparisons(shared / "corpus"))
    claims = [claim for claim in found if claim is not None]
    objects = sum(claim.objects for claim in claims)
    whole = sum(claim.whole_objects for claim in claims)
    scalars = sum(claim.scalars for claim in claims)
    known = sum(claim.claimed_scalars for claim in claims)
    wrong = [line for claim in claims for line in claim.wrong]
    record_property(
        "share",
        f"kustomize: {len(claims)} of {len(found)} kustomizations rendered; "
        f"{whole} of {objects} objects and {known} of {scalars} values claimed, "
        f"{len(wrong)} claims wrong",
    )

    assert wrong == []
    assert objects > 0
    assert whole >= CLAIMED * objects
    assert known >= CLAIMED * scalars
