"""Writes, from the description of the bridge objects, the files that must not drift from it.

`python -m llmspell.scriptable.generate` renews them; with `--check` it names those that are stale.
"""
