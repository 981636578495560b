"""The command `graph`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from esolint.cli import Choice, write
from esolint.cli.configured import looked
from esolint.config import ConfigError
from esolint.discover import MissingPathError
from esolint.environments import Surroundings
from esolint.graph import Environment
from esolint.nearest import hint
from esolint.picture import Picture
from esolint.picture.draw import draw
from esolint.picture.focus import FocusError, meant
from esolint.report.graph import FORMATS, render
from esolint.report.graph.mermaid import MOST_CHARACTERS, MOST_EDGES
from esolint.run import Seen
from esolint.words import amount, listed

_MOST = 12


@click.command("graph", short_help="Draw who writes secrets, who reads them, and who may.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--format", "form", type=Choice(FORMATS), default="mermaid", show_default=True)
@click.option("--focus", metavar="RESOURCE", help="Only what it depends on and what depends on it.")
@click.option("--environment", metavar="NAME", help="Only this environment; `context` names them.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file.")
@click.option("--context-root", metavar="DIR", help="The tree in which references are looked up.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out, as in .gitignore.")
@click.option("--config", metavar="FILE", help="Read this configuration.")
@click.option("--isolated", is_flag=True, help="Read no configuration.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    form: str,
    focus: str | None,
    environment: str | None,
    output: str | None,
    context_root: str | None,
    exclude: tuple[str, ...],
    config: str | None,
    isolated: bool,
) -> None:
    """Draw how secrets flow: credential, store, ExternalSecret, Secret, and who reads it.

    PATH limits the picture to the objects below it and what they are connected with. RESOURCE
    is `Kind/namespace/name`, `Kind/name`, `namespace/name` or `name`.
    """
    try:
        seen = looked(path, context_root, exclude, config, isolated)
        pictures = [_below(draw(env), seen) for env in _chosen(seen.around, environment)]
        if focus is not None:
            ids = meant(pictures, focus)
            pictures = [p.around(some) for p, some in zip(pictures, ids, strict=True)]
    except (ConfigError, MissingPathError, FocusError) as error:
        click.echo(f"esolint: {error}", err=True)
        ctx.exit(2)
    if form != "json":
        pictures = [picture for picture in pictures if picture.nodes] or pictures[:1]
    chunks = list(render(form, pictures))
    if output is None:
        write(chunks)
    else:
        try:
            with open(output, "wb") as file:
                file.writelines(chunk.encode("utf-8", "replace") for chunk in chunks)
        except OSError as error:
            click.echo(f"esolint: {output}: {error.strerror}", err=True)
            ctx.exit(2)
    for note in _notes(pictures, seen.around, sum(map(len, chunks)) if form == "mermaid" else 0):
        click.echo(f"esolint: {note}", err=True)


def _chosen(around: Surroundings, name: str | None) -> Sequence[Environment]:
    """Return the environments of a name, all where there is none. Raises FocusError."""
    known = [env.name for env in around.environments]
    if name is not None and name not in known:
        raise FocusError(f'there is no environment "{name}"{hint(name, known)}')
    return [env for env in around.environments if name in (None, env.name)]


def _below(picture: Picture, seen: Seen) -> Picture:
    """Return what stands in the files that are asked for, and what it is connected with."""
    if all(file.reported for file in seen.found.files):
        return picture
    return picture.around(
        [
            node.id
            for node in picture.nodes
            if any(mark.path in seen.reported for mark in node.marks)
        ]
    )


def _notes(pictures: Sequence[Picture], around: Surroundings, characters: int) -> Iterator[str]:
    """Yield what has to be said beside a picture of so many characters, 0: not in Mermaid."""
    if not any(picture.nodes for picture in pictures):
        yield "the picture is empty: no object of the External Secrets Operator is here"
    left = {r.document.path for r in around.deployed.undeployed if r.is_eso}
    if left:
        yield f"left out, since no kustomization lists them: {listed(sorted(left), _MOST)}"
    edges = sum(len(picture.edges) for picture in pictures)
    if characters > MOST_CHARACTERS or (characters and edges >= MOST_EDGES):
        yield (
            f"the picture is large ({amount(edges, 'edge')}, {amount(characters, 'character')}): "
            f"Mermaid draws fewer than {MOST_EDGES} edges and up to {MOST_CHARACTERS} characters "
            "unless its maxEdges and maxTextSize are raised where it is embedded; "
            "--focus or a PATH draws a part, --format dot has no limit"
        )
