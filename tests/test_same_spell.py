"""One spell, three ways to the same real model: llama.cpp, ctransformers, and a server over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

import llmspell
from llmspell import Output, Spell
from llmspell.config import Config, ProviderConfig
from llmspell.providers.local.convert import convert
from llmspell.providers.local.store import ModelStore
from tests.llama_server import KEY, serve, stop

pytestmark = pytest.mark.model

LUA = """
local model = llm(nil, { temperature = 0, max_tokens = 24 })
local messages = {
  { role = "system", content = "You are a helpful assistant." },
  { role = "user", content = "What is the capital of France?" },
}
local pieces = 0
for chunk in model:stream(messages) do
  write(chunk.text)
  pieces = pieces + 1
end
local reply = model:complete(messages)
return { text = reply.text, pieces = pieces, tokens = reply.usage.output_tokens, finish = reply.finish_reason }
"""
JS = """
const model = llm(null, { temperature: 0, maxTokens: 24 });
const messages = [
  { role: "system", content: "You are a helpful assistant." },
  { role: "user", content: "What is the capital of France?" },
];
let pieces = 0;
for await (const chunk of model.stream(messages)) {
  write(chunk.text);
  pieces++;
}
const reply = await model.complete(messages);
export default { text: reply.text, pieces, tokens: reply.usage.outputTokens, finish: reply.finishReason };
"""


@pytest.fixture(scope="module")
def config(smollm2: Path):
    process, address = serve(smollm2)
    yield Config(providers={"here": ProviderConfig(base_url=f"{address}/v1", api_key_env="HERE_KEY")})
    stop(process)


@pytest.fixture(scope="module")
def converted(smollm2: Path) -> None:
    convert(ModelStore(smollm2.parent), "smollm2-135m")


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("language", ["lua", "js"])
@pytest.mark.parametrize("model", ["local/smollm2-135m", "ctransformers/smollm2-135m", "here/smollm2-135m"])
def test_it_streams_and_answers(model, language, config, monkeypatch):
    monkeypatch.setenv("HERE_KEY", KEY)
    pieces: list[str] = []

    def heard(event: llmspell.Event) -> None:
        if isinstance(event, Output):
            pieces.append(event.text)

    spell = Spell(source=LUA if language == "lua" else JS, language=language, name="capital")
    result = llmspell.run(spell, model=model, config=config, on_event=heard)
    assert "Paris" in result.value["text"]
    assert result.output == result.value["text"]
    assert len(pieces) > 3
    assert result.value["pieces"] > 3
    assert result.value["finish"] in {"stop", "length"}
    assert 0 < result.value["tokens"] <= 24
    assert result.usage.output_tokens == 2 * result.value["tokens"]
