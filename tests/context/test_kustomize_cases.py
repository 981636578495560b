"""Each form of a kustomization on a small scale, beside what kubectl makes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kustomize_cases import BASE, CASES
from kustomize_oracle import FolderTree, MemoryTree, compare, is_compared, kubectl

from esolint.context.files import Files
from esolint.context.kustomize.render import Renderer

# What kustomize makes of these is not read here, or only kustomize knows it.
NOT_WHOLE = {
    "annotation selector",
    "blanks json",
    "blanks merged",
    "build metadata",
    "namespace selector",
    "replacements that make fields",
    "secret key quoting",
    "vars",
    "words patched json",
    "workload merged",
}


@pytest.fixture(scope="module")
def rendered(
    _with_kubectl: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, str | None]]:
    """Return for each case its folder and what kubectl renders, None where it refuses."""
    home = tmp_path_factory.mktemp("cases")
    roots = {}
    for number, (name, files) in enumerate(CASES.items()):
        roots[name] = home / str(number)
        for path, text in {**BASE, **files}.items():
            file = roots[name] / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with ThreadPoolExecutor(2) as pool:
        outputs = pool.map(kubectl, [root / "o" for root in roots.values()])
        return {
            name: (root, output)
            for (name, root), output in zip(roots.items(), outputs, strict=True)
        }


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_reading_is_what_kubectl_renders(
    name: str, rendered: dict[str, tuple[Path, str | None]]
) -> None:
    root, output = rendered[name]
    rendering = Renderer(Files(FolderTree(root), wanted=lambda text: True)).render("o")

    if output is None:
        assert rendering.problems
        assert all(problem.detail for problem in rendering.problems)
        return
    claims = compare(rendering, output, everything=True)
    assert claims.wrong == ()
    assert rendering.problems == ()
    assert rendering.unknown == ()
    if name not in NOT_WHOLE:
        assert claims.whole_objects == claims.objects


def test_objects_of_other_kinds_are_not_parsed() -> None:
    """The default reads no Deployment, and what it reads is the same."""
    files = {**BASE, **CASES["references followed"]}
    whole = Renderer(Files(MemoryTree(files), wanted=lambda text: True)).render("o")
    default = Renderer(Files(MemoryTree(files))).render("o")

    assert {r.kind for r in default.resources}.isdisjoint({"Deployment", "Service", "Ingress"})
    assert len(whole.resources) > len(default.resources)
    assert [r.value for r in default.resources if is_compared(r)] == [
        r.value for r in whole.resources if is_compared(r)
    ]
    # The Role that the binding names was not parsed: it may have been renamed.
    (binding,) = (r for r in default.resources if r.kind == "RoleBinding")
    assert binding.unknown(("roleRef", "name"))
