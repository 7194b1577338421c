"""Providers made of providers: choose among models, share calls out, keep to limits, remember answers."""

from llmspell.providers.select.balance import Balance
from llmspell.providers.select.cache import Cached
from llmspell.providers.select.fallback import Fallback
from llmspell.providers.select.paced import Paced
from llmspell.providers.select.route import Route, Rule
from llmspell.providers.select.selection import Selection

__all__ = ["Balance", "Cached", "Fallback", "Paced", "Route", "Rule", "Selection"]
