"""ES modules for an engine that has no loader: `import` and `export` become calls of the prelude.

Nothing moves: what is taken out leaves blanks of the same length, and what is put in is as long as what it
replaces, so that every line and column of an error is that of the source. What surrounds the module stands on a
line before its first and on one after its last.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from llmspell_js.syntax import Node, descendants, parse, position, text_of, unquote

_LOAD = b"$load$"  # as long as `import`
_DEFAULT = b"$load$.value ="  # as long as `export default`
_DECLARATIONS = {
    "lexical_declaration", "variable_declaration", "function_declaration", "generator_function_declaration",
    "class_declaration",
}  # fmt: skip  # one row of names


class Rewritten(NamedTuple):
    """A module as a script whose value is a function of its loader and of the scope that it imports."""

    text: str
    meta: dict[str, Any]
    """`imports` and `reexports`, each with its specifier, its names and the place where it stands."""


def rewrite(source: str) -> Rewritten:
    """Turn the source of a module into what the prelude's `modules` part runs; one line longer at each end."""
    module = _Module(source.encode())
    for statement in module.root.children:
        if statement.type == "import_statement":
            module.take_import(statement)
        elif statement.type == "export_statement":
            module.take_export(statement)
    module.rename_loads()
    body = bytes(module.text).decode()
    getters = ",".join(f"{json.dumps(name)}:()=>{value}" for name, value in module.exports)
    scope, end = ("with(scope){", "}") if module.imports else ("", "")
    head = f'(function($load$,scope){{{scope}return async function(){{"use strict";$load$.exports({{{getters}}});'
    meta = {"imports": module.imports, "reexports": module.reexports}
    return Rewritten(f"{head}\n{body}\n}}{end}}})", meta)


def rewrite_chunk(source: str) -> Rewritten:
    """Turn a piece of code of a session into the same: what it declares stays, its last expression is its value.

    Its mode is not strict, so that a name which nothing declares is kept too.
    """
    module = _Module(source.encode())
    statements = [node for node in module.root.named_children if node.type != "comment"]
    names = [name for node in statements if node.type in _DECLARATIONS for name in declared(node)]
    module.rename_loads()
    if statements and statements[-1].type == "expression_statement":
        start = statements[-1].start_byte
        module.text[start:start] = b"return "
    keep = "".join(f"$load$.keep({json.dumps(name)},()=>{name},$=>{{{name}=$}});" for name in names)
    value = "$load$.exports({default:()=>$load$.value});"
    head = f"(function($load$,scope){{with(scope){{return async function(){{{keep}{value}"
    meta = {"imports": [], "reexports": [], "chunk": True}
    return Rewritten(f"{head}\n{bytes(module.text).decode()}\n}}}}}})", meta)


class _Module:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.text = bytearray(source)
        self.root = parse(source)
        self.imports: list[dict[str, Any]] = []
        self.reexports: list[dict[str, Any]] = []
        self.exports: list[tuple[str, str]] = []

    def take_import(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        if source is None:  # a syntax error, which the engine will report
            return
        clause = next((child for child in node.named_children if child.type == "import_clause"), None)
        names = [] if clause is None else _imported(clause)
        self.imports.append(self._place(node, source, names))
        self._blank(node)

    def take_export(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        if source is not None:
            self.reexports.append(self._place(node, source, _reexported(node)))
            self._blank(node)
        elif any(child.type == "default" for child in node.children):
            self._take_default(node)
        elif (declaration := node.child_by_field_name("declaration")) is not None:
            self.exports += [(name, name) for name in declared(declaration)]
            self._spaces(node.start_byte, declaration.start_byte)
        else:
            clause = next(child for child in node.named_children if child.type == "export_clause")
            self.exports += [(outer, inner) for inner, outer in _pairs(clause)]
            self._blank(node)

    def _take_default(self, node: Node) -> None:
        declaration = node.child_by_field_name("declaration")
        name = None if declaration is None else declaration.child_by_field_name("name")
        inner = declaration if declaration is not None else node.child_by_field_name("value")
        if inner is None:
            return
        if name is not None:
            self.exports.append(("default", text_of(name)))
            self._spaces(node.start_byte, inner.start_byte)
            return
        self.exports.append(("default", "$load$.value"))
        self._spaces(node.start_byte, inner.start_byte)
        self.text[node.start_byte : node.start_byte + len(_DEFAULT)] = _DEFAULT

    def rename_loads(self) -> None:
        for node in descendants(self.root, "import"):
            if node.parent is not None and node.parent.type in ("call_expression", "meta_property"):
                self.text[node.start_byte : node.end_byte] = _LOAD

    def _place(self, node: Node, source: Node, names: list[list[str]] | None) -> dict[str, Any]:
        line, column = position(self.source, node)
        return {"specifier": unquote(text_of(source)), "names": names, "line": line, "column": column}

    def _spaces(self, start: int, end: int) -> None:
        for index in range(start, end):
            if self.text[index] not in b"\r\n":
                self.text[index] = ord(" ")

    def _blank(self, node: Node) -> None:
        self._spaces(node.start_byte, node.end_byte)
        self.text[node.start_byte : node.start_byte + 1] = b";"


def _imported(clause: Node) -> list[list[str]]:
    names = []
    for child in clause.named_children:
        if child.type == "identifier":
            names.append(["default", text_of(child)])
        elif child.type == "namespace_import":
            names.append(["*", text_of(child.named_children[0])])
        elif child.type == "named_imports":
            names += [list(pair) for pair in _pairs(child)]
    return names


def _reexported(node: Node) -> list[list[str]] | None:
    """The names that `export ... from` passes on; None for all of them."""
    for child in node.named_children:
        if child.type == "export_clause":
            return [list(pair) for pair in _pairs(child)]
        if child.type == "namespace_export":
            return [["*", unquote(text_of(child.named_children[0]))]]
    return None


def _pairs(clause: Node) -> list[tuple[str, str]]:
    """The `name as alias` pairs of an import or export clause."""
    pairs = []
    for child in clause.named_children:
        name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
        if name is not None:
            first = unquote(text_of(name))
            pairs.append((first, first if alias is None else unquote(text_of(alias))))
    return pairs


def declared(node: Node) -> list[str]:
    """The names that a declaration or a pattern binds."""
    if node.type in ("identifier", "shorthand_property_identifier_pattern"):
        return [text_of(node)]
    if node.type in ("function_declaration", "generator_function_declaration", "class_declaration"):
        name = node.child_by_field_name("name")
        return [] if name is None else [text_of(name)]
    if node.type == "variable_declarator":
        name = node.child_by_field_name("name")
        return [] if name is None else declared(name)
    if node.type in ("assignment_pattern", "object_assignment_pattern"):
        left = node.child_by_field_name("left")
        return [] if left is None else declared(left)
    if node.type == "pair_pattern":
        value = node.child_by_field_name("value")
        return [] if value is None else declared(value)
    inner = ("lexical_declaration", "variable_declaration", "array_pattern", "object_pattern", "rest_pattern")
    if node.type in inner:
        return [name for child in node.named_children for name in declared(child)]
    return []
