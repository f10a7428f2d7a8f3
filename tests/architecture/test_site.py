"""The documentation site is complete: what is public is looked up there, and notebooks keep their form."""

from __future__ import annotations

import json
import re
from configparser import ConfigParser
from pathlib import Path

import pytest

import balloon
from balloon.calibrate.observations import COLUMNS
from balloon.calibrate.quantities import NAMES

ROOT = Path(balloon.__file__).parents[1]
DOCS, NOTEBOOKS = ROOT / "docs", sorted((ROOT / "notebooks").glob("*.py"))

pytestmark = pytest.mark.skipif(not (DOCS / "conf.py").is_file(), reason="installed without the repository")

WITH_MEMBERS = {
    "balloon.interventions": "reference/interventions.md",
    "balloon.errors": "reference/scenario.md",
    "balloon.presets": "reference/scenario.md",
}
"""Modules whose public names the reference takes as a whole."""


def test_every_public_name_is_in_the_reference() -> None:
    text = "\n".join(page.read_text("utf-8") for page in (DOCS / "reference").glob("*.md"))
    assert all(f".. automodule:: {module}" in text for module in WITH_MEMBERS)
    listed = set(re.findall(r"auto(?:class|function):: balloon\.(\w+)", text))
    taken = {
        name
        for name in balloon.__all__
        if getattr(getattr(balloon, name), "__module__", name) in WITH_MEMBERS
        or name in ("presets", "__version__")
    }
    assert set(balloon.__all__) - listed - taken == set()


def test_the_reference_says_what_every_quantity_is_and_every_column() -> None:
    text = (DOCS / "reference" / "observations.md").read_text("utf-8")
    assert all(f"| `{name}` |" in text for name in NAMES)
    assert all(f"`{name}`" in text for name in COLUMNS)


def test_every_page_can_be_reached_from_another() -> None:
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md")}
    reached = {"index"}
    for page in DOCS.rglob("*.md"):
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in tree.split():
                matches = page.parent.glob(f"{line}.md") if not line.startswith(":") else ()
                reached |= {
                    m.resolve().relative_to(DOCS.resolve()).with_suffix("").as_posix() for m in matches
                }
    assert pages - reached == set()


def test_no_page_gets_anything_from_another_host() -> None:
    loads = re.compile(r"<(?:script|img|link|iframe)\b[^>]*//|!\[[^\]]*\]\(https?:")
    assert [page.name for page in DOCS.rglob("*.md") if loads.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_asks_a_question_and_ends_with_a_figure_and_a_caveat(notebook: Path) -> None:
    cells = re.split(r"^# %%", notebook.read_text("utf-8"), flags=re.MULTILINE)
    assert "formats: ipynb,py:percent" in cells[0]
    first, before, last = cells[1], cells[-2], cells[-1]
    assert "?" in next(line for line in first.splitlines() if line.startswith("# # "))
    assert re.search(r"plot\w*\(", before)
    assert last.lstrip().startswith("[markdown]\n# **Caveat.**")


def test_citation_and_metadata_bear_the_version_and_the_licence() -> None:
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    meta = json.loads((ROOT / "codemeta.json").read_text("utf-8"))
    assert f"\nversion: {balloon.__version__}\n" in citation
    assert meta["version"] == balloon.__version__
    assert "\nlicense: MIT\n" in citation
    assert meta["license"].endswith("/MIT")
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", "utf-8")
    assert meta["identifier"] == config["metadata"]["name"]
    required = re.findall(r"^(\w+) >", config["options"]["install_requires"], re.MULTILINE)
    assert sorted(meta["softwareRequirements"]) == sorted(required)
