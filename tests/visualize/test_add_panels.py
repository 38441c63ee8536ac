import pytest

from monai_adele.visualize import add_panels, new_figure


@pytest.mark.parametrize(("number", "columns", "rows"), [(1, 3, 1), (3, 3, 1), (4, 3, 2), (7, 2, 4)])
def test_panels_fill_row_by_row_and_the_rest_of_the_last_row_stays_empty(number, columns, rows):
    figure = new_figure(6, 6)
    panels = add_panels(figure, number, columns=columns)
    figure.canvas.draw()
    boxes = [axes.get_position() for axes in panels]
    assert len(panels) == number == sum(axes.get_visible() for axes in figure.axes)
    assert len({round(box.y0, 3) for box in boxes}) == rows
    order = [(-round(box.y0, 3), round(box.x0, 3)) for box in boxes]
    assert order == sorted(set(order))


def test_axes_are_shared_if_asked():
    panels = add_panels(new_figure(6, 6), 3, columns=2, sharey=True)
    panels[0].set_ylim(0, 7)
    assert panels[2].get_ylim() == (0, 7)
    panels[0].set_xlim(0, 7)
    assert panels[2].get_xlim() != (0, 7)
