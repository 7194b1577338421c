"""The example of an agent, with a model that does as it is asked."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from llmspell import Config, Host
from llmspell.testing import ScriptedProvider
from tests.agents.models import calls


def example() -> ModuleType:
    path = Path(__file__).parents[2] / "examples" / "17_agent.py"
    spec = importlib.util.spec_from_file_location("agent_example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("agreed", "sent"), [(True, 1), (False, 0)])
def test_the_example(agreed: bool, sent: int, capsys: pytest.CaptureFixture[str]) -> None:
    module = example()
    module.approve = lambda question: agreed
    provider = ScriptedProvider(
        [
            calls(("look_up_order", {"number": "A-2"})),
            calls(("send_reminder", {"number": "A-2", "text": "Please pay for the chair."})),
            calls(("final_answer", {"order": "A-2", "paid": False, "action": "reminded" if agreed else "none"})),
        ]
    )

    async def main() -> None:
        async with Host(Config(model="scripted/test"), providers=[provider]) as host:
            await module.handle(host, "Has A-2 been paid?")

    asyncio.run(main())
    steps = capsys.readouterr().out.splitlines()
    assert steps[0] == "look_up_order({'number': 'A-2'})"
    assert steps[-2].startswith("done: order='A-2' paid=False")
    assert steps[-1] == f"3 turns, 9 + 6 tokens, {sent} sent"
