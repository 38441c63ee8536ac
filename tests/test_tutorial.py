"""The tutorial, from its first block to its last, in an empty folder."""

import multiprocessing
import os
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest
import torch

from monai_adele.__main__ import main

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # MONAI's own, such as that a config is code
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
]


def run_command(line):
    """Our commands run in this process, those of MONAI's bundles in a fork of it, which saves their start."""
    words = shlex.split(line)
    if words[0] == "monai-adele":
        assert main(words[1:]) == 0, line
        return
    assert words[:5] == ["python", "-W", "ignore", "-m", "monai.bundle"], line
    process = multiprocessing.get_context("fork").Process(target=run_monai, args=(words[4:],))
    process.start()
    process.join()
    assert process.exitcode == 0, line


def run_monai(words):
    torch.set_num_threads(1)
    sys.argv = words
    runpy.run_module("monai.bundle", run_name="__main__", alter_sys=True)


def run_shell(block):
    for line in block.replace("\\\n", " ").splitlines():
        run_command(line)


def run_python(block):
    file = Path("block.py")
    file.write_text(block)
    runpy.run_path(str(file))
    file.unlink()


def test_the_tutorial_runs_from_its_first_block_to_its_last(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    for kind, block in BLOCKS:
        if kind != "text":  # that shows how a folder looks
            {"python": run_python, "bash": run_shell}[kind](block)
    printed = capfd.readouterr().out
    for expected in ("20 cases", "have their given class again", "voxels differ from the given", "predictions of 20"):
        assert expected in printed
    assert len(list((tmp_path / "predictions").glob("*.nii.gz"))) == 20


def test_the_page_has_all_its_steps():
    assert [kind for kind, _ in BLOCKS].count("bash") >= 8
    assert [kind for kind, _ in BLOCKS].count("python") >= 3
