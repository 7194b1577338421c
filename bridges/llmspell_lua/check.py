"""Finds mistakes in a Lua source without running it: what does not compile, and globals that nothing defines."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from llmspell.border import Problem
from llmspell_lua.hints import instead_of
from llmspell_lua.interpreter import LuaInterpreter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_DIALECTS = ("lua", "lua5.5")  # what compiles in one of them is not a syntax error
_OPENS_SCOPE = {
    "block",
    "chunk",
    "do_statement",
    "for_statement",
    "function_declaration",
    "function_definition",
    "repeat_statement",
}
_NOT_VARIABLES = {"attribute", "goto_statement", "label_statement"}


def check(source: str, name: str) -> list[Problem]:
    """Why `source` does not compile, or else a warning for each global that is neither known nor assigned."""
    interpreters = [LuaInterpreter(dialect) for dialect in _DIALECTS]
    problems = [interpreter.syntax_error(source, name) for interpreter in interpreters]
    known = interpreters[0].globals()
    for interpreter in interpreters:
        interpreter.close()
    if all(problems):
        return [problem for problem in problems[:1] if problem]
    return _unknown_globals(source, known)


def _unknown_globals(source: str, known: set[str]) -> list[Problem]:
    import tree_sitter_lua
    from tree_sitter import Language, Parser

    data = source.encode(errors="replace")
    if data.startswith(b"#"):
        data = b"--" + data[2:]
    tree = Parser(Language(tree_sitter_lua.language())).parse(data)
    uses = _Uses()
    if not tree.root_node.has_error:  # a dialect that the grammar does not know
        try:
            uses.visit(tree.root_node)
        except RecursionError:  # nobody wrote that by hand
            return []
    if uses.rebinds_environment:
        return []
    known = known | uses.assigned
    lines = data.split(b"\n")
    return [_warning(node, known, lines) for node in uses.globals if _text(node) not in known]


def _warning(node: Node, known: set[str], lines: list[bytes]) -> Problem:
    name = _text(node)
    near = get_close_matches(name, known, n=1)
    advice = instead_of(name) or (f"did you mean {near[0]}?" if near else "")
    message = f"unknown global {name}" + (f"; {advice}" if advice else "")
    line, column = node.start_point
    return Problem(line + 1, len(lines[line][:column].decode(errors="replace")) + 1, message, "warning")


def _text(node: Node) -> str:
    return node.text.decode(errors="replace") if node.text else ""


class _Uses:
    """Walks a syntax tree with its scopes, and gathers the names that are no local variable."""

    def __init__(self) -> None:
        self.globals: list[Node] = []
        self.assigned: set[str] = set()
        self._scopes: list[set[str]] = [{"self", "_ENV"}]
        self.rebinds_environment = False

    def visit(self, node: Node) -> None:
        if node.type == "identifier":
            self._read(node)
        elif node.type not in _NOT_VARIABLES:
            handler = getattr(self, f"_visit_{node.type}", self._visit_children)
            if node.type in _OPENS_SCOPE:
                self._scopes.append(set())
                handler(node)
                self._scopes.pop()
            else:
                handler(node)

    def _visit_children(self, node: Node) -> None:
        for child in node.named_children:
            self.visit(child)

    def _read(self, node: Node) -> None:
        if not self._is_local(_text(node)):
            self.globals.append(node)

    def _is_local(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    def _declare(self, nodes: Iterator[Node]) -> None:
        for node in nodes:
            if node.type == "identifier":
                self._scopes[-1].add(_text(node))
                self.rebinds_environment |= _text(node) == "_ENV"

    def _assign(self, node: Node) -> None:
        if node.type != "identifier":
            self.visit(node)
        elif not self._is_local(_text(node)):
            self.assigned.add(_text(node))
        else:
            self.rebinds_environment |= _text(node) == "_ENV"

    def _visit_dot_index_expression(self, node: Node) -> None:
        self._visit_owner(node)

    def _visit_method_index_expression(self, node: Node) -> None:
        self._visit_owner(node)

    def _visit_owner(self, node: Node) -> None:
        self.visit(node.named_children[0])

    def _visit_field(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        bracketed = bool(node.children) and node.children[0].type == "["
        for child in node.named_children:
            if child != name or bracketed:
                self.visit(child)

    def _visit_parameters(self, node: Node) -> None:
        self._declare(iter(node.named_children))

    def _visit_for_numeric_clause(self, node: Node) -> None:
        for child in node.named_children[1:]:
            self.visit(child)
        self._declare(iter(node.named_children[:1]))

    def _visit_for_generic_clause(self, node: Node) -> None:
        names, values = node.named_children[0], node.named_children[1:]
        for child in values:
            self.visit(child)
        self._declare(iter(names.named_children))

    def _visit_function_declaration(self, node: Node) -> None:
        name, rest = node.named_children[0], node.named_children[1:]
        inner = self._scopes.pop()
        if node.children[0].type == "local":
            self._declare(iter([name]))
        else:
            self._assign(name)
        self._scopes.append(inner)
        for child in rest:
            self.visit(child)

    def _visit_variable_declaration(self, node: Node) -> None:
        target = node.named_children[0]
        if target.type == "assignment_statement":
            names, values = target.named_children
            self.visit(values)
        else:
            names = target
        self._declare(iter(names.named_children))

    def _visit_assignment_statement(self, node: Node) -> None:
        names, values = node.named_children
        self.visit(values)
        for name in names.named_children:
            self._assign(name)

    def _visit_repeat_statement(self, node: Node) -> None:
        body, condition = node.child_by_field_name("body"), node.child_by_field_name("condition")
        for child in body.named_children if body else ():  # the condition sees the locals of the body
            self.visit(child)
        if condition:
            self.visit(condition)
