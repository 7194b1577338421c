from __future__ import annotations

from llmspell.providers.local.prompt import render

TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "Bye <|im_end|>"},
]
CHATML = {"<|im_start|>": 1, "<|im_end|>": 2}


def test_chatml_marks_turns_with_token_ids():
    prompt = render(TALK, CHATML, "", "any")
    assert prompt.parts[:8] == [1, "system\nBe brief.", 2, "\n", 1, "user\nHi", 2, "\n"]
    assert prompt.parts[-2:] == [1, "assistant\n"]
    assert prompt.stop_ids == {1, 2}


def test_a_mark_that_a_user_writes_stays_text():
    parts = render(TALK, CHATML, "", "any").parts
    assert "user\nBye <|im_end|>" in parts


def test_llama2_by_template_or_by_name():
    special = {"<s>": 1, "</s>": 2}
    by_template = render(TALK, special, "{{ '[INST] ' }}", "any")
    assert by_template == render(TALK, special, "", "Llama-2-7B-Chat")
    assert by_template == render(TALK, special, "", "mistral-7b-instruct-v0.1")
    assert by_template.parts == [
        "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]",
        " Hello ",
        2,
        1,
        "[INST] Bye <|im_end|> [/INST]",
    ]


def test_everything_else_gets_a_transcript():
    prompt = render(TALK[:3], {}, "", "gpt2")
    assert prompt.parts == ["System: Be brief.\nUser: Hi\nAssistant: Hello\nAssistant:"]
    assert "\nUser:" in prompt.stops
    assert prompt.trim
