"""The table of docs/reliability.md, from the docstrings of the tests: ``python tests/faults/fault_table.py``.

The first line of a test's docstring is ``number | fault | behaviour``.
"""

from __future__ import annotations

import ast
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- from the tests: python tests/faults/fault_table.py -->\n", "<!-- end -->"
NUMBER = 48
FAMILIES = {
    "test_files": "Files",
    "test_label_values": "Label values",
    "test_geometry": "Geometry",
    "test_numbers": "Numbers",
    "test_runs": "Runs",
}


def fault_tests() -> dict[int, list[tuple[str, str, str, str]]]:
    """Of each fault: family, fault, behaviour and test of each of its tests."""
    found: dict[int, list[tuple[str, str, str, str]]] = {}
    for family in FAMILIES:
        for node in ast.parse((HERE / f"{family}.py").read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                number, fault, behaviour = (ast.get_docstring(node) or "").splitlines()[0].rstrip(".").split(" | ")
                found.setdefault(int(number), []).append((family, fault, behaviour, node.name))
    return dict(sorted(found.items()))


def table() -> str:
    """One table a family, in Markdown."""
    lines: list[str] = []
    for family, title in FAMILIES.items():
        lines += [f"### {title}", "", f"In `tests/faults/{family}.py`.", ""]
        lines += ["| # | fault | what happens | tests |", "|---|---|---|---|"]
        for number, tests in fault_tests().items():
            if tests[0][0] == family:
                names = "<br>".join(f"`{name}`" for _, _, _, name in tests)
                lines.append(f"| {number} | {tests[0][1]} | {tests[0][2]} | {names} |")
        lines.append("")
    return "\n".join(lines)


def updated(page: str) -> str:
    """The page with the tables of now."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
