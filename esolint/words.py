"""Lists, amounts and texts as messages write them."""

from __future__ import annotations


def amount(number: int, noun: str) -> str:
    """Write `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: list[str], limit: int = 40) -> str:
    """Write names as a list for people, cut where it gets long."""
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def both(names: list[str]) -> str:
    """Write names as `a`, `a and b` or `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def quoted(text: str) -> str:
    """Put a text into quotes, control characters escaped and long ones cut."""
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + '"'
