"""Pictures as text, one file per format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

from esolint.picture import Picture

FORMATS = ("mermaid", "dot", "json")


def render(form: str, pictures: Sequence[Picture]) -> Iterator[str]:
    """Yield the pictures in one of FORMATS: the same bytes for equal pictures."""
    chunks: Iterator[str] = import_module(f"esolint.report.graph.{form}").render(pictures)
    return chunks
