"""The command line. Each command is a module of its own, loaded when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import click

from esolint import __version__
from esolint.nearest import hint

COMMANDS = ("check", "context", "explain", "graph", "rules", "schemas")


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"esolint.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f'there is no command "{args[0]}"{hint(args[0], COMMANDS)}')
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click ends quietly where the reader of a pipe has gone
        except Exception as error:
            # A traceback would quote the exception, and with it perhaps a manifest's value.
            from esolint.engine import crash_place

            click.echo(
                f"esolint: crashed ({type(error).__name__}{crash_place(error)}); please report it",
                err=True,
            )
            ctx.exit(3)


class Choice(click.Choice):  # type: ignore[type-arg]
    """A choice of words that names the nearest one where a word is none of them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value not in self.choices:
            words = ", ".join(self.choices)
            self.fail(f'"{value}" is none of {words}{hint(value, self.choices)}', param, ctx)
        return super().convert(value, param, ctx)


def write(chunks: Iterable[str]) -> None:
    """Write to standard output: as UTF-8 whatever the locale says, so equal runs give equal bytes.

    That a reader has seen enough (`| head`) is no fault.
    """
    out = sys.stdout.buffer
    try:
        for chunk in chunks:
            out.write(chunk.encode("utf-8", "replace"))
        out.flush()
    except BrokenPipeError:
        # What is still buffered has to go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Lint External Secrets Operator manifests: offline, with the exact place of each finding."""
