"""Models that run on this machine: GGUF files on llama.cpp, GGML-era files on ctransformers.

Both runtimes are native code that can end the process on a bad file, so that each model runs in a worker
process of its own: `provider` is what the rest of llmspell sees, `client` the near end of a worker, `worker`
the far end. `store`, `pull` and `convert` keep the files; `gguf` and `preflight` look into them first.
"""
