"""A synchronous program with a tool of its own, which shows the output of a spell while it runs.

python examples/12_embed_sync.py
"""

import sys
from collections.abc import Callable

import llmspell

SPELL = llmspell.Spell(
    name="shout.js",
    language="js",
    source="""
        for await (const chunk of llm().stream("Name three animals.", { maxTokens: 30 })) write(chunk.text);
        print();
        const seen = [];
        await tools.each_word({ text: "lynx otter wren", visit: (word) => seen.push(word.toUpperCase()) });
        export default seen;
    """,
)


def each_word(text: str, visit: Callable[[str], object]) -> int:
    """Call a function of the spell for each word, and give their number."""
    words = text.split()
    for word in words:
        visit(word)
    return len(words)


def show(event: llmspell.Event) -> None:
    """Print text as soon as the spell writes it."""
    if isinstance(event, llmspell.Output):
        sys.stdout.write(event.text)
        sys.stdout.flush()


def main() -> None:
    result = llmspell.run(SPELL, tools=[each_word], on_event=show, config=llmspell.load_config())
    print(result.value)


if __name__ == "__main__":
    main()
