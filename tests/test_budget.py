"""Budgets: a tree of sums that calls at the same time cannot overdraw."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from llmspell.budget import Budget, Room, dollars
from llmspell.errors import InvalidValueError, LimitError
from llmspell.limits import Limits


def test_without_bounds_everything_fits_and_is_counted():
    budget = Budget()
    held = budget.reserve(1e9, 10**12)
    held.settle(2.5, 30)
    assert (budget.cost, budget.tokens, budget.priced, budget.bounded) == (2.5, 30, True, False)
    assert budget.left == Room(math.inf, math.inf)
    assert budget.calls_left is None


@pytest.mark.parametrize("bound", ["max_cost", "max_tokens", "max_calls"])
def test_a_bound_has_to_be_one(bound):
    for wrong in (math.nan, -1):
        with pytest.raises(InvalidValueError, match=f"budget: {bound} must be a number of at least 0"):
            Budget(**{bound: wrong})
    assert Budget(**{bound: 0}).child(**{bound: 5}).left == Budget(**{bound: 0}).left


def test_what_is_reserved_is_not_left_for_others():
    budget = Budget(max_cost=1.0, max_tokens=100)
    held = budget.reserve(0.75, 40)
    assert budget.left == Room(0.25, 60)
    assert budget.reserve(0.5, 10) is None
    held.settle(0.1, 20)
    assert budget.left == Room(0.9, 80)
    assert budget.reserve(0.5, 10) is not None


def test_what_can_never_fit_ends_the_run():
    budget = Budget(max_cost=0.05)
    with pytest.raises(
        LimitError, match=r"budget of \$0\.05 exceeded: a call may cost \$0\.06, and \$0\.05 is left"
    ) as e:
        budget.reserve(0.06, 10)
    assert "--max-cost" in e.value.hint
    assert budget.exceeded is e.value


def test_tokens_that_do_not_fit_are_named():
    budget = Budget(max_tokens=100)
    with pytest.raises(LimitError, match="budget of 100 tokens exceeded: a call may take 101, and 100 are left") as e:
        budget.reserve(0.0, 101)
    assert "--max-tokens" in e.value.hint


def test_the_impatient_do_not_wait_for_others():
    budget = Budget(max_tokens=100)
    budget.reserve(0.0, 60)
    assert budget.reserve(0.0, 60) is None
    assert budget.exceeded is None
    with pytest.raises(LimitError, match="a call may take 60, and 40 are left"):
        budget.reserve(0.0, 60, patient=False)


def test_a_call_is_settled_once():
    budget = Budget(max_cost=1.0)
    held = budget.reserve(0.5, 0)
    held.settle(0.2, 1)
    held.settle(0.2, 1)
    held.release()
    assert (budget.cost, budget.tokens) == (0.2, 1)


def test_an_unknown_price_is_charged_as_reserved():
    budget = Budget(max_cost=1.0)
    budget.reserve(0.5, 10).settle(None, 3)
    assert (budget.cost, budget.priced) == (0.5, True)
    free = Budget()
    free.reserve(0.0, 0).settle(None, 3)
    assert (free.cost, free.priced) == (0.0, False)


def test_no_answer_makes_a_budget_larger():
    budget = Budget(max_cost=1.0, max_tokens=10)
    budget.reserve(0.5, 5).settle(-3.0, -100)
    assert (budget.left, budget.cost, budget.tokens) == (Room(1.0, 10), 0.0, 0)


def test_what_was_released_cost_nothing():
    budget = Budget(max_cost=1.0)
    budget.reserve(0.5, 10).release()
    assert (budget.cost, budget.tokens, budget.left.cost, budget.priced) == (0.0, 0, 1.0, True)


def test_a_child_spends_what_its_parent_has():
    parent = Budget(max_cost=1.0)
    child = parent.child(max_cost=5.0)
    child.reserve(0.75, 10).settle(0.75, 10)
    assert (parent.cost, parent.tokens) == (0.75, 10)
    assert child.left.cost == 0.25
    with pytest.raises(LimitError, match=r"budget of \$1\.00 exceeded"):
        child.reserve(0.5, 0)
    assert parent.exceeded is not None
    assert child.exceeded is parent.exceeded


def test_a_child_that_spent_its_own_part_leaves_the_parent_alone():
    parent = Budget(max_cost=1.0)
    child = parent.child(max_cost=0.1)
    with pytest.raises(LimitError, match=r"budget of \$0\.10 exceeded"):
        child.reserve(0.5, 0)
    assert child.exceeded is not None
    assert parent.exceeded is None
    assert parent.reserve(0.5, 0) is not None


def test_a_child_without_bounds_is_bounded_by_its_parent():
    child = Budget(max_cost=1.0).child()
    assert child.bounded
    assert child.bounds_cost
    assert not Budget(max_tokens=5).child().bounds_cost


def test_calls_count_for_all_above():
    parent = Budget(max_calls=3)
    child = parent.child(max_calls=10)
    child.count_call()
    parent.count_call()
    assert (parent.calls_left, child.calls_left, child.calls) == (1, 1, 1)
    child.count_call()
    with pytest.raises(LimitError, match="limit of 3 calls exceeded"):
        child.count_call()
    assert parent.exceeded is not None


def test_those_who_wait_are_woken_by_every_end():
    async def main():
        parent = Budget(max_tokens=10)
        child = parent.child()
        held = child.reserve(0.0, 10)
        future = parent.changed()
        assert not future.done()
        held.settle(0.0, 5)
        await asyncio.wait_for(future, 1)

    asyncio.run(main())


def test_streams_alone_hold_it():
    budget = Budget(max_tokens=10)
    one, two = budget.reserve(0.0, 1), budget.reserve(0.0, 1)
    one.streaming = True
    assert not budget.streaming
    two.release()
    assert budget.child().streaming


def test_limits_make_a_budget():
    budget = Budget.of(Limits(max_cost=0.5, max_tokens=9, max_calls=4), Budget(max_calls=2))
    assert (budget.max_cost, budget.max_tokens, budget.max_calls, budget.calls_left) == (0.5, 9, 4, 2)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.05, "$0.05"), (1, "$1.00"), (12.3456, "$12.3456"), (0.1, "$0.10"), (0.00123, "$0.0012"),
     (0.0000012, "$1.2e-06"), (100, "$100.00")],
)  # fmt: skip
def test_dollars_for_people(amount, text):
    assert dollars(amount) == text


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 200)), max_size=30), st.floats(0.01, 3), st.integers(1, 300))
def test_whatever_is_asked_for_no_more_is_held_than_there_is(asked, max_cost, max_tokens):
    budget = Budget(max_cost=max_cost, max_tokens=max_tokens)
    held = []
    for cost, tokens in asked:
        try:
            held.append(budget.reserve(cost, tokens))
        except LimitError:
            assert cost > max_cost or tokens > max_tokens
    got = [each for each in held if each is not None]
    assert sum(each.cost for each in got) <= max_cost + 1e-6
    assert sum(each.tokens for each in got) <= max_tokens


class Tree(RuleBasedStateMachine):
    """Budgets, parts of them, and calls that begin and end in any order."""

    def __init__(self):
        super().__init__()
        self.budgets = [Budget(max_cost=10.0, max_tokens=1000)]
        self.open = []
        self.spent = {self.budgets[0]: [0.0, 0]}

    @rule(at=st.integers(0, 9), cost=st.none() | st.floats(0.1, 20), tokens=st.none() | st.integers(1, 2000))
    def part(self, at, cost, tokens):
        if len(self.budgets) < 10:
            self.budgets.append(self.budgets[at % len(self.budgets)].child(max_cost=cost, max_tokens=tokens))
            self.spent[self.budgets[-1]] = [0.0, 0]

    @rule(at=st.integers(0, 9), cost=st.floats(0, 12), tokens=st.integers(0, 1200))
    def begin(self, at, cost, tokens):
        budget = self.budgets[at % len(self.budgets)]
        fits = budget.left.holds(cost, tokens)
        try:
            held = budget.reserve(cost, tokens)
        except LimitError:
            assert not budget.left_alone.holds(cost, tokens)
            return
        assert (held is not None) == fits
        if held is not None:
            self.open.append((budget, held))

    @rule(at=st.integers(0, 99), share=st.floats(0, 1))
    def end(self, at, share):
        if self.open:
            budget, held = self.open.pop(at % len(self.open))
            held.settle(held.cost * share, int(held.tokens * share))
            for each in budget.line():
                self.spent[each][0] += held.cost * share
                self.spent[each][1] += int(held.tokens * share)

    @invariant()
    def nobody_overdraws(self):
        for budget in self.budgets:
            cost, tokens = self.spent[budget]
            assert budget.cost == pytest.approx(cost)
            assert budget.tokens == tokens
            held = [each for owner, each in self.open if budget in owner.line()]
            assert set(budget.held) == set(held)
            if budget.max_cost is not None:
                assert budget.cost + sum(each.cost for each in held) <= budget.max_cost + 1e-6
            if budget.max_tokens is not None:
                assert budget.tokens + sum(each.tokens for each in held) <= budget.max_tokens


TestTree = Tree.TestCase
