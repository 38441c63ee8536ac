"""The outline of a mask as an SVG path."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["contour_path"]


def contour_path(mask: NDArray[Any]) -> str:
    """Outline a mask along the edges of its pixels.

    Args:
        mask: ``(rows, columns)``; pixel (row, column) covers x from column to column + 1, y from row to row + 1.

    Returns:
        The ``d`` of a path, closed loops in whole numbers; empty for an empty mask.

    Example:
        >>> contour_path(np.array([[0, 1, 1]]))
        'M1 0h2v1h-2z'
    """
    edges = _edges(np.asarray(mask, bool))
    loops = []
    while edges:
        start = next(iter(edges))
        loops.append(_loop(edges, start))
    return "".join(loops)


def _edges(mask: NDArray[np.bool_]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """From each corner of a pixel the edges that begin there, the mask on their right (y points down)."""
    padded = np.pad(mask, 1)
    inside, edges = padded[1:-1, 1:-1], dict[tuple[int, int], list[tuple[int, int]]]()
    sides = (
        (padded[:-2, 1:-1], (0, 0), (1, 0)),  # top: to the right
        (padded[1:-1, 2:], (1, 0), (0, 1)),  # right: down
        (padded[2:, 1:-1], (1, 1), (-1, 0)),  # bottom: to the left
        (padded[1:-1, :-2], (0, 1), (0, -1)),  # left: up
    )
    for beside, (x, y), way in sides:
        for row, column in np.argwhere(inside & ~beside).tolist():
            edges.setdefault((column + x, row + y), []).append(way)
    return edges


def _loop(edges: dict[tuple[int, int], list[tuple[int, int]]], start: tuple[int, int]) -> str:
    """Follow edges until they close, taking them away; straight ones become one."""
    steps: list[list[int]] = []
    place, way = start, edges[start][0]
    while place in edges:
        ways = edges[place]
        taken = _turn(ways, way)
        ways.remove(taken)
        if not ways:
            del edges[place]
        if steps and (taken[0] != 0) == (steps[-1][0] != 0):
            steps[-1] = [steps[-1][0] + taken[0], steps[-1][1] + taken[1]]
        else:
            steps.append(list(taken))
        place, way = (place[0] + taken[0], place[1] + taken[1]), taken
        if place == start:
            break
    closing = steps[:-1]  # z draws the last one
    return f"M{start[0]} {start[1]}" + "".join(f"h{x}" if x else f"v{y}" for x, y in closing) + "z"


def _turn(ways: list[tuple[int, int]], way: tuple[int, int]) -> tuple[int, int]:
    if len(ways) == 1:
        return ways[0]
    right = (-way[1], way[0])
    return right if right in ways else ways[0]
