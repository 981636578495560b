"""The command `context`."""

from __future__ import annotations

import click

from esolint.cli import write
from esolint.cli.configured import looked
from esolint.config import ConfigError
from esolint.discover import MissingPathError
from esolint.report.context import of_file, of_tree


@click.command("context", short_help="Show which environments esolint believes in, and why.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--context-root", metavar="DIR", help="The tree in which references are looked up.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out, as in .gitignore.")
@click.option("--config", metavar="FILE", help="Read this configuration.")
@click.option("--isolated", is_flag=True, help="Read no configuration.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    context_root: str | None,
    exclude: tuple[str, ...],
    config: str | None,
    isolated: bool,
) -> None:
    """Show the environments of a repository, or where the objects of one file go.

    An environment is a cluster and what lives on it: which Flux Kustomization, Argo CD
    Application or kustomize root brings an object there, into which namespace, with which
    substitutions, and which version of ESO is installed.
    """
    try:
        seen = looked(path, context_root, exclude, config, isolated)
    except (ConfigError, MissingPathError) as error:
        click.echo(f"esolint: {error}", err=True)
        ctx.exit(2)
    files = sorted(seen.reported)
    one = len(files) == 1
    write(of_file(files[0], seen.repository, seen.around) if one else of_tree(seen.around))
