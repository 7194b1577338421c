"""A small MCP server of notes, made with the official SDK; it speaks over its standard streams."""

from mcp.server.mcpserver import MCPServer

NOTES = ["The harbour opens at six.", "The market is on Thursdays."]
server = MCPServer("notes")


@server.tool(structured_output=False)
def search(word: str) -> str:
    """The notes that have a word in them."""
    return "\n".join(note for note in NOTES if word in note)


@server.tool()
def count() -> int:
    """How many notes there are."""
    return len(NOTES)


@server.resource("note://all")
def everything() -> str:
    """All notes."""
    return "\n".join(NOTES)


@server.prompt()
def ask(question: str, notes: str) -> str:
    """A question about notes."""
    return f"Answer in one sentence from these notes.\n\n{notes}\n\n{question}"


if __name__ == "__main__":
    server.run()
