"""What the documents say runs, and what they point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import balloon

ROOT = Path(balloon.__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")

pytestmark = pytest.mark.skipif(not DOCUMENTS, reason="installed without the repository")


def name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_python_in_a_document_runs(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for code in PYTHON.findall(document.read_text("utf-8")):
        exec(compile(code, name(document), "exec"), {})


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_in_a_document_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_command_of_the_readme_exists() -> None:
    from balloon.cli import _parser

    shown = set(re.findall(r"`balloon (\w+)", (ROOT / "README.md").read_text("utf-8")))
    assert shown >= {"run", "presets", "show", "schema", "replay"}
    assert all(command in _parser().format_help() for command in shown - {"effect"})
