"""Wire formats: how models are talked to. No module here does I/O."""
