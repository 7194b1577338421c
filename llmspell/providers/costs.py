"""What a call costs, from the price list of genai-prices.

The list ships with that package and is never fetched. Importing it takes longer than a whole spell, so this module
does it when the first price is asked for.
"""

from __future__ import annotations

from datetime import datetime

from llmspell.providers.base import Usage

LOCAL = frozenset({"local", "llamacpp", "ctransformers"})
PRICED = frozenset(
    {
        "anthropic",
        "aws",
        "azure",
        "cerebras",
        "cohere",
        "deepseek",
        "fireworks",
        "google",
        "groq",
        "mistral",
        "moonshotai",
        "openai",
        "openrouter",
        "perplexity",
        "together",
        "voyageai",
        "x-ai",
        "zai",
    }
)
"""Those of its providers that we know; for any other name the list is not even loaded."""


def cost(provider: str, model: str, usage: Usage, when: datetime | None = None) -> float | None:
    """The price of a call in US dollars, at the prices of `when` (now, if not given).

    None when the provider, the model or the input tokens are not known: a price of 0 is never a guess. It is a
    fact for the local runtimes alone, which cost nothing per call. Embeddings have no output tokens.
    """
    if provider in LOCAL:
        return 0.0
    if provider not in PRICED or usage.input_tokens is None:
        return None
    import genai_prices  # see above

    tokens = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens or 0,
        cache_read_tokens=usage.cached_tokens or None,
        cache_write_tokens=usage.cache_write_tokens or None,
    )
    try:
        price = genai_prices.calc_price(tokens, model, provider_id=provider, genai_request_timestamp=when)
    except (LookupError, ValueError):
        return None
    return float(price.total_price)
