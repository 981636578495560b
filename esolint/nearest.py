"""The name that somebody probably meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable

from esolint.value import Value, mapping


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `name`, or None where none is near. Case is no difference."""
    # difflib costs milliseconds to import, and most runs have no name to guess.
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in sorted(candidates, reverse=True)}
    found = get_close_matches(name[:200].lower(), list(by_lower), n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def akin(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that begins or ends with the words of `name`, or the other way round.

    `DB_PASSWORD` for `password`, and `username` for `user`. None where there is none, or more
    than one that shares as much.
    """
    own = words(name)
    shared: dict[int, list[str]] = {}
    for candidate in candidates:
        short, long = sorted((own, words(candidate)), key=lambda part: len("".join(part)))
        n, letters = len(short), "".join(short)
        begins = len(letters) > 3 and "".join(long).startswith(letters)
        if short and (begins or short in (long[:n], long[-n:])):
            shared.setdefault(len(letters), []).append(candidate)
    best = shared[max(shared)] if shared else []
    return best[0] if len(best) == 1 else None


class Slips:
    """Finds which of some names another one is a slip of.

    A slip changes one letter of one word, or how the words are joined or ordered. Other digits,
    and other words of less than four letters, rather tell two names apart.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[Hashable, list[str]] = {}
        for name in names:
            for trace in _traces(words(name)):
                self._names.setdefault(trace, []).append(name)

    def find(self, name: str) -> str | None:
        """Return the first name, by the alphabet, that was probably meant, or None."""
        own = words(name)
        near = {other for trace in _traces(own) for other in self._names.get(trace, ())}
        return min((o for o in near if o != name and _is_slip(own, words(o))), default=None)


def _traces(own: list[str]) -> set[Hashable]:
    """Return what the words of a name have in common with those of its slips."""
    traces: set[Hashable] = {"".join(own), tuple(sorted(own))}
    for i, word in enumerate(own):
        rest = (tuple(own[:i]), tuple(own[i + 1 :]))
        traces.add((rest, word))
        traces.update((rest, word[:n] + word[n + 1 :]) for n in range(len(word)))
    return traces


def _is_slip(one: list[str], other: list[str]) -> bool:
    if "".join(one) == "".join(other) or sorted(one) == sorted(other):
        return True
    differing = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    return len(one) == len(other) and len(differing) == 1 and _is_letter_off(*differing[0])


def _is_letter_off(one: str, other: str) -> bool:
    """Say whether one letter is wrong, missing, too many, or changed places with the next."""
    short, long = sorted((one, other), key=len)
    digits = [re.sub(r"\D", "", word) for word in (one, other)]
    if len(short) < 4 or digits[0] != digits[1]:
        return False
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), None)
    if start is None:
        return len(long) == len(short) + 1
    rest, beside = short[start:], long[start:]
    if len(short) < len(long):
        return rest == beside[1:]
    swapped = rest[:2] == beside[1::-1] and rest[2:] == beside[2:]
    return swapped or rest[1:] == beside[1:]


def words(name: str) -> list[str]:
    """Split a name at its separators, and where capitals begin in it: `dbUser` is two words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word]


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
