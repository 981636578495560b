"""The command `check`."""

import os
import sys
from typing import Any, NamedTuple

import click

from esolint.cli import Choice, write
from esolint.cli.configured import configured
from esolint.config import ConfigError, Settings, active_rules
from esolint.diagnostic import CONFIDENCES, SEVERITIES, Confidence, Result, Severity
from esolint.discover import MissingPathError, read_bytes, shown
from esolint.given import TOOLS, MissingToolError
from esolint.nearest import hint
from esolint.report import FORMATS, Book, Options, render
from esolint.rule import load_rules, prose
from esolint.run import Request, run
from esolint.schema import Catalog, Version, packaged
from esolint.source import Limits
from esolint.words import amount, listed

_LIST = {"multiple": True, "metavar": "ID[,ID…]"}


@click.command("check", short_help="Check manifests.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--select", **_LIST, help="Run only these: ids, topic:NAME, layer:NAME, ALL.")  # type: ignore[arg-type]
@click.option("--ignore", **_LIST, help="Leave these out.")  # type: ignore[arg-type]
@click.option("--profile", type=Choice(["default", "strict"]))
@click.option("--min-confidence", type=Choice(CONFIDENCES))
@click.option("--fail-on", type=Choice(SEVERITIES), help="Exit 1 from this severity on.")
@click.option("--eso-version", metavar="X.Y[..X.Y]", help="The ESO version in use, or an upgrade.")
@click.option("--crds", metavar="FILE|DIR", help="Your own CRDs instead of esolint's schemas.")
@click.option(
    "--literal", is_flag=True, help="Take all as it stands: ${X}; no namespace is default."
)
@click.option(
    "--render", multiple=True, type=Choice(TOOLS), help="Let your own kustomize or helm render."
)
@click.option("--context-root", metavar="DIR", help="The tree in which references are looked up.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out, as in .gitignore.")
@click.option("--force-exclude", is_flag=True, help="Apply exclusions to the named files too.")
@click.option("--config", metavar="FILE", help="Read this configuration.")
@click.option("--isolated", is_flag=True, help="Read no configuration.")
@click.option(
    "--output-format",
    type=Choice(FORMATS),
    default="text",
    show_default=True,
    envvar="ESOLINT_OUTPUT_FORMAT",
    show_envvar=True,
)
@click.option("--report", "reports", multiple=True, metavar="FORMAT:FILE", help="Write a report.")
@click.option("--no-suppressions", is_flag=True, help="Report what is suppressed as well.")
@click.option("--show-suppressed", is_flag=True, help="List suppressed findings, marked as such.")
@click.option("--strict-inputs", is_flag=True, help="Exit 4 where an input could not be read.")
@click.option("--today", metavar="DATE", help="Date against which suppressions end.")
@click.option("--statistics", is_flag=True, help="Count findings by rule.")
@click.option("--quiet", is_flag=True, help="Print findings only.")
@click.option("--color", type=Choice(["auto", "always", "never"]), default="auto")
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What to call PATH -.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Check manifests: files, folders, or - for standard input (default: the current folder).

    References are looked up in the whole repository; findings are reported on PATH.
    """
    flags = _Flags(**given)
    try:
        reports = [(flags.output_format, ""), *map(_report, flags.reports)]
        request, settings = _request(flags)
        result = run(request)
        book = Book([active.rule for active in request.rules], prose)
        for name, path in reports:
            _write(name, path, result, book, flags)
    except (ConfigError, MissingPathError, MissingToolError) as error:
        click.echo(f"esolint: {error}", err=True)
        ctx.exit(2)
    if not result.eso_resources:
        files = amount(result.files, "file")
        click.echo(f"esolint: no ESO object in {files} of {_looked_at(request)}", err=True)
    ctx.exit(_exit_code(result, settings))


class _Flags(NamedTuple):
    """The command line as click gives it."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    profile: str | None
    min_confidence: Confidence | None
    fail_on: Severity | None
    eso_version: str | None
    crds: str | None
    literal: bool
    render: tuple[str, ...]
    context_root: str | None
    exclude: tuple[str, ...]
    force_exclude: bool
    config: str | None
    isolated: bool
    output_format: str
    reports: tuple[str, ...]
    no_suppressions: bool
    show_suppressed: bool
    strict_inputs: bool
    today: str | None
    statistics: bool
    quiet: bool
    color: str
    stdin_filename: str


def _request(flags: _Flags) -> tuple[Request, Settings]:
    """Join the command line and the configuration; the command line goes first."""
    rules = load_rules()
    from_stdin = "-" in flags.paths
    paths = tuple(path for path in flags.paths if path != "-")
    if not paths and not from_stdin:
        paths = (".",)
    if flags.crds and not os.path.lexists(flags.crds):
        raise MissingPathError(flags.crds)
    start = flags.context_root or (paths[0] if paths else flags.stdin_filename)
    root, settings = configured(paths, start, flags.context_root, flags.config, flags.isolated)
    settings = settings._replace(
        select=_split(flags.select) or settings.select,
        ignore=(*settings.ignore, *_split(flags.ignore)),
        profile=flags.profile or settings.profile,
        min_confidence=flags.min_confidence or settings.min_confidence,
        fail_on=flags.fail_on or settings.fail_on,
        strict_inputs=flags.strict_inputs or settings.strict_inputs,
        exclude=(*settings.exclude, *flags.exclude),
    )
    request = Request(
        paths=paths,
        root=root if paths or flags.context_root else None,
        rules=active_rules(
            rules,
            select=settings.select,
            ignore=settings.ignore,
            profile=settings.profile,
            options=settings.options,
        ),
        today=_today(flags.today),
        profile=settings.profile,
        min_confidence=settings.min_confidence,
        exclude=settings.exclude,
        force_exclude=flags.force_exclude,
        external=settings.external,
        environments=settings.environments,
        eso_versions=_versions(flags.eso_version),
        catalog=_catalog(flags.crds),
        literal=flags.literal,
        limits=settings.limits,
        suppressions=settings.suppressions,
        suppressing=not flags.no_suppressions,
        render=flags.render,
        stdin=(shown(flags.stdin_filename), sys.stdin.buffer.read()) if from_stdin else None,
    )
    return request, settings


def _looked_at(request: Request) -> str:
    names = [*request.paths, *([request.stdin[0]] if request.stdin else [])]
    return listed(names, 3)


def _split(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _versions(written: str | None) -> tuple[Version, ...]:
    if written is None:
        return ()
    try:
        return packaged().minors.parse_range(written)
    except ValueError as error:
        raise ConfigError(f"--eso-version: {error}") from None


def _catalog(path: str | None) -> Catalog | None:
    if path is None:
        return None
    from esolint.schema.importer import CrdError
    from esolint.schema.user_crds import read_crds

    try:
        catalog, others = read_crds([path])
    except CrdError as error:
        where = shown(error.path) + (f":{error.line}" if error.line else "")
        raise ConfigError(f"--crds: {where}: {error}") from None
    if others:
        click.echo(f"esolint: --crds: left out, not of ESO: {', '.join(others)}", err=True)
    return catalog


def _today(given: str | None) -> str:
    from datetime import date

    try:
        return (date.fromisoformat(given) if given else date.today()).isoformat()
    except ValueError:
        raise ConfigError(f"--today: {given} is no date of the form YYYY-MM-DD") from None


def _report(value: str) -> tuple[str, str]:
    name, _, path = value.partition(":")
    if name not in FORMATS or not path:
        formats = ", ".join(FORMATS)
        raise ConfigError(
            f'--report wants FORMAT:FILE with one of {formats}, not "{value}"{hint(name, FORMATS)}'
        )
    return name, path


def _write(name: str, path: str, result: Result, book: Book, flags: _Flags) -> None:
    """Write a report to `path`, or else to standard output. Raises ConfigError."""
    color = flags.color == "always" or (
        flags.color == "auto"
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )
    options = Options(
        show_suppressed=flags.show_suppressed,
        color=color and not path,
        quiet=flags.quiet,
        statistics=flags.statistics,
        source=_source,
    )
    chunks = render(name, result, book, options)
    if not path:
        write(chunks)
        return
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(chunks)
    except OSError as error:
        raise ConfigError(f"--report: cannot write {path}: {error.strerror}") from None


def _source(path: str) -> bytes | None:
    """Return a file as it may be fingerprinted: no hash of a secret leaves."""
    content = read_bytes(path, Limits().file_bytes)
    if not isinstance(content, bytes):
        return None
    # Only SARIF asks, and the patterns of secrets cost milliseconds to compile.
    from esolint.mask import masked

    return masked(path, content)


def _exit_code(result: Result, settings: Settings) -> int:
    if result.crashed:
        return 3
    unread = any(skip.reason != "patch" for skip in result.skipped)
    if settings.strict_inputs and (unread or not result.eso_resources):
        return 4
    failing = SEVERITIES[: SEVERITIES.index(settings.fail_on) + 1]
    return int(any(d.severity in failing and d.suppressed is None for d in result.diagnostics))
