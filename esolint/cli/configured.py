"""What the commands have in common: where the repository begins, and what it configures."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from esolint.config import FILE_NAMES, ConfigError, Settings, find, load
from esolint.discover import MissingPathError, context_root, shown
from esolint.rule import load_rules
from esolint.run import Request, Seen, look


def configured(
    paths: Sequence[str], start: str, root: str | None, config: str | None, isolated: bool
) -> tuple[str, Settings]:
    """Return the root of the context and the settings that hold there.

    `start` is where the configuration is searched for, `root` and `config` are what the
    command line names. Raises MissingPathError and ConfigError.
    """
    for path in (*paths, *filter(None, (root, config))):
        if not os.path.lexists(path):
            raise MissingPathError(path)
    if root and not os.path.isdir(root):
        raise ConfigError(f"--context-root: {root} is no folder")
    root = root or context_root(start)
    if isolated:
        if config:
            raise ConfigError("--config and --isolated exclude each other")
        return root, Settings()
    if not config:
        config, ignored = find(start, root)
        for name in ignored:
            message = f"{shown(name)} is not read: a configuration is called {FILE_NAMES[0]}"
            click.echo(f"esolint: {message}", err=True)
    return root, load(config, load_rules(), root) if config else Settings()


def looked(
    path: str, root: str | None, exclude: Sequence[str], config: str | None, isolated: bool
) -> Seen:
    """Read a repository for a command that checks nothing. Raises what `configured` raises."""
    root, settings = configured([path], root or path, root, config, isolated)
    return look(
        Request(
            paths=[path],
            root=root,
            rules=(),
            today="",
            exclude=(*settings.exclude, *exclude),
            external=settings.external,
            environments=settings.environments,
            limits=settings.limits,
        )
    )
