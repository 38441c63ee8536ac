"""docs/reliability.md says what the tests show, and names tests that exist."""

import ast
import re
from pathlib import Path

import pytest
from faults.fault_table import FAMILIES, NUMBER, PAGE, fault_tests, table, updated

TESTS = Path(__file__).parents[1]
TEXT = PAGE.read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def test_every_fault_has_a_test_in_its_family():
    found = fault_tests()
    assert list(found) == list(range(1, NUMBER + 1))
    assert {tests[0][0] for tests in found.values()} == set(FAMILIES)


@pytest.mark.parametrize("number", range(1, NUMBER + 1))
def test_the_tests_of_a_fault_agree_on_it(number):
    assert len({test[:3] for test in fault_tests()[number]}) == 1


def test_the_page_is_up_to_date():
    assert updated(TEXT) == TEXT, "run: python tests/faults/fault_table.py"
    assert table() in TEXT


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_the_page_names_exists(file, name):
    tree = ast.parse((TESTS.parent / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test():
    rows = re.findall(r"^\| (P\d) \|.*$", TEXT, re.MULTILINE)
    assert rows == [f"P{i}" for i in range(1, 9)]
    for row in re.findall(r"^\| P\d \|.*$", TEXT, re.MULTILINE):
        assert "::test_" in row
