"""Which names of a module are declared nowhere in it, by the scoping rules of JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

from llmspell_js.modules import declared
from llmspell_js.syntax import Node, text_of

_FUNCTIONS = {
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function",
    "arrow_function", "method_definition", "class_static_block",
}  # fmt: skip  # one row of names
_BLOCKS = {"statement_block", "for_statement", "for_in_statement", "switch_body", "catch_clause", "class_body"}
_REFERENCES = {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}


class _Scope:
    def __init__(self, parent: _Scope | None, *, function: bool) -> None:
        self.parent = parent
        self.function = function
        self.names: set[str] = set()
        self.used: list[Node] = []

    def declare(self, names: list[str], *, hoisted: bool = False) -> None:
        scope = self
        while hoisted and not scope.function and scope.parent is not None:
            scope = scope.parent
        scope.names.update(names)

    def knows(self, name: str) -> bool:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.parent
        return False


def free_names(root: Node) -> Iterator[Node]:
    """The identifiers that refer to no declaration of the module, in the order of the source."""
    uses: list[tuple[Node, _Scope]] = []
    stack = [(root, _Scope(None, function=True))]
    while stack:
        node, scope = stack.pop()
        inner = _enter(node, scope)
        if node.type in _REFERENCES and not _is_label(node):
            uses.append((node, inner))
        stack.extend((child, inner) for child in reversed(node.children))
    for node, scope in uses:
        if not scope.knows(text_of(node)):
            yield node


def _enter(node: Node, scope: _Scope) -> _Scope:
    """Declare what the node declares; gives the scope of what is in it."""
    kind = node.type
    if kind in _FUNCTIONS:
        return _enter_function(node, scope)
    if kind in ("class_declaration", "class"):
        name = node.child_by_field_name("name")
        names = [] if name is None else [text_of(name)]
        if kind == "class_declaration":
            scope.declare(names)
        scope = _Scope(scope, function=False)
        scope.declare(names)
    elif kind in _BLOCKS:
        scope = _Scope(scope, function=False)
        _declare_head(node, scope)
    elif kind == "lexical_declaration":
        scope.declare(declared(node))
    elif kind == "variable_declaration":
        scope.declare(declared(node), hoisted=True)
    elif kind == "import_clause":
        scope.declare([text_of(name) for name in _imported(node)])
    return scope


def _enter_function(node: Node, scope: _Scope) -> _Scope:
    name = node.child_by_field_name("name")
    inner = _Scope(scope, function=True)
    if node.type != "arrow_function":
        inner.declare(["arguments"])
    if name is not None and name.type == "identifier":
        (scope if node.type.endswith("declaration") else inner).declare([text_of(name)])
    for field in ("parameters", "parameter"):
        if (parameters := node.child_by_field_name(field)) is not None:
            children = [parameters] if field == "parameter" else parameters.named_children
            inner.declare([each for child in children for each in declared(child)])
    return inner


def _declare_head(node: Node, scope: _Scope) -> None:
    if node.type == "catch_clause" and (parameter := node.child_by_field_name("parameter")) is not None:
        scope.declare(declared(parameter))
    if node.type == "for_in_statement" and (kind := node.child_by_field_name("kind")) is not None:
        left = node.child_by_field_name("left")
        scope.declare([] if left is None else declared(left), hoisted=kind.type == "var")


def _imported(clause: Node) -> Iterator[Node]:
    for child in clause.named_children:
        if child.type == "identifier":
            yield child
        elif child.type == "namespace_import":
            yield child.named_children[0]
        elif child.type == "named_imports":
            for pair in child.named_children:
                alias = pair.child_by_field_name("alias") or pair.child_by_field_name("name")
                if alias is not None:
                    yield alias


def _is_label(node: Node) -> bool:
    """Whether the name is no variable: the outer names of `import` and `export` clauses."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("import_specifier", "namespace_import", "import_clause", "namespace_export"):
        return True
    if parent.type != "export_specifier":
        return False
    statement = parent.parent and parent.parent.parent
    from_elsewhere = statement is not None and statement.child_by_field_name("source") is not None
    return from_elsewhere or node != parent.child_by_field_name("name")
