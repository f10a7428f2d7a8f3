"""Scenario files: round trips, and a refusal for everything that a file should not hold."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from balloon import files
from balloon._units import UNITS
from balloon.behaviour import Behaviour
from balloon.contacts import Contacts
from balloon.errors import BalloonError, DataError, ScenarioError
from balloon.evidence import Evidence
from balloon.interventions import Budget, Cooperation, Launch, Outreach, Takedown
from balloon.landscape import Edge, Landscape, Platform
from balloon.population import Group, Population
from balloon.presets import names as preset_names
from balloon.scenario import Scenario

TWO = """
schema_version = 1
name = "two"
start = 2024-01-01
steps = 10
population.actors = 50
behaviour.outside_option = -3.0
contacts.degree = 4
platforms.A.requests = 0.1
platforms.B.requests = 0.1
groups.g.start = { A = 0.5, B = 0.5 }
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write `TWO` with replacements, or with more text at its end."""

    def made(old: str = "", new: str = "", *, more: str = "", text: str = TWO) -> Path:
        assert old in text
        file = tmp_path / "two.toml"
        file.write_text((text.replace(old, new) if old else text) + more, encoding="utf-8")
        return file

    return made


def problems(file: Path | str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as refusal:
        files.load(file)
    return refusal.value.problems


def strange() -> Scenario:
    """A scenario with everything that a file could spell wrongly."""
    note = 'a "quoted" back\\slash,\na new line, a tab\t, a bell \x07, a delete \x7f, \u00e9 \uc11c\uc6b8'
    platforms = (
        Platform(name="Sky ECC", asc=-1e-7, evidence=(Evidence(field="asc", low=-1, high=0, note=note),)),
        Platform(name="\ud154\ub808\uadf8\ub7a8", note=note),
        Platform(name='a "b" = [c]', requests=0.1 + 0.2),
    )
    groups = (
        Group(
            name="all of them",
            start={"Sky ECC": 0.25, "dormant": 0.75},
            start_apps={'a "b" = [c]': 1 / 3},
            asc={"Sky ECC": 1e22},
            belief={"Sky ECC": 0.5},
            evidence=(
                Evidence(field="start.Sky ECC", low=0.0, high=0.5),
                Evidence(field="share"),  # the value is the default, the evidence is not
                Evidence(field="exposure", low=1, high=2, source="S01"),
            ),
        ),
    )
    return Scenario(
        name="strange",
        title='"',
        note=note,
        landscape=Landscape(
            platforms=platforms,
            edges=(
                Edge(origin="Sky ECC", destination='a "b" = [c]', friction=0.5),
                Edge(
                    origin="\ud154\ub808\uadf8\ub7a8",
                    destination="Sky ECC",
                    evidence=(Evidence(field="friction", low=0, high=2),),
                ),
            ),
        ),
        population=Population(
            actors=3,
            groups=groups,
            contacts=Contacts(kind="given", degree=0.0, actors=3, ties=((0, 1), (1, 2))),
        ),
        behaviour=Behaviour(
            outside_option=-math.inf,
            rechoice_rate=0.5,
            evidence=(Evidence(field="outside_option", note="closed"),),
        ),
        interventions=(
            Cooperation(
                platform="Sky ECC", start=date(2024, 2, 1), until=date(2024, 3, 1), value=1, label="x"
            ),
            Outreach(
                platforms=('a "b" = [c]', "Sky ECC"),
                groups=("all of them",),
                start=date(2024, 1, 5),
                threshold=0.2,
                value=0.5,
                measure="arrests",
            ),
            Budget(start=date(2024, 1, 5), requests=0.02, lag_weeks=2),
            Launch(platform='a "b" = [c]', start=date(2024, 1, 20)),
        ),
        start=date(2024, 1, 1),
        steps=40,
        step_days=3.5,
        squeezed="Sky ECC",
        reference=date(2024, 1, 15),
    )


# ---- round trips --------------------------------------------------------------------------


def test_the_smallest_file_leaves_every_other_number_at_its_default(write: Write) -> None:
    scenario = files.load(write())
    assert scenario.platforms == ("A", "B")
    assert scenario.behaviour == Behaviour(outside_option=-3.0)
    assert scenario.population.contacts == Contacts(degree=4)
    assert scenario.step_days == 7.0
    assert scenario.landscape.edges is None


def test_a_strange_scenario_comes_back_from_toml_and_from_json(tmp_path: Path) -> None:
    scenario = strange()
    files.save(scenario, tmp_path / "strange.toml")
    assert files.load(tmp_path / "strange.toml") == scenario
    again = files.from_document(json.loads(scenario.to_json()))
    assert again == scenario
    assert again.sha256 == scenario.sha256
    assert hash(again) == hash(scenario)


def test_the_order_of_platforms_is_that_of_the_file(write: Write) -> None:
    turned = write("platforms.A.requests = 0.1\nplatforms.B", "platforms.B.requests = 0.1\nplatforms.A")
    assert files.load(turned).platforms == ("B", "A")


def test_a_date_may_be_written_with_or_without_quotes(write: Write) -> None:
    bare, quoted = files.load(write()), files.load(write("2024-01-01", '"2024-01-01"'))
    assert bare == quoted


def test_a_number_keeps_its_evidence(write: Write) -> None:
    stated = '{ value = 0.1, low = 0, high = 1, source = "S30", note = "read so" }'
    scenario = files.load(write("platforms.A.requests = 0.1", f"platforms.A.requests = {stated}"))
    platform = scenario.landscape.platforms[0]
    assert platform.requests == 0.1
    assert platform.evidence == (Evidence(field="requests", low=0.0, high=1.0, source="S30", note="read so"),)
    assert scenario.ranges() == {"platforms.A.requests": (0.0, 1.0)}


@pytest.mark.parametrize("spelled", ["-inf", '"-inf"', "{ value = -inf }"])
def test_dormancy_is_closed_by_minus_infinity_in_three_spellings(write: Write, spelled: str) -> None:
    assert files.load(write("-3.0", spelled)).behaviour.outside_option == -math.inf


def test_a_whole_number_and_its_float_are_one_scenario(write: Write) -> None:
    assert files.load(write("-3.0", "-3")).sha256 == files.load(write()).sha256


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        files.save(strange(), tmp_path / name)
    assert (tmp_path / "a.toml").read_bytes() == (tmp_path / "b.toml").read_bytes()


def test_a_saved_file_leaves_defaults_out(tmp_path: Path, write: Write) -> None:
    scenario = files.load(write())
    files.save(scenario, tmp_path / "out.toml")
    text = (tmp_path / "out.toml").read_text()
    assert "revision_rate" not in text
    assert "squeezed" not in text
    assert "reference" not in text


def test_what_the_question_is_about_survives_saving_without_the_interventions(tmp_path: Path) -> None:
    calm = files.load("telegram-korea-2024").without()
    files.save(calm, tmp_path / "calm.toml")
    again = files.load(tmp_path / "calm.toml")
    assert again == calm
    assert (again.squeezed, again.reference) == ("Telegram", date(2024, 8, 19))


# ---- from a name to a file ----------------------------------------------------------------


def test_a_misspelt_preset_suggests_the_nearest_and_lists_them_all() -> None:
    (said,) = problems("telegram-corea-2024")
    assert said.startswith("no preset 'telegram-corea-2024'; did you mean 'telegram-korea-2024'?")
    assert all(repr(name) in said for name in preset_names())


def test_a_name_like_no_preset_gets_the_list_alone() -> None:
    (said,) = problems("xyzzy")
    assert "did you mean" not in said
    assert "'minimal'" in said


def test_a_preset_wins_over_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("minimal").write_text("not TOML at all")
    assert files.load("minimal").name == "minimal"


def test_a_file_in_this_folder_needs_no_ending(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write().rename("plain")
    assert files.load("plain") == files.load(Path("plain")) == files.load("./plain")


def test_a_missing_file_is_refused_with_its_path(tmp_path: Path) -> None:
    (said,) = problems(tmp_path / "none.toml")
    assert said == f"{tmp_path / 'none.toml'}: cannot be read (No such file or directory); check the path"


def test_a_folder_is_not_a_scenario(tmp_path: Path) -> None:
    (said,) = problems(tmp_path)
    assert "cannot be read (Is a directory)" in said


def test_bytes_that_are_not_text_are_refused_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    (said,) = problems(tmp_path / "latin.toml")
    assert said == "latin.toml: byte 11 is not UTF-8; save the file as UTF-8"


# ---- refusals: the layout -----------------------------------------------------------------


def test_a_syntax_error_is_refused_with_its_line(write: Write) -> None:
    (said,) = problems(write("steps = 10", "steps = "))
    assert said == "two.toml: not TOML: Invalid value (at line 5, column 9)"


def test_a_truncated_file_is_refused_with_its_last_line(write: Write) -> None:
    (said,) = problems(write("B = 0.5 }", ""))
    assert "two.toml: not TOML: " in said
    assert "line 11" in said


def test_a_name_given_twice_in_a_file_is_refused_with_its_line(write: Write) -> None:
    (said,) = problems(write(more="[platforms.A]\nasc = 1.0\n"))
    assert "two.toml: not TOML: " in said
    assert "at line 12" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("schema_version = 2", "schema_version is 2; this balloon reads 1"),
        ('schema_version = "1"', "schema_version is '1'; this balloon reads 1"),
        ("", "schema_version is missing; this balloon reads schema_version = 1"),
    ],
)
def test_another_schema_version_is_refused(write: Write, line: str, said: str) -> None:
    assert problems(write("schema_version = 1", line)) == (f"two.toml: {said}",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("steps = 10", "steps = 10\nstep_day = 1", "step_day: unknown key; did you mean 'step_days'?"),
        ("steps = 10\n", "", "steps: is missing; add it"),
        ("steps = 10", "steps = 10.5", "steps: is 10.5; need a whole number"),
        ("2024-01-01", "2024-01-01T12:00:00", "need a date such as 2024-07-01"),
        ("2024-01-01", '"July"', "start: is 'July': need a date such as 2024-07-01"),
        ("2024-01-01", "20240101", "start: is 20240101; need a date such as 2024-07-01"),
        ("population.actors = 50", "population = 50", "population: is 50; need a table"),
        ("population.actors = 50\n", "", "population: is missing; add it"),
        ("outside_option", "outside", "behaviour.outside: unknown key; did you mean 'outside_option'?"),
        ("-3.0", '"low"', "behaviour.outside_option: is 'low'; need a number"),
        ("-3.0", "true", "behaviour.outside_option: is True; need a number"),
        ("-3.0", "{ low = 1 }", "behaviour.outside_option.value: is missing; add it"),
        ("-3.0", "{ value = 1, hi = 2 }", "outside_option.hi: unknown key; did you mean 'high'?"),
        ("-3.0", "{ value = 'x' }", "behaviour.outside_option.value: is 'x'; need a number"),
        ("-3.0", "-3.0\nbehaviour.utility = 'f'", "behaviour.utility: an own rule is Python code"),
        ("platforms.A.requests", "platforms.A.request", "platforms.A.request: unknown key; did you mean"),
        ("A = 0.5", 'A = "half"', "groups.g.start.A: is 'half'; need a number"),
    ],
)
def test_what_does_not_fit_the_layout_is_refused_with_its_path(
    write: Write, old: str, new: str, said: str
) -> None:
    (found,) = problems(write(old, new))
    assert found.startswith("two.toml: ")
    assert said in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = 'cooperate'", "interventions.0: kind is 'cooperate'; need one of 'cooperation', 'outreach'"),
        ("platform = 'A'", "interventions.0: kind is None; need one of"),
        (
            "kind = 'launch'\nplatform = 'A'\nstart = 2024-01-01\nvalue = 1",
            "interventions.0.value: unknown key; there are kind, start",
        ),
        ("kind = 'launch'\nplatform = 'A'", "interventions.0.start: is missing; add it"),
        (
            "kind = 'launch'\nplatform = 'A'\nstart = 2024-01-01\ngroups = 'g'",
            "interventions.0.groups: is 'g'; need a list",
        ),
    ],
)
def test_an_intervention_that_does_not_fit_is_refused_with_its_number(
    write: Write, text: str, said: str
) -> None:
    (found,) = problems(write(more=f"[[interventions]]\n{text}\n"))
    assert found.startswith(f"two.toml: {said}")


# ---- refusals: the values -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("A.requests = 0.1", "A.requests = -1", "platforms.A: requests is -1.0; need a number >= 0"),
        ("A.requests = 0.1", "A.requests = nan", "platforms.A: requests is nan; need a number >= 0"),
        ("A.requests", "A.cooperation = 1.5\nplatforms.A.asc", "platforms.A: cooperation is 1.5; need"),
        ("outside_option = -3.0", "revision_rate = -0.1", "behaviour: revision_rate is -0.1; need a number"),
        ("-3.0", "{ value = -3, low = 5, high = 1 }", "behaviour.outside_option: evidence for"),
        ("actors = 50", "actors = 0", "population: actors is 0; need a whole number from 1"),
        ("steps = 10", "steps = 0", "scenario 'two': steps is 0; need a whole number >= 1"),
        ("A = 0.5", "A = 0.4", "groups.g: start shares add up to 0.9; need 1"),
        ("B = 0.5", "C = 0.5", "groups.g: unknown platform in start 'C'; there are 'A', 'B', 'dormant'"),
        (
            "groups.g.start",
            "groups.g.share = 0.5\ngroups.g.start",
            "population: shares of the groups add up to",
        ),
        ("degree = 4", "degree = 60", "population: contacts of degree 60 among 50 actors; need at most 49"),
        ("degree = 4", 'kind = "ring"', "contacts: contacts 'ring': there is no such kind; there are"),
        (
            "degree = 4",
            'kind = "given"\ncontacts.actors = 50\ncontacts.ties = [[3, 3]]',
            "contacts: contacts 'given': tie (3, 3) is a self-loop",
        ),
        (
            "degree = 4",
            'kind = "given"\ncontacts.actors = 50\ncontacts.ties = [[3, 50]]',
            "contacts: contacts 'given': tie (3, 50) has an index out of range; need 0 to 49",
        ),
        ("platforms.B", 'platforms."B.C"', "platforms.B.C: the name 'B.C' will not do"),
        ("platforms.B", "platforms.dormant", "platforms.dormant: the name 'dormant' is taken"),
        (
            "0.1\ngroups",
            '{ value = 0.1, source = "S8" }\ngroups',
            "platforms.B.requests.source: unknown source 'S8'",
        ),
        (
            "0.1\ngroups",
            "{ value = 0.1, low = 1, high = 2 }\ngroups",
            "platforms.B.requests: 0.1 lies outside",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_path(write: Write, old: str, new: str, said: str) -> None:
    found = problems(write(old, new))
    assert found[0].startswith(f"two.toml: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kind = 'takedown'\nplatform = 'C'\nstart = 2024-01-10",
            "interventions.0 (takedown): unknown platform 'C'",
        ),
        (
            "kind = 'takedown'\nplatform = 'A'\nstart = 2024-01-10\ngroups = ['h']",
            "interventions.0 (takedown): unknown group 'h'; there are 'g'",
        ),
        (
            "kind = 'takedown'\nplatform = 'A'\nstart = 2023-12-31",
            (
                "scenario 'two': interventions.0 (takedown) starts on 2023-12-31, outside the horizon "
                "2024-01-01..2024-03-11"
            ),
        ),
        (
            "kind = 'takedown'\nplatform = 'A'\nstart = 2024-01-10\nuntil = 2024-01-10",
            (
                "interventions.0: takedown on 'A' from 2024-01-10: 2024-01-10..2024-01-10 is empty; "
                "need start < until"
            ),
        ),
        (
            "kind = 'takedown'\nplatform = 'A'\nstart = 2024-01-10\nuntil = 2024-01-09",
            "interventions.0: takedown on 'A' from 2024-01-10: 2024-01-10..2024-01-09 is empty",
        ),
        (
            "kind = 'cooperation'\nplatform = 'A'\nstart = 2024-01-10\nvalue = 2",
            "interventions.0: cooperation on 'A' from 2024-01-10: value is 2.0; need a number from 0 to 1",
        ),
        (
            "kind = 'launch'\nplatform = 'A'\nstart = 2024-02-10",
            "scenario 'two': group 'g' starts with share 0.5 on 'A', which is launched later",
        ),
        (
            "kind = 'launch'\nplatform = 'B'\nstart = 2024-01-01\nsource = 'S999'",
            "interventions.0.source: unknown source 'S999'; need an id of the sources table",
        ),
    ],
)
def test_an_intervention_that_cannot_be_is_refused_with_its_number(
    write: Write, text: str, said: str
) -> None:
    (found,) = problems(write(more=f"[[interventions]]\n{text}\n"))
    assert found.startswith(f"two.toml: {said}")


def test_an_edge_to_nowhere_is_refused(write: Write) -> None:
    (found,) = problems(write(more="[[edges]]\norigin = 'A'\ndestination = 'C'\n"))
    assert found == "two.toml: landscape: unknown platform of an edge 'C'; there are 'A', 'B'"


def test_an_edge_given_twice_is_refused(write: Write) -> None:
    edge = "[[edges]]\norigin = 'A'\ndestination = 'B'\n"
    (found,) = problems(write(more=edge + edge))
    assert "edge named twice: 'A -> B'" in found


def test_a_takedown_that_leaves_no_place_to_go_is_refused(write: Write) -> None:
    closed = "".join(
        f"[[interventions]]\nkind = 'takedown'\nplatform = '{p}'\nstart = 2024-01-15\n" for p in "AB"
    )
    said = problems(write("-3.0", "-inf", more=closed))
    assert said[0].startswith(
        "two.toml: scenario 'two': from step 3 actors of group 'g' on 'A' have no place"
    )


def test_all_problems_are_named_at_once_each_with_its_path(write: Write) -> None:
    text = TWO.replace("A.requests = 0.1", "A.requests = -1").replace("degree = 4", "degree = nan")
    text = text.replace("actors = 50", "actors = 0").replace("A = 0.5", "A = 0.4")
    text = text.replace("-3.0", "{ value = -3.0, low = 2, high = 1 }")
    more = "[[edges]]\norigin = 'A'\ndestination = 'A'\n"
    more += "[[interventions]]\nkind = 'takedown'\nplatform = 'C'\nstart = 2025-01-10\n"
    more += "[[interventions]]\nkind = 'cooperation'\nplatform = 'A'\nstart = 2024-01-10\nvalue = 2\n"
    found = problems(write(text=text, more=more))
    for said in (
        "behaviour.outside_option: evidence for 'outside_option': range 2.0..1.0 is reversed",
        "platforms.A: requests is -1.0",
        "edges.0: edge 'A' -> 'A': leads to itself",
        "groups.g: start shares add up to 0.9",
        "contacts: contacts 'erdos_renyi': degree is nan",
        "population: actors is 0",
        "interventions.1: cooperation on 'A' from 2024-01-10: value is 2.0",
        "interventions.0 (takedown): unknown platform 'C'",
        "scenario 'two': interventions.0 (takedown) starts on 2025-01-10, outside the horizon",
    ):
        assert any(one.startswith(f"two.toml: {said}") for one in found), said
    assert len(found) == 9


def test_all_that_does_not_fit_the_layout_is_named_at_once(write: Write) -> None:
    text = TWO.replace("steps = 10", "step = 10").replace("A.requests = 0.1", "A.requests = 'x'")
    found = problems(write(text=text, more="[[interventions]]\nkind = 'x'\n"))
    assert {one.split(": ")[1] for one in found} == {
        "step",
        "steps",
        "platforms.A.requests",
        "interventions.0",
    }


# ---- saving -------------------------------------------------------------------------------


def test_an_own_rule_is_refused_by_saving_and_by_reading_back(tmp_path: Path, write: Write) -> None:
    def mine(traits: object, view: object, parameters: object) -> float:
        return 0.0

    scenario = files.load(write()).with_({"behaviour.utility": mine})
    with pytest.raises(ScenarioError, match=r"mine.toml: behaviour.utility: an own rule is Python code"):
        files.save(scenario, tmp_path / "mine.toml")
    assert not (tmp_path / "mine.toml").exists()
    with pytest.raises(ScenarioError, match=r"behaviour\.utility: an own rule is Python code"):
        files.from_document(json.loads(scenario.to_json()))


def test_a_source_that_could_not_be_read_back_is_refused_by_saving(tmp_path: Path, write: Write) -> None:
    scenario = files.load(write())
    edge = Takedown(platform="A", start=date(2024, 1, 8), source="my own")
    with pytest.raises(ScenarioError, match=r"interventions.0.source: unknown source 'my own'"):
        files.save(scenario.with_(interventions=(edge,)), tmp_path / "out.toml")


def test_saving_where_nothing_can_be_written_is_refused_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none/out.toml: cannot be written \(No such file or directory\)"):
        files.save(files.load("minimal"), tmp_path / "none" / "out.toml")
    with pytest.raises(DataError, match=r"cannot be written \(Is a directory\)"):
        files.save(files.load("minimal"), tmp_path)


@pytest.mark.parametrize("trouble", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_writer_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, trouble: type[BaseException]
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_half() -> None:
        with files.atomic(target) as temporary:
            temporary.write_text("half")
            raise trouble

    with pytest.raises(trouble):
        write_half()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_writer_sees_the_ending_of_the_file_it_writes(tmp_path: Path) -> None:
    with files.atomic(tmp_path / "figure.png") as temporary:
        assert temporary.suffix == ".png"
        temporary.write_bytes(b"\x89PNG")
    assert (tmp_path / "figure.png").read_bytes() == b"\x89PNG"


# ---- the schema, and lightness ------------------------------------------------------------


def test_the_schema_names_every_intervention_and_refuses_other_keys() -> None:
    made = files.schema()
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    mapping = made["properties"]["interventions"]["items"]["discriminator"]["mapping"]
    assert set(mapping) >= {"cooperation", "outreach", "budget", "crackdown", "launch", "takedown"}
    assert made["additionalProperties"] is False
    assert all(part["additionalProperties"] is False for part in made["$defs"].values())
    assert set(made["required"]) == {
        "schema_version", "name", "start", "steps", "platforms", "population", "groups",
    }  # fmt: skip


def test_the_schema_says_the_unit_of_numbers_and_of_nothing_else() -> None:
    made = files.schema()
    nouns = {name: noun["properties"] for name, noun in made["$defs"].items()}
    said = {
        f"{noun}.{name}": field["description"].removeprefix("Unit: ")
        for noun, names in {**nouns, "Scenario": made["properties"]}.items()
        for name, field in names.items()
        if "description" in field
    }
    assert said == UNITS
    assert said["Crackdown.requests"] == "times"  # and not those of a platform, per actor-week
    assert [path for path in said if path.endswith(".start")] == ["Group.start"]  # the others are dates


def test_every_refusal_is_a_balloon_error() -> None:
    with pytest.raises(BalloonError):
        files.load("nothing-like-it")


def test_importing_files_loads_no_pydantic() -> None:
    code = "import sys, balloon.files; print(sorted({'pydantic', 'pandas', 'networkx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_does_not_fit_the_layout_and_what_cannot_be_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    path.write_text(
        "schema_version = 1\nname = 'many'\nstart = 2024-01-01\nsteps = 3\npopulation.actors = 0\n"
        "platforms.A.asc = 'high'\nplatforms.A.request = 3\ngroups.g.start.A = 0.5\n"
        "interventions = [{ kind = 'takedown', platform = 'B', start = 2024-01-02 }]\n"
    )
    with pytest.raises(ScenarioError) as refusal:
        files.load(path)
    said = "\n".join(refusal.value.problems)
    assert "platforms.A.asc: is 'high'; need a number" in said
    assert "platforms.A.request: unknown key; did you mean 'requests'?" in said
    assert "groups.g: start shares add up to 0.5; need 1" in said
    assert "actors is 0; need a whole number from 1" in said
    assert "unknown platform 'B'; there are 'A'" in said
