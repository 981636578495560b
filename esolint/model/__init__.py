"""Thin typed views of the objects that rules look at."""
