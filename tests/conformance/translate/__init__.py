"""Recorded requests in our words, by what the documentation of each service says."""
