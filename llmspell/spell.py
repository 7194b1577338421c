"""A spell: a script, where it came from, and the folder that its modules are in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.languages import bridge_for, bridge_of, suffixes
from llmspell.values import Value

if TYPE_CHECKING:
    from llmspell.needs import Need

MAX_SOURCE = 16 * 1024 * 1024
"""The bytes of the largest script."""
_SHIPPED = "llmspell:"
_LONGEST_PATH, _LONGEST_NAME = 4096, 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A script in one of the languages.

    `name` is what errors show, usually the path as the user wrote it. `folder` is where `require` and `import`
    look for modules, None for a script that may have none.
    """

    source: str
    language: str
    name: str = "spell"
    folder: str | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str], language: str | None = None) -> Spell:
        """The spell in a file; its ending tells the language, unless that is given.

        Raises `NotFoundError` when there is no such file, `InvalidValueError` when it is no text or the language
        cannot be told.
        """
        name = os.fspath(path)
        try:
            source = _read(name)
        except NotFoundError as error:
            error.hint = _similar(name) or error.hint
            raise
        return cls(
            source=source,
            language=language or _language_of(name),
            name=os.fsencode(name).decode(errors="replace"),
            folder=os.path.dirname(os.path.abspath(name)),
        )

    @classmethod
    def shipped(cls, name: str) -> Spell:
        """A spell of the spellbook, by its name; `llmspell:` may stand before it.

        Raises `NotFoundError`.
        """
        from llmspell import spellbook  # most spells are files

        entry = spellbook.find(name)
        if entry is None:
            raise NotFoundError(
                f"there is no spell {name!r:.200} in the spellbook", hint="`llmspell spells list` shows what is there"
            )
        return cls(
            source=_read(entry.file),
            language=entry.language,
            name=spellbook.PREFIX + entry.name,
            folder=spellbook.folder(),
        )

    @property
    def path(self) -> str | None:
        """The real path of its file; None for a script that has none."""
        return None if self.folder is None else os.path.realpath(os.path.join(self.folder, os.path.basename(self.name)))

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the script says it needs, in the comments at its top; see `llmspell.needs`. It grants nothing.

        Raises `InvalidValueError` that points to a line which cannot be understood.
        """
        if "@allow" not in self.source:
            return ()
        from llmspell.needs import read_header  # most spells need nothing

        needs, mistakes = read_header(self.source)
        for line, column, message, hint, severity in mistakes:
            if severity == "error":
                shown = self.source.splitlines()[line - 1]
                raise InvalidValueError(message, hint=hint, file=self.name, line=line, column=column, source_line=shown)
        return tuple(needs)

    def __post_init__(self) -> None:
        bridge_of(self.language)  # an unknown language is an error here, not in a worker
        for text in (self.name, self.source):
            try:
                text.encode()
            except UnicodeEncodeError:
                raise InvalidValueError(f"{self.name!r} is not valid Unicode text", hint="save it as UTF-8") from None


def load_module(spell: Spell, specifier: str, importer: str) -> Value:
    """The module that the script `importer` of a spell asks for: `{"name", "source"}`.

    A specifier that starts with `./` or `../` is relative to the importing file; any other is looked for from the
    spell's folder, with `.` in a name as the separator if there is no such file. Modules live in the spell's folder
    and below, links resolved, and have an ending of the language; nothing else is read, since what is no module would
    show in the message about its syntax. `llmspell:NAME` is a module of the spellbook. Raises `NotFoundError`.
    """
    if specifier.startswith(_SHIPPED):
        return _shipped_module(specifier, bridge_of(spell.language).suffixes)
    if spell.folder is None:
        raise NotFoundError(f"no module {specifier!r:.200}: this spell has no folder", hint="run the spell from a file")
    root, suffixes = os.path.realpath(spell.folder), bridge_of(spell.language).suffixes
    for path in _candidates(specifier.replace("\0", "?"), spell, suffixes, importer.replace("\0", "?")):
        inside = os.path.realpath(os.path.join(root, path))
        if inside.startswith(root.rstrip(os.sep) + os.sep) and inside.endswith(suffixes) and os.path.isfile(inside):
            name = os.path.normpath(os.path.join(_prefix(spell), path))
            return {"name": name, "source": _read(inside, shown=name)}
    raise NotFoundError(
        f"no module {specifier!r:.200} in the spell's folder",
        hint="modules are files beside the spell, named as in './util' or 'util'",
    )


def _shipped_module(specifier: str, suffixes: tuple[str, ...]) -> Value:
    from llmspell import spellbook  # as above

    file = spellbook.find_module(specifier, suffixes)
    if file is None:
        hint = "run it with spell.run" if spellbook.find(specifier) else "llmspell:text is one"
        raise NotFoundError(f"there is no module {specifier!r:.200}", hint=hint)
    return {"name": specifier, "source": _read(file)}


def find_spell(spell: Spell, name: str) -> Spell:
    """The spell that another one names, in any language, found as its modules are; its own language goes first.

    What is not there is looked for in the spellbook, and `llmspell:NAME` only there. Raises `NotFoundError`, and what
    `Spell.load` raises.
    """
    try:
        return Spell.shipped(name) if name.startswith(_SHIPPED) else _beside(spell, name)
    except NotFoundError:
        from llmspell import spellbook  # as above

        if spellbook.find(name) is None:
            raise
        return Spell.shipped(name)


def _beside(spell: Spell, name: str) -> Spell:
    if spell.folder is None:
        raise NotFoundError(f"no spell {name!r:.200}: this one has no folder", hint="run the spell from a file")
    root = os.path.realpath(spell.folder)
    own, every = bridge_of(spell.language).suffixes, suffixes()
    for path in _candidates(name.replace("\0", "?"), spell, (*own, *every), spell.name):
        inside = os.path.realpath(os.path.join(root, path))
        if inside.startswith(root.rstrip(os.sep) + os.sep) and inside.endswith(every) and os.path.isfile(inside):
            shown = os.path.normpath(os.path.join(_prefix(spell), path))
            return Spell(
                source=_read(inside, shown=shown),
                language=_language_of(inside),
                name=shown,
                folder=os.path.dirname(inside),
            )
    raise NotFoundError(
        f"no spell {name!r:.200} in the spell's folder",
        hint="name a file beside the spell, such as './shorten.lua', or a spell of the spellbook",
    )


def _candidates(specifier: str, spell: Spell, suffixes: tuple[str, ...], importer: str) -> list[str]:
    """The paths below the spell's folder to look at, in their order; none for what is too long to be one."""
    if len(specifier) > _LONGEST_NAME or len(importer) > _LONGEST_PATH:
        return []
    if specifier.startswith(("./", "../")):
        below = os.path.relpath(os.path.dirname(importer) or ".", _prefix(spell) or ".")
        bases = [os.path.normpath(os.path.join(below, specifier))]
    else:
        bases = [specifier, specifier.replace(".", "/")]
    endings = ["", *suffixes, *(f"/{index}{suffix}" for suffix in suffixes for index in ("index", "init"))]
    return [base + ending for base in bases if len(base) <= _LONGEST_NAME for ending in endings]


def _prefix(spell: Spell) -> str:
    return os.path.dirname(spell.name)


def _language_of(name: str) -> str:
    bridge = bridge_for(name)
    if bridge is None:
        raise InvalidValueError(
            f"cannot tell the language of {name!r}", hint="name the file .lua or .js, or say --lang lua"
        )
    return bridge.language


def _similar(path: str | bytes) -> str | None:
    """What may have been meant by a file that is not there: one beside it, or a spell of the spellbook."""
    from llmspell import spellbook  # only needed once something went wrong
    from llmspell.nearest import nearest

    folder, name = os.path.split(os.fsdecode(path))
    try:
        names = sorted(beside for beside in os.listdir(folder or ".") if beside.endswith(suffixes()))
    except (OSError, ValueError):
        names = []
    return nearest(name, names if folder else [*names, *(entry.name for entry in spellbook.entries())])


def _read(path: str, shown: str | None = None) -> str:
    shown = shown or path
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SOURCE + 1)
        if len(data) > MAX_SOURCE:
            hint = "pass what is no code as parameters, or read it from files"
            raise InvalidValueError(f"{shown!r} is larger than {MAX_SOURCE >> 20} MiB", hint=hint, file=shown)
        return data.decode()
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {shown!r}", hint="check the path", file=shown) from None
    except UnicodeDecodeError as error:
        raise InvalidValueError(
            f"{shown!r} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8", file=shown
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidValueError(f"cannot read {shown!r}: {reason}", file=shown) from None
