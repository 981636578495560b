from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esolint.discover import (
    Discovered,
    MissingPathError,
    context_root,
    discover,
    matcher,
    read_bytes,
    shown,
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, which is the working directory too."""
    root = (tmp_path / "repository").resolve()
    root.joinpath(".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root


def write(root: Path, *names: str, **contents: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents.get("content", "a: b\n"), encoding="utf-8")


def ignore(root: Path, *lines: str, folder: str = ".") -> None:
    root.joinpath(folder).mkdir(parents=True, exist_ok=True)
    root.joinpath(folder, ".gitignore").write_text("\n".join(lines) + "\n", encoding="utf-8")


def names(found: Discovered) -> list[str]:
    return [file.shown for file in found.files]


def reported(found: Discovered) -> list[str]:
    return [file.shown for file in found.files if file.reported]


def skips(found: Discovered) -> list[tuple[str, str]]:
    return [(skip.path, skip.reason) for skip in found.skipped]


# Which files


def test_files_that_can_hold_manifests(tree: Path) -> None:
    wanted = ["a.yaml", "b.YML", "c.json", "d/e.yaml.tpl", "d/f.j2", "d/Kustomization", ".g/h.yaml"]
    write(tree, *wanted, "x.txt", "x.yaml.bak", "yaml", "d/x.py")
    write(tree, ".git/x.yaml", "node_modules/x.yaml", "d/.terraform/x.json", ".venv/x.yaml")

    assert names(discover(["."], ".")) == sorted(wanted)


def test_order_is_that_of_the_names(tree: Path) -> None:
    wanted = ["a-b.yaml", "a.yaml", "a/b.yaml", "a/b/c.yaml", "b.yaml", "é.yaml"]
    write(tree, *reversed(wanted))

    assert names(discover(["."], ".")) == wanted
    assert names(discover(["b.yaml", "a", "."], ".")) == wanted


def test_only_what_is_named_is_reported(tree: Path) -> None:
    write(tree, "a/x.yaml", "a/b/y.yaml", "ab/z.yaml", "c.yaml")

    found = discover(["a", "c.yaml"], ".")

    assert names(found) == ["a/b/y.yaml", "a/x.yaml", "ab/z.yaml", "c.yaml"]
    assert reported(found) == ["a/b/y.yaml", "a/x.yaml", "c.yaml"]


@pytest.mark.parametrize("name", ["a.txt", "manifest", ".git/a.yaml", "node_modules/a.yaml"])
def test_named_file_is_read_whatever_its_name(tree: Path, name: str) -> None:
    write(tree, name)

    assert reported(discover([name], ".")) == [name]


def test_path_that_is_named_twice_is_read_once(tree: Path) -> None:
    write(tree, "a/b.yaml")

    found = discover(["a", "a/b.yaml", "./a/../a/b.yaml", str(tree)], ".")

    assert names(found) == ["a/b.yaml"]


def test_paths_outside_the_context(tree: Path) -> None:
    write(tree, "a.yaml")
    write(tree.parent, "other/b.yaml", "other/c/d.yaml", "file.yaml")

    found = discover(["../other", "../file.yaml"], ".")

    assert names(found) == ["../file.yaml", "../other/b.yaml", "../other/c/d.yaml", "a.yaml"]
    assert reported(found) == names(found)[:3]


def test_context_may_be_a_part_of_the_repository(tree: Path) -> None:
    write(tree, "a/b.yaml", "c.yaml")

    assert names(discover(["a"], "a")) == ["a/b.yaml"]


def test_no_context_no_files(tree: Path) -> None:
    assert discover([], None) == Discovered((), ())


def test_names_below_the_top_of_the_file_system(tree: Path) -> None:
    write(tree, "a.yaml", "b/c.yaml")

    # Not walked from "/" here: only the prefixes are of interest.
    assert matcher(["/etc"], "/")("/etc/a.yaml", False)
    assert not matcher(["/etc"], "/")("/var/a.yaml", False)
    assert context_root("/") == "/"


def test_deep_tree(tree: Path) -> None:
    folder = "/".join(["d"] * 400)
    write(tree, f"{folder}/a.yaml")

    assert names(discover(["."], ".")) == [f"{folder}/a.yaml"]


def test_name_that_is_no_utf8(tree: Path) -> None:
    name = os.fsdecode(b"a\xff.yaml")
    write(tree, name, "b.yaml")
    ignore(tree, "b*")

    (file,) = discover(["."], ".").files

    assert file.shown == "a\\xff.yaml"
    assert read_bytes(file.path, 100) == b"a: b\n"


# What is left out


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["a.yaml"], ["b.json", "d/c.yaml"]),
        (["/a.yaml"], ["b.json", "d/a.yaml", "d/c.yaml"]),
        (["*.yaml"], ["b.json"]),
        (["*.yaml", "!c.yaml"], ["b.json", "d/c.yaml"]),
        (["d/"], ["a.yaml", "b.json"]),
        (["d/", "!d/a.yaml"], ["a.yaml", "b.json"]),
        (["d/*", "!d/a.yaml"], ["a.yaml", "b.json", "d/a.yaml"]),
        (["**/c.yaml"], ["a.yaml", "b.json", "d/a.yaml"]),
        (["# a.yaml", "", "  "], ["a.yaml", "b.json", "d/a.yaml", "d/c.yaml"]),
        (["*", "!b.json"], ["b.json"]),
        (["!", "a\\", "d"], ["a.yaml", "b.json"]),
        (["d/\r", "*.json\r"], ["a.yaml"]),
        (["\ufeffa.yaml"], ["b.json", "d/c.yaml"]),
    ],
)
def test_gitignore(tree: Path, lines: list[str], left: list[str]) -> None:
    write(tree, "a.yaml", "b.json", "d/a.yaml", "d/c.yaml")
    ignore(tree, *lines)

    assert names(discover(["."], ".")) == left


@pytest.mark.parametrize(
    ("above", "below", "left"),
    [
        (["*.yaml"], ["!b.yaml"], ["d/b.yaml"]),
        (["!b.yaml"], ["*.yaml"], ["a.yaml", "b.yaml"]),
        (["d/"], ["!*"], ["a.yaml", "b.yaml"]),
        (["/d/a.yaml"], ["/b.yaml"], ["a.yaml", "b.yaml"]),
        ([], ["/a.yaml"], ["a.yaml", "b.yaml", "d/b.yaml"]),
    ],
)
def test_nearest_gitignore_decides(
    tree: Path, above: list[str], below: list[str], left: list[str]
) -> None:
    write(tree, "a.yaml", "b.yaml", "d/a.yaml", "d/b.yaml")
    ignore(tree, *above)
    ignore(tree, *below, folder="d")

    assert names(discover(["."], ".")) == left


def test_gitignore_above_the_context_counts(tree: Path) -> None:
    write(tree, "a/b/c.yaml", "a/b/d.yaml", "a/b/e.yaml")
    ignore(tree, "c.yaml", "d.yaml")
    ignore(tree, "!d.yaml", folder="a")
    write(tree.parent, ".gitignore", content="*")

    assert names(discover(["a/b"], "a/b")) == ["a/b/d.yaml", "a/b/e.yaml"]


@pytest.mark.parametrize("root", [".", "build", "build/x"])
def test_named_folder_is_read_although_it_is_ignored(tree: Path, root: str) -> None:
    write(tree, "a.yaml", "build/x/b.yaml", "build/x/c.yaml")
    ignore(tree, "build/")
    ignore(tree, "c.yaml", folder="build")

    assert reported(discover(["build/x"], root)) == ["build/x/b.yaml"]


def test_named_file_is_read_although_it_is_ignored(tree: Path) -> None:
    write(tree, "a.yaml", "build/b.yaml")
    ignore(tree, "build/")

    assert reported(discover(["build/b.yaml"], ".")) == ["build/b.yaml"]


def test_exclude(tree: Path) -> None:
    write(tree, "a.yaml", "charts/b.yaml", "charts/c/d.yaml", "e/charts.yaml")

    assert names(discover(["."], ".", ["charts/"])) == ["a.yaml", "e/charts.yaml"]
    assert names(discover(["."], ".", ["/e", "*.yaml", "!a.yaml"])) == ["a.yaml"]


@pytest.mark.parametrize("path", ["charts", "charts/b.yaml", "charts/c"])
def test_named_path_is_read_although_it_is_excluded(tree: Path, path: str) -> None:
    write(tree, "a.yaml", "charts/b.yaml", "charts/c/d.yaml")

    found = discover([path], ".", ["charts/"])

    assert reported(found) != []
    assert all(name.startswith(path) for name in reported(found))
    assert reported(discover([path], ".", ["charts/"], force_exclude=True)) == []


def test_exclude_does_not_reach_above_its_root(tree: Path) -> None:
    write(tree.parent, "other/a.yaml")

    assert reported(discover(["../other"], ".", ["*.yaml"])) == ["../other/a.yaml"]


NAMES = st.from_regex(r"/?([abc*]|\*\*|a\*)(/([abc*]|\[ab\]|\?))?", fullmatch=True)
# To pathspec a pattern that fits a folder fits all in it. What git leaves out is the same,
# since neither looks into such a folder; what `!` brings back only where files are meant.
PATTERNS = st.lists(
    NAMES
    | NAMES.map("{}.yaml".format)
    | NAMES.map("!{}.yaml".format)
    | st.sampled_from(["a/", "b/"]),
    max_size=4,
)


@pytest.fixture(scope="module")
def git_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("git").resolve()
    subprocess.run(["git", "-C", root, "init", "-q"], check=True)
    write(root, *(f"{x}{y}.yaml" for x in ("", "a/", "a/b/", "b/", "c/a/") for y in "abc"))
    write(root, *(f"d/{x}.yaml/x.yaml" for x in "abc"))
    return root


@given(PATTERNS, PATTERNS)
@settings(deadline=None)
def test_git_ignores_the_same_files(git_tree: Path, above: list[str], below: list[str]) -> None:
    ignore(git_tree, *above)
    ignore(git_tree, *below, folder="a")
    command = ["ls-files", "--others", "--exclude-per-directory=.gitignore"]
    listed = subprocess.run(
        ["git", "-C", git_tree, *command], check=True, capture_output=True, text=True
    )

    found = discover([str(git_tree)], str(git_tree))

    ours = {os.path.relpath(file.path, git_tree) for file in found.files}
    assert ours == {name for name in listed.stdout.splitlines() if name.endswith(".yaml")}


# Links, and what is no file


def test_link_to_a_file_of_the_repository_is_read_at_its_own_place(tree: Path) -> None:
    write(tree, "a/b.yaml")
    tree.joinpath("c.yaml").symlink_to("a/b.yaml")
    tree.joinpath("a/d.yaml").symlink_to("../c.yaml")

    assert names(discover(["."], ".")) == ["a/b.yaml"]
    assert reported(discover(["c.yaml"], ".")) == ["a/b.yaml"]


@pytest.mark.parametrize("name", ["b.txt", "ignored.yaml"])
def test_link_to_a_file_that_would_not_be_found_brings_it_in(tree: Path, name: str) -> None:
    write(tree, name)
    ignore(tree, "ignored.yaml")
    tree.joinpath("a.yaml").symlink_to(name)

    assert names(discover(["."], ".")) == [name]


def test_link_out_of_the_repository_is_not_followed(tree: Path) -> None:
    write(tree.parent, "repository-2/a.yaml", "secret.txt")
    tree.joinpath("a.yaml").symlink_to("../repository-2/a.yaml")
    tree.joinpath("b.yaml").symlink_to("../secret.txt")
    tree.joinpath("folder").symlink_to("../repository-2")
    tree.joinpath("c.txt").symlink_to("../secret.txt")
    write(tree, ".git/config")
    tree.joinpath("d.yaml").symlink_to(".git/config")

    found = discover(["."], ".")

    assert names(found) == []
    left = ["a.yaml", "b.yaml", "d.yaml", "folder"]
    assert skips(found) == [(name, "symlink") for name in left]
    assert found.skipped[0].detail == "a link that leads out of the repository"
    assert names(discover(["b.yaml"], ".")) == ["../secret.txt"]


def test_link_to_a_folder_of_the_repository_is_not_followed(tree: Path) -> None:
    write(tree, "a/b.yaml")
    tree.joinpath("c").symlink_to("a")
    tree.joinpath("a/up").symlink_to("..")
    tree.joinpath("d.yaml").symlink_to("a")

    found = discover(["."], ".")

    assert names(found) == ["a/b.yaml"]
    assert found.skipped == ()
    assert reported(discover(["c"], ".")) == ["a/b.yaml"]


def test_link_that_leads_nowhere(tree: Path) -> None:
    tree.joinpath("a.yaml").symlink_to("absent.yaml")
    tree.joinpath("b.yaml").symlink_to("c.yaml")
    tree.joinpath("c.yaml").symlink_to("b.yaml")
    tree.joinpath("d.txt").symlink_to("absent")

    found = discover(["."], ".")

    assert names(found) == []
    assert skips(found) == [(name, "symlink") for name in ("a.yaml", "b.yaml", "c.yaml")]
    assert {skip.detail for skip in found.skipped} == {"a link that leads nowhere"}
    named = discover(["a.yaml", "b.yaml"], ".")
    assert skips(named) == [("c.yaml", "symlink")]
    assert reported(named) == ["a.yaml", "b.yaml"]
    assert isinstance(read_bytes(named.files[0].path, 10), str)


def test_root_that_is_a_link(tree: Path) -> None:
    write(tree, "a/b.yaml")
    link = tree.parent / "link"
    link.symlink_to(tree)

    found = discover([str(link / "a")], str(link))

    assert reported(found) == ["a/b.yaml"]


def test_pipe_is_named_and_not_opened(tree: Path) -> None:
    os.mkfifo(tree / "a.yaml")
    os.mkfifo(tree / ".gitignore")

    (file,) = discover(["."], ".").files

    assert read_bytes(file.path, 10) == "not a regular file"


def test_folder_that_cannot_be_listed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "a/b.yaml", "c.yaml")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    found = discover([".", "a"], ".")

    assert names(found) == ["c.yaml"]
    assert [tuple(skip) for skip in found.skipped] == [
        ("a", None, "unreadable", "Permission denied")
    ]


def test_bytes_of_a_file(tree: Path) -> None:
    write(tree, "a.yaml", content="0123456789")

    assert read_bytes("a.yaml", 100) == b"0123456789"
    assert read_bytes("a.yaml", 4) == b"01234"
    assert read_bytes("absent.yaml", 4) == "No such file or directory"
    assert read_bytes(".git", 4) == "not a regular file"


# The context


@pytest.mark.parametrize(
    ("git", "path", "root"),
    [
        ("repository/.git/", "repository/a/b", "repository"),
        ("repository/.git/", "repository/a/b/c.yaml", "repository"),
        ("repository/.git/", "repository", "repository"),
        ("repository/a/.git", "repository/a/b/c.yaml", "repository/a"),
        ("repository/a/.git", "repository/d.yaml", "repository"),
        ("elsewhere/.git/", "repository/a/b/c.yaml", "repository/a/b"),
        ("elsewhere/.git/", "repository/a", "repository/a"),
    ],
)
def test_context_is_the_nearest_repository(tmp_path: Path, git: str, path: str, root: str) -> None:
    write(tmp_path, "repository/a/b/c.yaml", "repository/d.yaml")
    if git.endswith("/"):
        tmp_path.joinpath(git).mkdir(parents=True)
    else:  # a worktree, a submodule
        write(tmp_path, git, content="gitdir: ../.git/modules/a\n")

    assert context_root(str(tmp_path / path)) == str(tmp_path / root)


def test_submodule_is_walked_like_a_folder(tree: Path) -> None:
    write(tree, "a.yaml", "sub/.git", "sub/b.yaml")

    assert names(discover(["."], ".")) == ["a.yaml", "sub/b.yaml"]


# Names


def hint(paths: Iterable[str]) -> str:
    with pytest.raises(MissingPathError) as error:
        discover(list(paths), ".")
    return str(error.value)


def test_path_that_does_not_exist(tree: Path) -> None:
    write(tree, "manifests/store.yaml")

    assert hint(["absent"]) == 'the path "absent" does not exist'
    assert hint(["manifest/"]) == 'the path "manifest/" does not exist, did you mean "manifests"?'
    near = 'the path "manifests/stores.yaml" does not exist, did you mean "manifests/store.yaml"?'
    assert hint(["manifests/stores.yaml"]) == near
    assert hint(["absent/store.yaml"]) == 'the path "absent/store.yaml" does not exist'
    assert hint([""]) == 'the path "" does not exist'


def test_shown_is_relative_to_the_working_directory(tree: Path) -> None:
    assert shown(str(tree / "a" / "b.yaml")) == "a/b.yaml"
    assert shown(str(tree.parent / "b.yaml")) == "../b.yaml"
    assert shown("b.yaml") == "b.yaml"
