"""Real repositories, broken on purpose: each fault is reported at its place, and nothing else."""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from plants import PLANTS, Fault, Plant, Tree

from esolint.config import active_rules
from esolint.diagnostic import Diagnostic, Result
from esolint.rule import load_rules
from esolint.run import Request, run


def checked(root: Path, profile: str) -> Result:
    """Return what a run in a repository reports."""
    here = Path.cwd()
    os.chdir(root)
    gc.disable()  # as the command line does
    try:
        rules = active_rules(load_rules(), select=(), ignore=(), profile=profile, options={})
        request = Request(["."], ".", rules, "2026-01-01", profile=profile)
        return run(request)
    finally:
        gc.enable()
        os.chdir(here)


def identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    """Return what tells a finding from others, whatever it says."""
    return (diagnostic.rule, diagnostic.case, diagnostic.place.path, diagnostic.fingerprint)


class Repositories:
    """Copies of the corpus that are changed and put back, and what is reported of them sound."""

    def __init__(self, corpus: Path, scratch: Path) -> None:
        self._corpus = corpus
        self._scratch = scratch
        self._trees: dict[str, Tree] = {}
        self._sound: dict[tuple[str, str], Result] = {}

    def tree(self, name: str) -> Tree:
        if name not in self._trees:
            copy = self._scratch / name
            shutil.copytree(self._corpus / name, copy, symlinks=True)
            self._trees[name] = Tree(copy)
        return self._trees[name]

    def sound(self, name: str, profile: str) -> Result:
        if (name, profile) not in self._sound:
            self._sound[name, profile] = checked(self.tree(name).root, profile)
        return self._sound[name, profile]


@pytest.fixture(scope="session")
def repositories(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Repositories:
    return Repositories(shared / "corpus", tmp_path_factory.mktemp("planted"))


@pytest.fixture
def planted(repositories: Repositories) -> Iterator[Callable[[Plant], tuple[Tree, Result]]]:
    trees = []

    def plant(one: Plant) -> tuple[Tree, Result]:
        tree = repositories.tree(one.repository)
        trees.append(tree)
        one.edit(tree)
        return tree, checked(tree.root, one.profile)

    yield plant
    for tree in trees:
        tree.restore()


def outcome(before: Result, after: Result) -> tuple[list[Diagnostic], set[tuple[str, str]]]:
    """Return the findings that are new, and the skipped inputs that are."""
    known = Counter(map(identity, before.diagnostics))
    new = []
    for diagnostic in after.diagnostics:
        if diagnostic.suppressed is not None:
            continue
        if known[identity(diagnostic)]:
            known[identity(diagnostic)] -= 1
        else:
            new.append(diagnostic)
    return new, skips(after) - skips(before)


def skips(result: Result) -> set[tuple[str, str]]:
    return {(skip.path, skip.reason) for skip in result.skipped}


def parameters() -> Iterator[object]:
    for one in PLANTS:
        marks = [pytest.mark.slow] if one.slow else []
        if one.missed:
            marks.append(pytest.mark.xfail(reason=one.missed))
        yield pytest.param(one, id=f"{one.repository.split('__')[0]}-{one.name}", marks=marks)


@pytest.mark.parametrize("one", list(parameters()))
def test_a_plant_is_reported_where_it_is_and_nothing_else(
    one: Plant,
    repositories: Repositories,
    planted: Callable[[Plant], tuple[Tree, Result]],
) -> None:
    before = repositories.sound(one.repository, one.profile)

    tree, after = planted(one)

    new, skipped = outcome(before, after)
    faults = one.faults(tree) if one.faults else ()
    expected = Counter((f.rule, f.severity, f.path, line(tree, f)) for f in faults)
    found = Counter((d.rule, d.severity, d.place.path, d.place.span.line) for d in new)
    told = "\n".join(f"{d.place.path}:{d.place.span.line} {d.rule}: {d.message}" for d in new)
    assert found == expected, told
    assert skipped == set(one.skipped)


def line(tree: Tree, fault: Fault) -> int:
    """Return the line of a fault: the last one of its snippet, which stands once in its file."""
    if isinstance(fault.at, int):
        return fault.at
    text = tree.text(fault.path)
    assert text.count(fault.at) == 1, f"{fault.at!r} stands {text.count(fault.at)} times"
    return text[: text.index(fault.at) + len(fault.at.rstrip())].count("\n") + 1


def test_there_are_plants_of_many_kinds() -> None:
    faulty = [one for one in PLANTS if one.faults or one.skipped]
    assert len(faulty) >= 30
    assert len(PLANTS) - len(faulty) >= 10
    assert len({one.repository for one in PLANTS}) >= 5
    assert len({one.name for one in PLANTS}) == len(PLANTS)
