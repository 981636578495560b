"""`esolint schemas`: which there are, and a user's own."""

from __future__ import annotations

import json

import click

from esolint.schema import packaged
from esolint.schema.importer import CrdError
from esolint.schema.user_crds import without_prose


@click.group("schemas", short_help="ESO's schemas: which there are, and your own.")
def command() -> None:
    """List the schemas that esolint has, or prepare your own CRDs for `check --crds`."""


@command.command("list")
def list_schemas() -> None:
    """List the versions of ESO that there are schemas of, and the kinds with their apiVersions."""
    catalog = packaged()
    minors = catalog.minors
    click.echo("ESO versions: " + ", ".join(str(version) for version in minors.known))
    width = max(len(name) for name in catalog.kinds)
    for kind in catalog.kinds.values():
        served = "; ".join(
            f"{version.api_version} {minors.describe(version.served)}"
            for version in kind.versions.values()
            if version.served
        )
        click.echo(f"  {kind.name:{width}}  {served}")


@command.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--output", "-o", required=True, metavar="FILE", help="Where to write them.")
@click.pass_context
def import_schemas(ctx: click.Context, /, paths: tuple[str, ...], output: str) -> None:
    """Write the ESO CRDs of PATH without prose to a file that `check --crds` reads fast.

    PATH is what `kubectl get crd -o yaml` prints or a chart renders, a file or a folder.
    """
    try:
        crds, others = without_prose(paths)
        with open(output, "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "List", "items": crds}, file, indent=1)
            file.write("\n")
    except CrdError as error:
        where = error.path if error.line is None else f"{error.path}:{error.line}"
        click.echo(f"esolint: {where}: {error}", err=True)
        ctx.exit(2)
    except OSError as error:
        click.echo(f"esolint: {error.filename}: {error.strerror}", err=True)
        ctx.exit(2)
    if others:
        click.echo(f"esolint: left out, not of ESO: {', '.join(others)}", err=True)
    click.echo(f"{len(crds)} CRDs written to {output}")
