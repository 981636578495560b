"""The checks of the rules: a module for each topic of rules/, or for a part of it."""
