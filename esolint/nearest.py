"""The name that somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `name`, or None where none is near. Case is no difference."""
    # difflib costs milliseconds to import, and most runs have no name to guess.
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in sorted(candidates, reverse=True)}
    found = get_close_matches(name[:200].lower(), list(by_lower), n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def hint(name: str, candidates: Iterable[str]) -> str:
    """Return `, did you mean "x"?` for the candidate that is near, else nothing."""
    near = nearest(name, candidates)
    return f', did you mean "{near}"?' if near else ""
