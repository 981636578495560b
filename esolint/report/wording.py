"""Words that the reports for people share. Nothing here lets a terminal escape through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esolint.diagnostic import Diagnostic, Place, ResourceId, Result
from esolint.report import count
from esolint.words import amount


def visible(text: str) -> str:
    r"""Write every character that does not print as an escape: `\x1b`, `\n`, `\u202e`.

    Nothing that stands in a manifest may move the cursor, hide text or turn its direction.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def position(place: Place) -> str:
    """Write `path:line:column`."""
    return f"{visible(place.path)}:{place.span.line}:{place.span.column}"


def subject(resource: ResourceId | None) -> str:
    """Write `Kind namespace/name` as far as it is known; empty for no object."""
    if resource is None:
        return ""
    name = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
    return visible(" ".join(part for part in (resource.kind, name) if part))


def suppression(diagnostic: Diagnostic) -> str:
    """Write who suppressed a diagnostic and why; empty for none."""
    if diagnostic.suppressed is None:
        return ""
    by, reason = diagnostic.suppressed
    return visible(f"suppressed by {by}: {reason}" if reason else f"suppressed by {by}")


def tally(names: Iterable[str]) -> dict[str, int]:
    """Count names, most frequent first, equal ones by name."""
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def summary(result: Result) -> str:
    """Say in one line what was checked, found, and left out, also where nothing was found."""
    counts = count(result)
    files = amount(result.files, "file")
    if counts.problems:
        parts = [
            amount(counts.error, "error") if counts.error else "",
            amount(counts.warning, "warning") if counts.warning else "",
            f"{counts.info} info" if counts.info else "",
        ]
        head = f"Found {amount(counts.problems, 'problem')} ({', '.join(filter(None, parts))})"
        head += f" in {files} ({amount(result.eso_resources, 'ESO object')})"
    elif not result.files:
        head = "Nothing was checked: no file was read"
    elif not result.eso_resources:
        head = f"Nothing to report: no ESO object in {files} ({amount(result.resources, 'object')})"
    else:
        head = f"No problems in {files} ({amount(result.eso_resources, 'ESO object')})"
    rest = [
        f"{counts.suppressed} suppressed" if counts.suppressed else "",
        f"{result.baselined} baselined" if result.baselined else "",
        _skipped(result),
    ]
    line = "; ".join(filter(None, (head, ", ".join(filter(None, rest))))) + "."
    return line + (" A check crashed: findings may be missing." if result.crashed else "")


def _skipped(result: Result) -> str:
    if not result.skipped:
        return ""
    reasons = tally(visible(skip.reason) for skip in result.skipped)
    if len(reasons) == 1:
        why = next(iter(reasons))
    else:
        why = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
    return f"{amount(len(result.skipped), 'input')} skipped ({why})"


def statistics(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """Yield one line for each rule that found something: how often, and its name."""
    found = tally(visible(d.rule) for d in diagnostics if d.suppressed is None)
    width = max((len(str(number)) for number in found.values()), default=0)
    for rule, number in found.items():
        yield f"{number:>{width}}  {rule}"
