"""Documents to search by meaning and by words: `Memory`, what loads them, and the tool for agents."""
