"""Briefs and what-if pages: what they say is what the numbers say, and a name is never more than a label."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import balloon as bl
from balloon import cli
from balloon.errors import DataError, EngineError, ScenarioError
from balloon.pages import WhatIf, brief_page, explore, sensitivity, write_brief
from balloon.pages.assumed import rest
from balloon.pages.drawing import Frame, path
from balloon.pages.explore import slider
from balloon.pages.markup import data
from balloon.pages.rendering import pdf
from balloon.pages.slides import where
from balloon.pages.wording import question
from balloon.plots.naming import called
from balloon.sensitivity import by_luck, ranked

EVIL = "<script>alert(1)</script>"
SMALL = {"steps": 20, "population.actors": 200}


@pytest.fixture(scope="module")
def minimal() -> bl.Scenario:
    return bl.load("minimal").with_(SMALL)


@pytest.fixture(scope="module")
def fixed(minimal: bl.Scenario) -> bl.Contrast:
    return bl.contrast(minimal.without("Telegram"), minimal, replicates=10, seed=1)


@pytest.fixture(scope="module")
def drawn() -> bl.Contrast:
    scenario = bl.load("minimal")
    return bl.contrast(scenario.without("Telegram"), scenario, replicates=40, seed=1, parameters="ranges")


@pytest.fixture(scope="module")
def grid(minimal: bl.Scenario) -> WhatIf:
    vary = {"behaviour.switching_cost": (4, 1), "platforms.Signal.cooperation": (0, 0.5, 0.9)}
    return explore(minimal, vary, replicates=8, seed=1)


@pytest.fixture(scope="module")
def evil() -> bl.Scenario:
    """A scenario all of whose names would run in a page that does not escape them."""
    platforms = tuple(bl.Platform(name=name) for name in (EVIL, "B", "</title><img src=x onerror=alert(2)>"))
    act = bl.Takedown(platform=EVIL, start=np.datetime64("2024-03-01").item(), label=EVIL)
    return bl.Scenario(
        name=EVIL,
        title=f"{EVIL}\u2028</script>",
        landscape=bl.Landscape(platforms=platforms),
        population=bl.Population(actors=100, groups=(bl.Group(name=EVIL, start={EVIL: 1.0}),)),
        interventions=(act,),
        start=np.datetime64("2024-01-01").item(),
        steps=12,
    )


class Elements(HTMLParser):
    """The elements of a page, their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def embedded(page: str) -> dict[str, object]:
    """The data of a what-if page, as its script reads them."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


# ---- what would change the answer ---------------------------------------------------------


def test_rank_correlation_sees_order_only_and_ties_share_their_rank() -> None:
    x = np.arange(12.0)
    assert ranked(x, np.exp(x)) == 1.0
    assert ranked(x, -x) == -1.0
    from scipy.stats import spearmanr

    y = np.array([3.0, 1, 1, 2, 5, 5, 5, 0, 9, 7, 7, 8])
    assert ranked(x, y) == pytest.approx(spearmanr(x, y).statistic)


def test_the_bound_for_luck_holds_in_95_of_100_cases_for_the_largest_of_all() -> None:
    rng = np.random.default_rng(1)
    number, tests, trials = 40, 10, 400
    bound = by_luck(number, tests=tests)
    largest = [
        max(abs(ranked(rng.random(number), rng.random(number))) for _ in range(tests)) for _ in range(trials)
    ]
    # Bonferroni: at most 5 %; three standard errors of 400 trials are 3.3 points.
    assert np.mean(np.array(largest) > bound) < 0.05 + 0.033


def test_the_requests_on_the_squeezed_platform_decide_the_loss_of_the_smallest_scenario(
    drawn: bl.Contrast,
) -> None:
    found = sensitivity(drawn)
    first = found.influences[0]
    assert first.path == "platforms.Telegram.requests"
    assert first.loss > found.luck_loss
    assert first.loss_low < first.loss_high
    loss = drawn.ledger().net[:, 0, 0]
    values = drawn.alternative.data.parameters.sel(parameter=first.path).values
    assert first.loss == pytest.approx(ranked(values, loss.astype(float)))


def test_of_given_draws_the_lowest_and_highest_are_told_not_the_range_of_the_scenario(
    drawn: bl.Contrast,
) -> None:
    path = "platforms.Telegram.requests"
    narrow = [{path: 0.08 + 0.001 * k} for k in range(12)]
    scenario = bl.load("minimal").with_({"steps": 8})
    given = bl.contrast(scenario.without("Telegram"), scenario, replicates=12, seed=1, parameters=narrow)
    (one,) = sensitivity(given).influences
    assert (one.low, one.high) == (0.08, pytest.approx(0.091))
    whole = next(one for one in sensitivity(drawn).influences if one.path == path)
    assert (whole.low, whole.high) == bl.load("minimal").ranges()[path]


def test_sensitivity_is_refused_where_nothing_was_drawn(fixed: bl.Contrast) -> None:
    with pytest.raises(EngineError, match='held at one value; run the contrast with parameters="ranges"'):
        sensitivity(fixed)


def test_sensitivity_is_refused_for_a_handful_of_runs() -> None:
    scenario = bl.load("minimal").with_({"steps": 8})
    few = bl.contrast(scenario.without("Telegram"), scenario, replicates=4, seed=1, parameters="ranges")
    with pytest.raises(EngineError, match="4 pairs of runs are too few; need 10 or more"):
        sensitivity(few)
    assert "Fewer than 10 pairs of runs" in brief_page(few)


# ---- the brief ----------------------------------------------------------------------------


def test_a_brief_holds_the_answer_the_ledger_and_the_way_to_repeat_it(drawn: bl.Contrast) -> None:
    texts = " ".join("".join(Elements(brief_page(drawn)).texts).split())
    assert drawn.explain() in texts
    total = drawn.ledger().rows[0]
    assert f"loss of Telegram{total.median:.0f}{total.q05:.0f} to {total.q95:.0f}" in texts
    command = "balloon brief minimal --without Telegram --replicates 40 --seed 1 --parameters ranges"
    assert command in texts
    assert drawn.scenarios[1].sha256 in texts
    assert "S30: " in texts  # the source of the intervention, in full


def test_the_most_influential_parameter_leads_the_table(drawn: bl.Contrast) -> None:
    page = brief_page(drawn)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', page.partition("class=parameters")[2])
    assert rows[0] == "Telegram: requests"


def test_with_fixed_parameters_the_brief_says_that_sensitivity_was_not_computed(fixed: bl.Contrast) -> None:
    page = brief_page(fixed)
    assert "What would change the answer was not computed." in page
    assert "--parameters ranges" in page
    assert "SCENARIO.toml" in page  # the preset was changed: its name would mislead


def test_a_brief_asks_nothing_of_any_host_and_says_what_its_image_shows(fixed: bl.Contrast) -> None:
    found = Elements(brief_page(fixed))
    addresses = [
        value
        for _, attributes in found.tags
        for name, value in attributes.items()
        if name in ("src", "href", "data", "action") and value is not None
    ]
    assert addresses
    assert all(value.startswith("data:") for value in addresses)
    assert found.of("html") == [{"lang": "en"}]
    assert found.of("img")[0]["alt"].startswith("Line chart, 2 Sep 2024 to ")
    assert not found.of("script")


def test_a_brief_says_how_many_numbers_state_no_source_whoever_set_them(minimal: bl.Scenario) -> None:
    """A number of the user's own without evidence is as little a default as a default is the user's."""
    own = minimal.with_({"behaviour.switching_cost": 3.25})
    silent = int((own.evidence().source == "not stated").sum())
    said = rest(own, left_out=[])
    assert f"Set by the user or left at the library's default, no source stated: {silent} numbers." in (
        said.replace("&#x27;", "'")
    )
    assert "defaults of the library" not in said


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (("platforms.Signal.onboarding_cost",), "1 number, an assumption (onboarding cost)."),
        (
            ("platforms.Signal.onboarding_cost", "platforms.Viber.onboarding_cost"),
            "2 numbers, 2 of them assumptions (onboarding cost).",
        ),
        (("interventions.cooperation:Telegram:2024-10-01.value",), "1 number, no assumption (value)."),
    ],
)
def test_one_number_is_not_called_numbers(kept: tuple[str, ...], said: str) -> None:
    scenario = bl.load("minimal")
    others = [path for path in scenario.evidence().path if path not in kept]
    assert f"{said}</p>" in rest(scenario, left_out=others)


def test_a_brief_as_pdf_is_repeated_as_pdf(
    fixed: bl.Contrast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    monkeypatch.setattr("balloon.pages.rendering.pdf", lambda page, **_: pages.append(page) or b"%PDF")
    fixed.brief(tmp_path / "mine.pdf")
    pages.append(fixed.brief(tmp_path / "mine.html").read_text("utf-8"))
    for page, name in zip(pages, ("brief.pdf", "brief.html"), strict=True):
        assert f"--out {name}" in " ".join("".join(Elements(page).texts).split())


def test_the_same_contrast_gives_the_same_page(fixed: bl.Contrast) -> None:
    assert brief_page(fixed) == brief_page(fixed)


def test_every_name_in_a_brief_is_a_label(evil: bl.Scenario) -> None:
    effect = bl.contrast(evil.without(EVIL), evil, replicates=4, seed=1)
    found = Elements(brief_page(effect))
    assert not found.of("script")
    assert len(found.of("img")) == 1
    assert any(EVIL in text for text in found.texts)


def test_another_ending_than_html_or_pdf_is_refused_before_anything_is_drawn(fixed: bl.Contrast) -> None:
    with pytest.raises(DataError, match=r"brief\.docx: no brief can be written as '\.docx'; use \.html or"):
        write_brief(fixed, "brief.docx")


def test_without_weasyprint_a_pdf_is_refused_by_the_name_of_the_extra(
    fixed: bl.Contrast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(DataError, match=r"install balloon-effect\[brief\]"):
        fixed.brief(tmp_path / "brief.pdf")
    assert not list(tmp_path.iterdir())


def weasyprint_or_skip() -> None:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"no WeasyPrint here: {error}")


def test_a_brief_as_pdf_has_two_pages_and_the_same_bytes_twice(drawn: bl.Contrast, tmp_path: Path) -> None:
    weasyprint_or_skip()
    first = drawn.brief(tmp_path / "a.pdf").read_bytes()
    assert first.startswith(b"%PDF")
    assert first == drawn.brief(tmp_path / "b.pdf").read_bytes()
    import weasyprint

    assert len(weasyprint.HTML(string=brief_page(drawn)).render().pages) == 2


def test_a_pdf_reads_no_file_and_asks_no_host(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    weasyprint_or_skip()
    (tmp_path / "secret.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    address = (tmp_path / "secret.svg").as_uri()
    pdf(f'<html lang="en"><title>x</title><img alt="x" src="{address}">', identifier="x")
    assert "Failed to load image" in caplog.text


# ---- the what-if page ---------------------------------------------------------------------


def test_the_states_are_those_of_contrasts_with_the_same_values(minimal: bl.Scenario, grid: WhatIf) -> None:
    assert [state.values for state in grid.states] == [
        (1.0, 0.0), (1.0, 0.5), (1.0, 0.9), (4.0, 0.0), (4.0, 0.5), (4.0, 0.9)
    ]  # fmt: skip
    world = minimal.with_({"behaviour.switching_cost": 4.0, "platforms.Signal.cooperation": 0.9})
    effect = bl.contrast(world.without("Telegram"), world, replicates=8, seed=1)
    last = grid.states[-1]
    assert last.explanation == effect.explain()
    assert (last.ledger.net == effect.ledger().net).all()
    row = grid.to_frame().iloc[-1]
    assert row.loss == pytest.approx(effect.ledger().rows[0].median / 200)


def test_the_page_starts_next_to_the_scenario_s_own_values(minimal: bl.Scenario, grid: WhatIf) -> None:
    own = minimal.behaviour.switching_cost
    nearest = min((1.0, 4.0), key=lambda value: abs(value - own))
    assert grid.states[grid.start].values == (nearest, 0.0)


def test_what_the_script_reads_is_what_the_states_say(grid: WhatIf, tmp_path: Path) -> None:
    page = grid.to_html(tmp_path / "page.html").read_text("utf-8")
    values = embedded(page)
    assert values["sizes"] == [2, 3]
    assert [state["title"] for state in values["states"]] == [state.title for state in grid.states]
    assert [state["said"] for state in values["states"]] == [state.explanation for state in grid.states]
    cells = len(re.findall("<td>", page.partition('id="ledger"')[2].partition("</table>")[0]))
    assert all(len(state["cells"]) == cells for state in values["states"])


def test_all_states_are_in_a_table_for_those_without_scripts(grid: WhatIf, tmp_path: Path) -> None:
    page = grid.to_html(tmp_path / "page.html").read_text("utf-8")
    table = page.partition("All 6 states in a table")[2].partition("</table>")[0]
    assert table.count("<tr>") == 7
    assert "<noscript>" in page


def test_curves_on_the_page_are_those_of_the_data(grid: WhatIf) -> None:
    frame = Frame(grid)
    place = [one.label for one in frame.places].index("Telegram")
    state = grid.states[0]
    ends = np.median(state.differences[:, -1, 0], axis=0)
    line = frame.curves(0)[place].line
    first, steps = re.fullmatch(r"M(-?\d+ -?\d+)l(.*)", line).groups()
    moved = np.array(re.findall(r"-?\d+", steps), int).reshape(-1, 2).sum(axis=0)
    x, y = (np.array(first.split(), int) + moved) / 10
    assert x == pytest.approx(float(frame.x(frame.dates[-1])), abs=0.06)
    assert y == pytest.approx(float(frame.y(ends)), abs=0.06)
    assert frame.low <= min(state.differences.min() for state in grid.states) + 1


def test_steps_of_a_path_do_not_add_up_to_an_error() -> None:
    x, y = np.linspace(0, 100, 400), np.full(400, 7.03)
    steps = np.array(re.findall(r"-?\d+", path(x, y).partition("l")[2]), int).reshape(-1, 2)
    assert steps.sum(axis=0).tolist() == [1000, 0]


def test_a_hundred_states_take_less_than_two_megabytes(grid: WhatIf, tmp_path: Path) -> None:
    korea = bl.load("telegram-korea-2024").with_({"population.actors": 300})
    vary = {"behaviour.switching_cost": (4, 7)}
    page = explore(korea, vary, replicates=4, seed=1).to_html(tmp_path / "k.html").read_bytes()
    one = len(json.dumps(embedded(page.decode())["states"], ensure_ascii=False).encode()) / 2
    assert len(page) + 98 * (one + 400) < 2_000_000  # 400: a row of the table of all states


def test_one_contrast_makes_a_page_without_sliders(fixed: bl.Contrast, tmp_path: Path) -> None:
    found = Elements(fixed.to_html(tmp_path / "page.html").read_text("utf-8"))
    assert not found.of("input")
    assert not found.of("script")
    assert fixed.explain() in found.texts


def test_every_name_in_a_what_if_page_is_a_label(evil: bl.Scenario, tmp_path: Path) -> None:
    page = explore(evil, {"behaviour.switching_cost": (1, 2)}, replicates=3, seed=1)
    found = Elements(page.to_html(tmp_path / "page.html").read_text("utf-8"))
    assert len(found.of("script")) == 2  # the data and the page's own
    assert not found.of("img")
    assert f"loss of {EVIL}" in found.texts


def test_names_in_letters_that_no_font_of_figures_holds_are_written_by_the_browser(
    tmp_path: Path, evil: bl.Scenario
) -> None:
    platforms = tuple(bl.Platform(name=name) for name in ("텔레그램", "\U00013080"))
    people = bl.Population(actors=100, groups=(bl.Group(name="all", start={"텔레그램": 1.0}),))
    act = bl.Takedown(platform="텔레그램", start=evil.interventions[0].start)
    scenario = evil.with_(
        landscape=bl.Landscape(platforms=platforms), population=people, interventions=(act,), squeezed=""
    )
    page = explore(scenario, {"behaviour.switching_cost": (1, 2)}, replicates=3, seed=1)
    found = Elements(page.to_html(tmp_path / "page.html").read_text("utf-8"))
    assert {"텔레그램", "\U00013080"} <= set(found.texts)
    effect = bl.contrast(scenario.without(), scenario, replicates=3, seed=1)
    assert any("텔레그램" in text for text in Elements(brief_page(effect)).texts)


def test_data_cannot_end_their_element_nor_a_line() -> None:
    text = data({"a": "</script><!--\u2028\u2029&"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028\u2029&"}


def test_values_are_taken_over_the_range_of_the_evidence(minimal: bl.Scenario) -> None:
    found = slider(minimal, "platforms.Telegram.requests", None)
    assert found.values == pytest.approx((0.01, 0.0175, 0.025, 0.0325, 0.04))
    assert found.own == 0.02
    assert found.start == 1


def test_a_number_that_the_scenario_does_not_set_is_varied_over_the_values_given(
    minimal: bl.Scenario,
) -> None:
    vary = {"behaviour.rechoice_rate": (0.1, 0.25)}
    found = explore(minimal.with_({"steps": 6, "population.actors": 50}), vary, replicates=2)
    assert (found.sliders[0].own, found.sliders[0].start) == (None, 0)
    assert where(found, found.states[0]) == "Shown: rechoice rate 0.1 (not set in the scenario)."


@pytest.mark.parametrize(
    ("vary", "error", "message"),
    [
        ({}, EngineError, r"nothing to vary"),
        ({"behaviour.switching_cost": None}, ScenarioError, r"has no range to take 5 values from; give them"),
        (
            {"behaviour.rechoice_rate": None},
            ScenarioError,
            r"is not set and has no range to take 5 values from; give them: behaviour.rechoice_rate=1,2,3",
        ),
        ({"behaviour.utility": (1, 2)}, ScenarioError, r"is None, no number"),
        ({"behaviour.switching_cost": (2, 2)}, ScenarioError, r"'behaviour.switching_cost': 2; need two"),
        ({"behaviour.switchingcost": (1, 2)}, ScenarioError, r"did you mean behaviour.switching_cost"),
        ({"behaviour.switching_cost": range(501)}, EngineError, r"501 states are too many; need 500"),
        ({"interventions.cooperation:Telegram:2024-10-01.groups": (1, 2)}, ScenarioError, r"no number"),
        ({"behaviour.switching_cost": (-1, 2)}, ScenarioError, r"switching_cost is -1"),
    ],
)
def test_what_cannot_be_varied_is_refused(
    minimal: bl.Scenario, vary: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explore(minimal, vary, replicates=3)


def test_where_all_that_has_a_range_is_varied_the_rest_is_held(minimal: bl.Scenario) -> None:
    known = replace(
        minimal.landscape, platforms=tuple(replace(p, evidence=()) for p in minimal.landscape.platforms)
    )
    scenario = minimal.with_({"landscape": known})
    vary = dict.fromkeys(scenario.ranges())
    assert len(vary) == 1
    drawn, held = (explore(scenario, vary, replicates=3, parameters=how) for how in ("ranges", None))
    assert drawn.to_frame().equals(held.to_frame())
    sure = scenario.with_(dict.fromkeys(vary, 0.9))
    with pytest.raises(EngineError, match="no parameter has a range to draw from"):
        explore(sure, {"behaviour.switching_cost": (1, 2)}, replicates=3, parameters="ranges")


def test_a_scenario_without_interventions_is_refused(minimal: bl.Scenario) -> None:
    with pytest.raises(EngineError, match="nothing is done on 'Telegram' in 'minimal'"):
        explore(minimal.without(), {"behaviour.switching_cost": (1, 2)}, replicates=3)


@pytest.mark.parametrize("preset", bl.presets.names())
def test_every_parameter_of_every_preset_has_words(preset: str) -> None:
    scenario = bl.load(preset)
    words = [called(scenario, str(path)) for path in scenario.evidence().path]
    assert len(set(words)) == len(words)
    assert all(words)


# ---- the commands -------------------------------------------------------------------------


@pytest.fixture
def file(minimal: bl.Scenario, tmp_path: Path) -> str:
    bl.save(minimal, tmp_path / "small.toml")
    return str(tmp_path / "small.toml")


def test_the_command_writes_a_brief_with_what_would_change_the_answer(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "brief.html"
    assert cli.main(["brief", file, "--replicates", "12", "--out", str(out)]) == 0
    assert "rank correlation" in out.read_text("utf-8")
    assert str(out) in capsys.readouterr().out


def test_the_command_writes_a_page_with_sliders(file: str, tmp_path: Path) -> None:
    out = tmp_path / "what-if.html"
    arguments = ["explore", file, "--vary", "behaviour.switching_cost=1,3", "--replicates", "4"]
    assert cli.main([*arguments, "--vary", "platforms.Signal.onboarding_cost", "--out", str(out)]) == 0
    assert embedded(out.read_text("utf-8"))["sizes"] == [2, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--vary", "behaviour.trial=x"), "'x' are no numbers; write behaviour.trial=1,2.5,4"),
        (("--vary", "a=1,2", "--vary", "a=3"), "--vary a: is given twice"),
        (("--vary", "a=1,2", "--out", "page.pdf"), "a page is written as .html"),
    ],
)
def test_a_bad_grid_is_refused_in_words(
    file: str, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explore", file, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_nan_never_reaches_a_page(fixed: bl.Contrast, tmp_path: Path) -> None:
    page = fixed.to_html(tmp_path / "page.html").read_text("utf-8")
    assert not re.search(r"\bnan\b", page)
    with pytest.raises(ValueError, match="Out of range"):
        data(math.nan)


def test_a_brief_lists_an_intervention_of_both_worlds_once_with_both_values_and_without_its_source() -> None:
    minimal = bl.load("minimal").with_({"population.actors": 100, "steps": 10})
    weak = minimal.with_(
        {"interventions.cooperation:Telegram:2024-10-01.value": 0.5, "behaviour.switching_cost": 1.0}
    )
    asked, acts = question(bl.contrast(minimal, weak, replicates=2), "Telegram")
    assert asked.startswith("In the alternative rather than in the baseline, where does Telegram stand on")
    assert acts == [
        "from 2024-10-01, cooperation on Telegram in both worlds: Telegram answers: value 0.5, baseline 0.95",
        "behaviour.switching_cost: 1, baseline 5",
    ]
