"""Models: the providers that serve them, and the registry that finds a provider by a model's name."""
