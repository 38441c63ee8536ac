"""The tables of docs/performance.md, from the records of ``noise_speed.py``; run by ``nox -s bench -- noise``."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

GOALS = {  # ours is at most the other's time divided by this
    "erosion": {"edt, multilabel, thresholded": 1, "MONAI erode (cube)": 20},
    "dilation": {"scipy EDT on the foreground's box": 1, "MONAI dilate (cube)": 8},
}


def table(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def size(record) -> str:
    shape = record["shape"]
    return f"{shape[0]}³" if shape == [shape[0]] * 3 else "×".join(map(str, shape))


def milliseconds(record) -> float:
    return 1e3 * statistics.median(record["seconds"])


def setting(record) -> str:
    return f"{size(record)}, {record['classes']}, {record['radius']}"


def pivot(records, row_of, column_of, cell_of) -> tuple[list[str], list[list[str]]]:
    """Columns and rows in the order in which they are first met; a dash where nothing was measured."""
    cells = {(row_of(record), column_of(record)): cell_of(record) for record in records}
    rows, columns = dict.fromkeys(row for row, _ in cells), dict.fromkeys(column for _, column in cells)
    return list(columns), [[row, *(cells.get((row, column), "–") for column in columns)] for row in rows]


def times_table(records, ours) -> str:
    """A row for each contender, a column for each setting; in brackets how many times ours is faster."""

    def cell(record):
        ratio = milliseconds(record) / ours[setting(record)]
        return f"{milliseconds(record):.0f}" + ("" if record["contender"] == "ours" else f" ({ratio:.1f})")

    columns, rows = pivot(records, lambda record: record["contender"], setting, cell)
    return table([records[0]["what"], *columns], rows)


def goals_table(records) -> str:
    rows = []
    for what, goals in GOALS.items():
        times = {(r["contender"], setting(r)): milliseconds(r) for r in records if r["what"] == what}
        for contender, goal in goals.items():
            ratios = [ms / times["ours", where] for (name, where), ms in times.items() if name == contender]
            least = f"{min(ratios):.1f} ({len(ratios)} settings)" if ratios else "not installed"
            reached = "yes" if ratios and min(ratios) >= goal else "NO"
            than = "as fast as" if goal == 1 else f"{goal} times faster than"
            rows.append([f"{what}: {than} {contender}", least, reached])
    return table(["goal", "least ratio", "reached"], rows)


def walk_table(records) -> str:
    ours = {size(record): milliseconds(record) for record in records if record["contender"] == "ours"}

    def cell(record):
        ratio = milliseconds(record) / ours[size(record)]
        return f"{milliseconds(record):.0f}" + ("" if record["contender"] == "ours" else f" ({ratio:.0f})")

    columns, rows = pivot(
        records, lambda record: f"{size(record)}, {record['steps']}", lambda record: record["contender"], cell
    )
    return table(["size, steps", *columns], rows)


def growth_table(records) -> str:
    columns, rows = pivot(
        sorted(records, key=lambda record: record["classes"]),
        lambda record: f"{record['map']}, {size(record)} | {record['contender']}",
        lambda record: f"{record['classes']} classes",
        lambda record: f"{milliseconds(record):.0f}",
    )
    return table(["map", "", *columns], [row[0].split(" | ") + row[1:] for row in sorted(rows)])


def memory_table(records) -> str:
    """The larger of the two radii; what is allowed is the same for all three."""
    columns, rows = pivot(
        sorted(records, key=lambda record: record["labels"]),  # the last, the largest, stays
        lambda record: record["what"].removeprefix("memory of "),
        lambda record: f"{size(record)}, {record['classes']}",
        lambda record: f"{record['labels']:.2f}" + ("" if record["labels"] <= record["allowed"] else " NO"),
    )
    allowed = {f"{size(record)}, {record['classes']}": f"{record['allowed']:.2f}" for record in records}
    order = sorted(range(len(columns)), key=lambda index: list(allowed).index(columns[index]))
    rows = [[row[0], *(row[1 + index] for index in order)] for row in sorted(rows)]
    return table(["", *allowed], [*rows, ["allowed", *allowed.values()]])


def main() -> None:
    everything = json.loads(Path(sys.argv[1]).read_text())
    records = everything["records"]
    print(", ".join(f"{package} {number}" for package, number in everything["versions"].items()), "\n")
    of = {what: [record for record in records if record["what"] == what] for what in ("erosion", "dilation")}
    for found in of.values():
        ours = {setting(record): milliseconds(record) for record in found if record["contender"] == "ours"}
        for each in dict.fromkeys(map(size, found)):
            print(times_table([record for record in found if size(record) == each], ours))
    print(goals_table(of["erosion"] + of["dilation"]))
    print(growth_table([record for record in records if record["what"] == "growth"]))
    print(walk_table([record for record in records if record["what"] == "walk"]))
    print(memory_table([record for record in records if record["what"].startswith("memory")]))


if __name__ == "__main__":
    main()
