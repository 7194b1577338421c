"""What llmspell offers to other programs: spells and tools, over the Model Context Protocol."""
