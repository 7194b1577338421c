"""Run one spell from a program and use what it returns.

python examples/10_embed_script.py
"""

from pathlib import Path

import llmspell

SPELL = Path(__file__).with_name("02_params_and_results.lua")


def main() -> None:
    limits = llmspell.Limits(timeout=120, max_calls=20, memory=32 * 1024 * 1024)
    try:
        result = llmspell.run(SPELL, params={"word": "sun"}, limits=limits, config=llmspell.load_config())
    except llmspell.LlmspellError as error:
        raise SystemExit(f"{error.kind}: {error} (hint: {error.hint})") from None
    print(result.value["line"])
    print(f"{result.usage.output_tokens} tokens in {result.duration:.1f} s")


if __name__ == "__main__":
    main()
