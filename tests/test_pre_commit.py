"""The two hooks, run by the real pre-commit in temporary repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
ESOLINT = Path(sys.executable).with_name("esolint")
HOOKS: list[dict[str, Any]] = yaml.safe_load(
    ROOT.joinpath(".pre-commit-hooks.yaml").read_text(encoding="utf-8")
)

STORE = """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: {name}
  namespace: shop
spec:
  provider:
    vault:
      server: https://vault.example.com
      path: shop
      version: v2
      auth:
        kubernetes:
          mountPath: kubernetes
          role: shop
"""
CONSUMER = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {name}
  namespace: shop
spec:
  refreshInterval: {interval}
  secretStoreRef:
    name: {store}
    kind: SecretStore
  target:
    name: {name}
  data:
    - secretKey: token
      remoteRef:
        key: token
"""


class Repository:
    """A git repository with pre-commit's git hook installed."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.environment = environment

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def do(self, *command: str | Path) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def write(self, path: str, content: str) -> None:
        self.root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        self.root.joinpath(path).write_text(content, encoding="utf-8")

    def commit(self, *options: str) -> tuple[bool, str]:
        """Commit the whole tree; return whether the hooks let it pass, and what they say."""
        self.do("git", "add", "--all")
        done = self.run("git", "commit", "--quiet", "--message", "change", *options)
        return done.returncode == 0, done.stdout


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which no setting of this machine's user holds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {
        f"GIT_{role}_{what}": "a@b.example"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return {
        **kept,
        **who,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
    }


def created(folder: Path, configuration: dict[str, Any]) -> Repository:
    """Return a repository with two stores, a consumer of each, and hooks as configured."""
    repository = Repository(folder / "repository", environment(folder))
    repository.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [configuration]}))
    for name in ("green", "blue"):
        repository.write(f"stores/{name}.yaml", STORE.format(name=name))
        repository.write(f"{name}.yaml", CONSUMER.format(name=name, store=name, interval="1h"))
    repository.do("git", "init", "--quiet")
    passed, said = repository.commit()
    assert passed, said
    repository.do(sys.executable, "-m", "pre_commit", "install")
    return repository


Hooked = Callable[..., Repository]


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    """Make a repository whose hooks are ours, run from this environment."""

    def make(*ids: str) -> Repository:
        hooks = [
            {**hook, "language": "system", "entry": f"{ESOLINT.parent}/{hook['entry']}"}
            for hook in HOOKS
            if hook["id"] in ids
        ]
        return created(tmp_path, {"repo": "local", "hooks": hooks})

    return make


def test_the_hooks_are_two_and_valid(tmp_path: Path) -> None:
    assert [hook["id"] for hook in HOOKS] == ["esolint", "esolint-project"]
    repository = Repository(ROOT, environment(tmp_path))
    manifest = ROOT / ".pre-commit-hooks.yaml"
    repository.do(sys.executable, "-m", "pre_commit", "validate-manifest", manifest)
    configuration = ROOT / ".pre-commit-config.yaml"
    repository.do(sys.executable, "-m", "pre_commit", "validate-config", configuration)


def test_a_sound_commit_passes(hooked: Hooked) -> None:
    repository = hooked("esolint", "esolint-project")
    repository.write("red.yaml", CONSUMER.format(name="red", store="green", interval="2h"))

    passed, said = repository.commit()

    # The store is not among the staged files: it was found in the context.
    assert passed, said
    assert said.count("Passed") == 2


@pytest.mark.parametrize("hook", ["esolint", "esolint-project"])
@pytest.mark.parametrize(
    ("store", "interval", "rule"),
    [("green", "0s", "refresh-interval-zero"), ("grene", "1h", "store-not-found")],
)
def test_a_finding_in_a_staged_file_stops_the_commit(
    hooked: Hooked, hook: str, store: str, interval: str, rule: str
) -> None:
    repository = hooked(hook)
    repository.write("red.yaml", CONSUMER.format(name="red", store=store, interval=interval))

    passed, said = repository.commit()

    assert not passed
    assert "red.yaml:" in said
    assert rule in said


def test_a_finding_of_one_file_is_not_said_of_a_file_that_is_not_staged(hooked: Hooked) -> None:
    repository = hooked("esolint")
    repository.write("old.yaml", CONSUMER.format(name="old", store="green", interval="0s"))
    repository.commit("--no-verify")
    repository.write("red.yaml", CONSUMER.format(name="red", store="green", interval="1h"))

    passed, said = repository.commit()

    assert passed, said


def test_a_staged_file_that_breaks_another_stops_the_commit(hooked: Hooked) -> None:
    repository = hooked("esolint")
    repository.write("stores/green.yaml", STORE.format(name="verdant"))

    passed, said = repository.commit()

    assert not passed
    assert "store-not-found" in said
    assert "green.yaml:" in said


def test_a_commit_that_only_deletes_a_store_is_stopped(hooked: Hooked) -> None:
    repository = hooked("esolint", "esolint-project")
    repository.root.joinpath("stores/green.yaml").unlink()

    passed, said = repository.commit()

    assert not passed
    assert "(no files to check)Skipped" in said
    assert "store-not-found" in said
    assert "green.yaml:" in said


def test_only_what_is_staged_counts(hooked: Hooked) -> None:
    repository = hooked("esolint-project")
    repository.write("red.yaml", CONSUMER.format(name="red", store="green", interval="1h"))
    repository.do("git", "add", "red.yaml")
    repository.write("green.yaml", CONSUMER.format(name="green", store="none", interval="0s"))

    done = repository.run("git", "commit", "--quiet", "--message", "change")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("hook", ["esolint", "esolint-project"])
@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("compose.yaml", "services:\n  web:\n    image: nginx\n"),
        ("values.json", '{"a": [1, 2]}\n'),
        ("playbook.yml", "- hosts: all\n  tasks: []\n"),
        ("templates/a.yaml", "{{- if .Values.on }}\nkind: ConfigMap\n{{- end }}\n"),
        ("broken.yaml", "a: [\n"),
        ("empty.yaml", ""),
    ],
)
def test_a_file_that_is_none_of_ours_is_no_error(
    hooked: Hooked, hook: str, path: str, content: str
) -> None:
    repository = hooked(hook)
    repository.write(path, content)

    passed, said = repository.commit()

    assert passed, said
    assert "Passed" in said


def test_an_exclusion_of_the_configuration_holds_for_passed_files(hooked: Hooked) -> None:
    repository = hooked("esolint")
    repository.write("esolint.yaml", "exclude: [vendor]\n")
    repository.write("vendor/red.yaml", CONSUMER.format(name="red", store="green", interval="0s"))

    passed, said = repository.commit()

    assert passed, said


@pytest.mark.slow
def test_a_repository_installs_the_hooks_from_git(tmp_path: Path) -> None:
    """A clone of esolint as it stands is built and installed by pre-commit itself."""
    source = Repository(tmp_path / "esolint", environment(tmp_path))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if ROOT.joinpath(name).is_file():
            source.root.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source.root / name)
    source.do("git", "init", "--quiet")
    passed, said = source.commit()
    assert passed, said
    revision = source.do("git", "rev-parse", "HEAD").strip()

    hooks = [{"id": "esolint"}, {"id": "esolint-project"}]
    folder = tmp_path / "user"
    repository = created(folder, {"repo": str(source.root), "rev": revision, "hooks": hooks})

    repository.write("red.yaml", CONSUMER.format(name="red", store="green", interval="1h"))
    passed, said = repository.commit()
    assert passed, said

    repository.root.joinpath("stores/green.yaml").unlink()
    passed, said = repository.commit()
    assert not passed
    assert "store-not-found" in said
