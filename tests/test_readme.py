"""The examples of the README and of the docs run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from monai_adele import noise

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))


def examples(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


# each example of the README stands alone; those of a page of the docs follow one another
PROGRAMS = {f"README {number}": code for number, code in enumerate(examples(README))}
ELSEWHERE = {"tutorial.md"}  # test_tutorial.py runs it, commands and all
PROGRAMS |= {page.name: "\n".join(examples(page)) for page in DOCS if examples(page) and page.name not in ELSEWHERE}


def test_the_readme_is_short_and_the_pages_have_examples():
    assert len(README.read_text().splitlines()) < 150
    assert len(examples(README)) >= 2
    assert len(examples(ROOT / "docs" / "noise.md")) >= 5


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_an_example_runs(program, tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("page", [README, *DOCS], ids=lambda page: page.name)
def test_pictures_and_pages_that_are_linked_are_there(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_the_page_of_the_noise_library_names_every_public_thing_and_preset():
    text = (ROOT / "docs" / "noise.md").read_text(encoding="utf-8")
    missing = {name for name in noise.__all__ if not re.search(rf"\b{name}\b", text)}
    assert missing == {"NoiseModel"}
    presets = text[text.index("## Presets") : text.index("## What was done")]
    listed = [line.split("|")[1] for line in presets.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(listed))) == set(noise.preset_names())
