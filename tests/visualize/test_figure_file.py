import matplotlib._pylab_helpers
import pytest
from PIL import Image

from monai_adele.visualize.figure_file import new_figure, save_png


def test_a_figure_is_written_as_wide_as_it_says(tmp_path):
    save_png(new_figure(12.8, 3.0), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1280, 300)


def test_the_same_figure_makes_the_same_file_and_replaces_the_old_one(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    for name in ("a.png", "b.png"):
        figure = new_figure(2.0, 2.0)
        figure.add_subplot().plot([1, 2])
        save_png(figure, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="none"):
        save_png(new_figure(2.0, 2.0), tmp_path / "none" / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_figures_stay_out_of_the_global_state():
    before = matplotlib._pylab_helpers.Gcf.get_num_fig_managers()
    new_figure(2.0, 2.0)
    assert matplotlib._pylab_helpers.Gcf.get_num_fig_managers() == before
