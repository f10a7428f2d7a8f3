"""The model on paper: complete, safe whatever names say, and offline."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

import balloon as bl
from balloon import presets
from balloon.behaviour.behaviour import describe_rule
from balloon.describe.blocks import Drawing, Listing, Table, clean
from balloon.describe.markdown import escape
from balloon.describe.pedigree import parameters
from balloon.describe.sourcetext import functions
from balloon.describe.theory import PHASES
from balloon.interventions import KINDS
from balloon.pages.wording import act

EVIL = "<script>alert(1)</script>"
ALL = presets.names()


class Reader(HTMLParser):
    """Tags with their attributes, and the text that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.words = [], []
        self.feed(page)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        if tag != "wbr":  # a place where a line may break, not a blank
            self.words.append(" ")
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def cells(document: bl.Document, caption: str) -> dict[str, tuple[str, ...]]:
    """The rows of a table by their first cell."""
    table = next(b for b in document.blocks if isinstance(b, Table) and b.caption.startswith(caption))
    return {row[0]: row for row in table.rows}


def everything() -> bl.Scenario:
    """A scenario with an intervention of each kind, ways of its own and names that mean harm."""
    day = date(2024, 3, 1)
    return bl.Scenario(
        name=f"all of it {EVIL}",
        title="`code` *stars* [link](javascript:alert(1)) | pipe",
        note=f"line one\n\n# no heading\n{EVIL} \x00 \u202e",
        start=date(2024, 1, 1),
        steps=20,
        landscape=bl.Landscape(
            platforms=(
                bl.Platform(name=EVIL, requests=0.1),
                bl.Platform(name="B|`b`"),
                bl.Platform(name="C"),
            ),
            edges=(
                bl.Edge(origin=EVIL, destination="C", friction=0.5),
                bl.Edge(origin="C", destination="B|`b`"),
                bl.Edge(origin="C", destination=EVIL),
            ),
        ),
        population=bl.Population(
            actors=50,
            groups=(bl.Group(name='"><img src=x onerror=alert(1)>', start={EVIL: 1.0}, note="-" * 3),),
        ),
        behaviour=bl.Behaviour(
            utility=own_utility,
            evidence=(bl.Evidence(field="vigilance", low=0.0, high=1.0, note="derived: ```x```"),),
        ),
        interventions=(
            bl.Cooperation(platform=EVIL, start=day, value=0.5, label=EVIL, source="S01"),
            bl.Outreach(start=day, threshold=0.3, value=0.7, measure="arrests"),
            bl.Budget(start=day, requests=0.1),
            bl.Crackdown(platform="C", start=day, requests=3.0),
            bl.PlatformChange(platform="C", start=day, asc=-1.0),
            bl.Launch(platform="C", start=day),
            bl.Takedown(platform="B|`b`", start=day, until=date(2024, 4, 1)),
            bl.Announcement(platform="C", start=day, belief=0.1),
        ),
    )


SLOPE = 1.25


def own_utility(traits, view, parameters):
    """Own: nothing but <peers> count."""
    return SLOPE * view.peers


@pytest.mark.parametrize("name", ALL)
def test_every_number_stands_in_the_document_with_its_value_and_source(name: str) -> None:
    scenario = bl.load(name)
    document = bl.describe(scenario)
    shown = cells(document, "Every number")
    evidence = scenario.evidence()
    assert list(shown) == list(evidence["path"])
    for row in evidence.itertuples():
        said = shown[row.path]
        assert float(said[1]) == row.value
        assert said[2] == ("" if math.isnan(row.low) else f"{row.low:.12g} to {row.high:.12g}")
        assert said[3] == row.unit
        assert said[5].startswith(row.source)
        assert f"`{row.path}`" in document.markdown or escape(row.path) in document.markdown


@pytest.mark.parametrize("name", ALL)
def test_every_platform_group_intervention_and_cited_source_is_named(name: str) -> None:
    scenario = bl.load(name)
    seen = Reader(bl.describe(scenario).html).text
    names = [*scenario.platforms, *(g.name for g in scenario.groups), scenario.squeezed, scenario.sha256]
    for one in scenario.interventions:
        names += [one.kind, str(one.start), one.label, one.source]
    names += [e.source for _, noun in scenario.nouns() for e in noun.evidence]
    assert [one for one in names if one not in seen] == []


def test_every_field_of_every_noun_is_there_as_a_number_a_setting_or_a_column() -> None:
    scenario = everything()
    markdown = bl.describe(scenario).markdown
    for path, noun in scenario.nouns():
        for field in fields(noun):
            if field.name not in ("evidence", "name", "note", "label", "source", "origin", "destination"):
                assert field.name in markdown, f"{path}.{field.name}"


def test_every_number_has_a_meaning_that_the_code_gives() -> None:
    blank = {p.path.rpartition(".")[2] for p in parameters(everything()) if not p.means}
    # Their class says what they are.
    assert blank <= {"actors", "delay_weeks", "lag_weeks"}


def test_every_rule_and_every_function_of_a_decision_is_quoted() -> None:
    document = bl.describe(bl.load("minimal"))
    quoted = "\n".join(b.text for b in document.blocks if isinstance(b, Listing))
    for module in ("balloon.behaviour.rules", "balloon.behaviour.decide"):
        for name, function in functions(module).items():
            assert f"def {name}(" in quoted
            assert function.says in quoted
    phases = [name for phase in PHASES for name in phase.functions]
    assert len(phases) == len(set(phases))


def test_the_source_quoted_is_the_source_that_runs() -> None:
    from balloon.behaviour.rules import hazard

    quoted = functions("balloon.behaviour.rules")["hazard"].text
    space: dict[str, object] = {}
    exec("from __future__ import annotations\n" + quoted, space)
    from balloon.behaviour.inputs import Enforcement, Parameters, Traits

    given = (
        Traits(0, 20.0, 1.3),
        Enforcement(0, 0.0016, 0.01, 0.9),
        Parameters(*range(1, len(Parameters._fields) + 1)),
    )
    assert space["hazard"](*given) == hazard(*given)


def test_an_own_rule_is_shown_with_its_text_fingerprint_and_numbers_and_the_built_in_one_is_not() -> None:
    document = bl.describe(everything())
    listings = [b.text for b in document.blocks if isinstance(b, Listing)]
    assert any("return SLOPE * view.peers" in text for text in listings)
    assert not any("def utility(" in text for text in listings)
    assert any("def hazard(" in text for text in listings)
    assert describe_rule(own_utility)["sha256"] in document.markdown
    assert "SLOPE = 1.25" in Reader(document.html).text


def test_a_rule_typed_at_a_prompt_is_named_although_its_text_is_gone() -> None:
    space: dict[str, object] = {}
    exec("def typed(traits, view, parameters):\n    return 0.0", space)
    scenario = bl.load("minimal")
    scenario = replace(scenario, behaviour=replace(scenario.behaviour, utility=space["typed"]))
    seen = Reader(bl.describe(scenario).html).text
    assert "typed" in seen
    assert "source text is not to be had" in seen


@pytest.mark.parametrize("source", ["", "assumption"])
def test_an_assumed_event_is_called_an_option_and_never_a_source(source: str) -> None:
    raid = bl.Takedown(platform="Telegram", start=date(2025, 1, 6), source=source)
    scenario = bl.load("minimal").with_(interventions=(raid,))
    assert "none: an option, not a fact" in bl.describe(scenario).markdown
    assert act(raid).endswith("(no source: an option, not an event)")
    assert act(replace(raid, source="S1")).endswith("(source S1)")


def test_all_kinds_of_intervention_are_explained_by_their_own_docstring() -> None:
    seen = Reader(bl.describe(everything()).html).text
    for kind in KINDS:
        assert kind.kind in seen
    assert "The police follow the crowd and win the platform that grows." in seen


def test_a_name_that_is_a_script_is_a_label_in_html() -> None:
    page = bl.describe(everything()).html
    reader = Reader(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "a", "base"}
    assert not [key for _, attrs in reader.tags for key in attrs if key.startswith("on")]
    assert EVIL in reader.text
    assert "\x00" not in page
    assert "\u202e" not in page


def test_a_name_that_is_a_script_is_a_label_in_markdown() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    text = bl.describe(everything()).markdown
    assert "<script" not in "\n".join(part for part in text.split("```")[::2])
    rendered = Reader(markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(text))
    tags = {tag for tag, _ in rendered.tags}
    assert not tags & {"script", "img", "a"}
    assert EVIL in rendered.text
    assert "`code` *stars* [link](javascript:alert(1)) | pipe" in rendered.text


def test_the_page_asks_nothing_of_another_host() -> None:
    page = bl.describe(bl.load("telegram-korea-2024")).html
    loads = [
        value
        for _, attrs in Reader(page).tags
        for key, value in attrs.items()
        if key in ("src", "href", "data", "srcset", "action") and not (value or "").startswith("#")
    ]
    assert loads == []
    assert "@import" not in page
    assert "url(http" not in page
    assert "default-src 'none'" in page


def test_diagrams_are_well_formed_and_their_labels_do_not_overlap() -> None:
    for scenario in (everything(), bl.load("telegram-korea-2024-outreach")):
        drawings = [b for b in bl.describe(scenario).blocks if isinstance(b, Drawing)]
        assert len(drawings) == 3
        for drawing in drawings:
            root = ET.fromstring(drawing.svg)
            assert root.get("aria-label")
            boxes = [box(text) for text in root.iter("{http://www.w3.org/2000/svg}text")]
            assert not [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if overlap(a, b)]


def box(text: ET.Element) -> tuple[float, float, float, float]:
    """Left, right, top, bottom of a label, a letter taken as half its height wide."""
    size, x, y = (float(text.get(key)) for key in ("font-size", "x", "y"))
    width = 0.5 * size * len(text.text or "")
    left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor")]
    return left, left + width, y - 0.75 * size, y + 0.2 * size


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def test_the_pedigree_tells_published_derived_assumed_and_unstated_numbers_apart() -> None:
    korea = {p.path: p for p in parameters(bl.load("telegram-korea-2024"))}
    assert korea["platforms.Telegram.cooperation"].origin == "published"
    assert korea["platforms.KakaoTalk.cooperation"].origin == "derived"  # between two years
    assert korea["platforms.Signal.cooperation"].origin == "derived"  # "read as 0"
    assert korea["behaviour.switching_cost"].origin == "assumption"
    assert korea["contacts.rewiring"].origin == "not stated"
    assert [korea[path].score for path in ("platforms.Telegram.cooperation", "contacts.rewiring")] == [3, 0]
    phones = {p.path: p for p in parameters(bl.load("encrypted-phones-2020"))}
    assert {p.origin for p in phones.values() if p.note.startswith("derived")} == {"derived"}


def test_runs_lend_their_seed_and_those_of_another_scenario_are_refused() -> None:
    scenario = bl.load("minimal").with_({"population.actors": 50})
    runs = bl.simulate(scenario, replicates=3, seed=41)
    seen = Reader(bl.describe(scenario, runs=runs).html).text
    assert "seed 41, 3 replicates" in seen
    assert runs.provenance.versions["numpy"] in seen
    with pytest.raises(bl.DataError, match=r"runs are of another scenario than 'minimal'.*leave runs out"):
        bl.describe(bl.load("minimal"), runs=runs)


def test_the_checklist_stands_alone_and_in_the_document() -> None:
    scenario = bl.load("minimal")
    alone, whole = (Reader(bl.describe(scenario, kind).html).text for kind in ("stress", "odd"))
    for item in (
        "1.1 Purpose",
        "2.5.3 Components: interaction topology",
        "5.2 Random sampling",
        "6.1 Sharing",
    ):
        assert item in alone
        assert item in whole


def test_an_unknown_protocol_is_refused_with_those_there_are() -> None:
    with pytest.raises(bl.DataError, match=r"no protocol 'trace'; there are 'odd' and 'stress'"):
        bl.describe(bl.load("minimal"), "trace")


def test_saving_follows_the_ending_and_refuses_others(tmp_path) -> None:
    document = bl.describe(bl.load("minimal"))
    document.save(tmp_path / "odd.md")
    document.save(tmp_path / "odd.html")
    assert (tmp_path / "odd.md").read_text("utf-8") == document.markdown
    assert (tmp_path / "odd.html").read_text("utf-8") == document.html
    with pytest.raises(bl.DataError, match=r"the ending '.pdf' is none of .md and .html"):
        document.save(tmp_path / "odd.pdf")


def test_the_same_scenario_gives_the_same_bytes() -> None:
    assert bl.describe(everything()).html == bl.describe(everything()).html


def test_a_notebook_gets_a_part_of_a_page_without_a_second_head() -> None:
    shown = bl.describe(bl.load("minimal"))._repr_html_()
    assert "<html" not in shown
    assert 'class="balloon-document"' in shown


def test_characters_that_cannot_be_written_are_replaced() -> None:
    assert clean("a\ud800b\x07c\u202ed") == "a\ufffdb\ufffdc\ufffdd"
