"""The name that somebody probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from esolint.value import Value, mapping


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `name`, or None where none is near. Case is no difference."""
    # difflib costs milliseconds to import, and most runs have no name to guess.
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in sorted(candidates, reverse=True)}
    found = get_close_matches(name[:200].lower(), list(by_lower), n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def mistyped(value: Value, wanted: Collection[str], known: Iterable[str]) -> bool:
    """Say whether a mapping has a key that seems to be meant as a wanted one.

    `known` are the keys that it may have beside these. What is missing then is only
    mistyped, which the schema reports.
    """
    keys = mapping(value).keys() - {*known, *wanted}
    return bool(keys) and any(nearest(name, keys) for name in wanted)


def hint(name: str, candidates: Iterable[str]) -> str:
    """Return `, did you mean "x"?` for the candidate that is near, else nothing."""
    return suggestion(nearest(name, candidates))


def suggestion(near: str | None) -> str:
    """Return `, did you mean "x"?`, or nothing where nothing is near."""
    return f', did you mean "{near}"?' if near else ""
