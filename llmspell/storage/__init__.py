"""What outlives a run, in one SQLite file: the state of spells, conversations, documents to search."""
