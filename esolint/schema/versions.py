"""ESO's minor releases: their names, their order, and sets of them.

A set of minors is a bit mask (bit i is the i-th minor, oldest first), written as
`0.16..1.3, 2.1..`: both ends belong to it, an open end reaches the newest minor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from esolint.nearest import nearest

_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.(?:\d{1,6}|x)(?:[-+][0-9A-Za-z.+-]*)?)?")


class Version(NamedTuple):
    """A minor release of ESO; the patch level changes no schema that counts."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


def read_version(written: str) -> Version | None:
    """Return the minor that `2.9`, `v2.9.0`, `0.16.x` or `2.9.0-rc1` names, or None."""
    match = _VERSION.fullmatch(written.strip())
    return Version(int(match[1]), int(match[2])) if match else None


class Minors:
    """The minors that a collection of schemas knows, oldest first."""

    def __init__(self, known: Iterable[Version]) -> None:
        self.known = tuple(known)
        self.all = (1 << len(self.known)) - 1
        self._index = {version: i for i, version in enumerate(self.known)}
        self._masks: dict[str, int] = {}

    @property
    def oldest(self) -> Version:
        return self.known[0]

    @property
    def newest(self) -> Version:
        return self.known[-1]

    def parse(self, written: str) -> Version:
        """Read a version that a user names.

        One older than the oldest schema is returned as it is: `covering` says which
        schemas stand for it. Raises ValueError, naming the nearest, on what is no
        version or was never released.
        """
        version = read_version(written)
        if version is not None and (version in self._index or version < self.oldest):
            return version
        near = self._nearest(version, written)
        raise ValueError(f'no ESO version "{written}" is known (nearest: {near})')

    def parse_range(self, written: str) -> tuple[Version, ...]:
        """Read `0.16..2.9` (both ends belong to it) or a single version, oldest first.

        Raises ValueError like `parse`, and where the range runs backwards.
        """
        first, dots, last = written.partition("..")
        start = self.covering(self.parse(first))
        end = self.covering(self.parse(last)) if dots else start
        if end < start:
            raise ValueError(f'the range "{written}" runs backwards')
        return self.known[self._index[start] : self._index[end] + 1]

    def covering(self, version: Version) -> Version:
        """Return the known minor whose schemas stand for `version`.

        That is the version itself, else the newest known before it, else the oldest.
        """
        if version in self._index:
            return version
        return next((known for known in reversed(self.known) if known < version), self.oldest)

    def bit(self, version: Version) -> int:
        """Return the mask of the minor that covers `version` alone."""
        return 1 << self._index[self.covering(version)]

    def mask(self, written: str) -> int:
        """Return the set that `0.16..1.3, 2.1..` describes."""
        mask = self._masks.get(written)
        if mask is None:
            mask = 0
            for part in written.split(", "):
                first, dots, last = part.partition("..")
                low = self._known_index(first)
                high = (
                    len(self.known) - 1 if dots and not last else self._known_index(last or first)
                )
                mask |= (1 << (high + 1)) - (1 << low)
            self._masks[written] = mask
        return mask

    def text(self, mask: int) -> str:
        """Describe a set of minors; what `mask` reads."""
        parts = []
        i = 0
        while mask >> i:
            if mask >> i & 1:
                start = i
                while mask >> (i + 1) & 1:
                    i += 1
                first = str(self.known[start])
                if i == len(self.known) - 1:
                    parts.append(f"{first}..")
                else:
                    parts.append(first if i == start else f"{first}..{self.known[i]}")
            i += 1
        return ", ".join(parts)

    def members(self, mask: int) -> tuple[Version, ...]:
        return tuple(version for i, version in enumerate(self.known) if mask >> i & 1)

    def describe(self, mask: int, name: str = "") -> str:
        """Say in words when something was there: `since 2.3`, `until 1.3`, `only in 1.0`.

        `name` stands before the versions. What began with the oldest known minor may be older.
        """
        members = self.members(mask)
        if not members:
            return "in no version"
        first, last = members[0], members[-1]
        if first == self.oldest:
            return "in every version" if last == self.newest else f"until {name}{last}"
        if last == self.newest:
            return f"since {name}{first}"
        if first == last:
            return f"only in {name}{first}"
        return f"only from {name}{first} to {last}"

    def _known_index(self, written: str) -> int:
        version = read_version(written)
        if version is None or version not in self._index:
            raise ValueError(f'no ESO version "{written}" is known')
        return self._index[version]

    def _nearest(self, version: Version | None, written: str) -> Version:
        if version is not None:
            below = self.covering(version)
            same = [known for known in self.known if known.major == version.major]
            return max(same) if same and version.minor > max(same).minor else below
        names = {str(known): known for known in self.known}
        near = nearest(written.lstrip("v"), names)
        return names[near] if near else self.newest
