"""`python -m llmspell`."""

from llmspell.cli import main

if __name__ == "__main__":
    main()
