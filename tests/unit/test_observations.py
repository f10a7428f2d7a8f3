"""Observation files: what is read, and everything that is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import balloon as bl
from balloon.calibrate.quantities import NAMES, QUANTITIES, UNITS, units_of
from balloon.errors import DataError
from balloon.presets import FOLDER, observation_names, observations, sources

DAY = date(2024, 10, 1)
BUNDLED = observation_names()

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(text: str) -> Path:
        path = tmp_path / "cases.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return file


def share(value: float = 0.5, **other: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "quantity": "share",
        "start": "2024-10-01",
        "end": "2024-10-08",
        "platform": "Telegram",
    }
    return {**row, "value": value, "unit": "share", "n": 100, "dispersion": 1.0, **other}


def between(low: Any = 0.5, high: Any = 0.7, **other: Any) -> dict[str, Any]:
    row = share(value="", n=None, dispersion=None, sd=0.02)
    return {**row, "low": low, "high": high, **other}


def count(value: float = 5.0, **other: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"quantity": "arrests", "start": "2024-10-01", "end": "2024-11-01"}
    return {**row, "value": value, "unit": "actors", "dispersion": 2.0, **other}


def read(*rows: dict[str, Any]) -> bl.Observations:
    return bl.read_observations(pd.DataFrame(rows))


def refusal(*rows: dict[str, Any]) -> str:
    with pytest.raises(DataError) as error:
        read(*rows)
    return str(error.value)


# ---- what is read -------------------------------------------------------------------------


def test_a_file_and_a_table_of_the_same_rows_are_the_same_observations(write: Write) -> None:
    file = write(
        "quantity,start,end,platform,value,unit,n,dispersion,source\n"
        'share,2024-10-01,2024-10-08,Telegram,71,percent,400,2,"own survey, wave 1"\n'
        "share,2024-10-08,2024-10-15,Telegram,64,percent,400,2,\n"
    )
    table = pd.DataFrame(
        {
            "quantity": "share", "start": pd.to_datetime(["2024-10-01", "2024-10-08"]),
            "end": [date(2024, 10, 8), date(2024, 10, 15)], "platform": "Telegram", "value": [71, 64],
            "unit": "percent", "n": 400.0, "dispersion": 2, "source": ["own survey, wave 1", None],
        }
    )  # fmt: skip
    assert bl.read_observations(file) == bl.read_observations(table) == bl.read_observations(str(file))


@pytest.mark.parametrize("blank", [None, np.nan, pd.NaT, pd.NA, "", "  "])
def test_blank_cells_say_nothing(blank: object) -> None:
    row = read(share(end=blank, group=blank, sd=blank), share(0.6, start="2024-10-08", end=None))[0]
    assert (row.end, row.group, row.sd) == (None, "", None)


def test_a_file_saved_by_a_spreadsheet_is_read_with_its_mark_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "marked.csv"
    lines = (
        "quantity,start,platform,value,unit,sd", "share,2024-10-01,A,.5,share,.1", "",
        "share,2024-10-02,A,.5,share,.1", "",
    )  # fmt: skip
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert len(bl.read_observations(path)) == 2


def test_observations_come_back_from_their_table() -> None:
    for name in BUNDLED:
        rows = bl.read_observations(name)
        assert bl.read_observations(rows.to_frame()) == rows


def test_values_become_plain_numbers() -> None:
    percent = bl.Observation(quantity="share", start=DAY, platform="A", value=71, unit="percent", sd=5)
    assert (percent.number, percent.spread) == (pytest.approx(0.71), pytest.approx(0.05))
    millions = bl.Observation(
        quantity="joins", start=DAY, end=date(2024, 11, 1), platform="A", value=1.5, unit="million installs",
        sd=0.1, scale="world",
    )  # fmt: skip
    assert (millions.number, millions.spread) == (1.5e6, pytest.approx(1e5))
    fall = bl.Observation(
        quantity="change", of="actors", start=DAY, base_start=date(2024, 9, 1), platform="A", value=-31,
        unit="percent change", sd=5,
    )  # fmt: skip
    assert (fall.number, fall.spread) == (pytest.approx(0.69), pytest.approx(0.05))


def test_the_spread_of_a_share_follows_from_n_and_dispersion() -> None:
    # p = (400 x .5 + .5) / 401 = .5; sqrt(4 x .25 / 400) = .05
    row = bl.Observation(
        quantity="share", start=DAY, platform="A", value=0.5, unit="share", n=400, dispersion=4
    )
    assert row.spread == pytest.approx(0.05)


def test_a_share_of_zero_is_not_certain() -> None:
    row = bl.Observation(
        quantity="share", start=DAY, platform="A", value=0.0, unit="share", n=99, dispersion=1
    )
    assert row.spread == pytest.approx((0.005 * 0.995 / 99) ** 0.5)


def test_the_spread_of_a_count_follows_from_its_dispersion() -> None:
    assert read(count(25, dispersion=4), count(3, start="2024-11-01", end="2024-12-01"))[0].spread == 10.0


def test_bounds_have_their_middle_and_the_spread_of_a_uniform_with_an_error() -> None:
    row = read(between(0.5, 0.7), share(0.6, start="2024-10-08", end=None))[0]
    assert (row.value, row.ends, row.number) == (None, (0.5, 0.7), pytest.approx(0.6))
    assert row.half == pytest.approx(0.1)
    assert row.spread == pytest.approx((0.2**2 / 12 + 0.02**2) ** 0.5)
    assert row.error == 0.02
    assert row.stated == "0.5 to 0.7 share"


def test_bounds_of_a_ratio_have_their_geometric_middle() -> None:
    row = bl.Observation(
        quantity="change", of="actors", start=DAY, base_start=date(2024, 9, 1), platform="A", low=0.5,
        high=2.0, unit="ratio", sd=0.1,
    )  # fmt: skip
    assert row.number == pytest.approx(1.0)
    assert row.half == pytest.approx(np.log(2))


def test_a_table_of_bounds_alone_needs_no_column_of_values(write: Write) -> None:
    file = write(
        "quantity,start,platform,low,high,unit,sd\n"
        "share,2024-10-01,A,50,60,percent,1\nshare,2024-10-08,A,40,60,percent,1\n"
    )
    rows = bl.read_observations(file)
    assert [row.ends for row in rows] == [(0.5, 0.6), (0.4, 0.6)]
    assert bl.read_observations(rows.to_frame()) == rows
    half = write("quantity,start,platform,low,unit,sd\nshare,2024-10-01,A,50,percent,1\n")
    with pytest.raises(
        DataError, match=r"column 'value' is missing; .* \(or low and high instead of the value"
    ):
        bl.read_observations(half)


def test_observations_are_selected_by_quantity_in_their_order() -> None:
    rows = bl.read_observations("telegram-korea-2024")
    assert rows.quantities == ("arrests", "answered")
    assert [row.value for row in rows.select("arrests")] == [3557, 3832]
    assert rows.free_scales == ("disclosures", "police")
    assert rows[0] == next(iter(rows))
    assert len(rows[:3]) == 3
    with pytest.raises(DataError, match=r"unknown quantity 'arrest'; did you mean 'arrests'\?"):
        rows.select("arrest")


def test_observations_can_be_hashed_and_do_not_change() -> None:
    rows = bl.read_observations("darknet-markets-2017")
    assert hash(rows) == hash(bl.read_observations("darknet-markets-2017"))
    with pytest.raises(AttributeError):
        rows.rows = ()  # type: ignore[misc]


def test_every_quantity_has_a_unit_and_every_unit_a_quantity() -> None:
    assert all(units_of(name) for name in NAMES)
    kinds = {kind for quantity in QUANTITIES.values() for kind in quantity.kinds} | {"ratio"}
    assert {unit.kind for unit in UNITS.values()} == kinds


# ---- files and tables that cannot be read -------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cases.csv: holds no rows; need a header and a row for every observation"),
        ("quantity,start,value,unit\n", "cases.csv: holds no rows"),
        ("quantity,start,value\nshare,2024-10-01,1\n", "cases.csv: column 'unit' is missing; every"),
        (
            "quantity;start;value;unit\nshare;2024-10-01;0,5;share\n",
            "cases.csv: its columns are separated by ';'; save it with commas between them, and points",
        ),
        ("quantity\tstart\tvalue\nshare\t2024-10-01\t1\n", "separated by '\\t'; save"),
        (
            "quantity,start,value,unit,plattform\nshare,2024-10-01,1,share,A\n",
            "cases.csv: unknown column 'plattform'; did you mean 'platform'?",
        ),
        ("quantity,start,value,unit,zzz\nshare,2024-10-01,1,share,A\n", "column 'zzz'; there are quantity,"),
        ("quantity,start,value,value,unit\na,b,1,1,c\n", "column 'value' is there twice; keep one"),
        (
            "quantity,start,value,unit\nshare,2024-10-01,1,234,share\n",
            "cases.csv: row 1 has 5 cells, the header 4; put texts with commas in quotes",
        ),
        ('quantity,start,value,unit\nshare,"2024\n', "cases.csv: not CSV ("),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_of_observations_is_refused(write: Write, text: str, said: str) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        bl.read_observations(write(text))


def test_a_file_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: cannot be read \(No such file or directory\)"):
        bl.read_observations(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("quantity,start\nß".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.csv: byte 15 is not UTF-8; save the file as UTF-8"):
        bl.read_observations(tmp_path / "latin.csv")


def test_a_name_that_ships_nothing_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        DataError, match="no observations 'telegram-korea'; did you mean 'telegram-korea-2024'"
    ):
        bl.read_observations("telegram-korea")


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(DataError, match="table: holds no rows; a fit needs at least two observations"):
        bl.read_observations(pd.DataFrame(columns=["quantity", "start", "value", "unit"]))


# ---- rows that cannot be ------------------------------------------------------------------

ROWS = [
    (share(unit=""), "share, 'Telegram', 2024-10-01..2024-10-08: unit is missing; give one of 'share',"),
    (share(unit="percnt"), "unknown unit 'percnt'; did you mean 'percent'? There are 'share', 'percent'"),
    (share(unit="users"), "unit is 'users'; share is given in 'share', 'percent'"),
    (share(n=None, dispersion=None), "uncertainty is missing; give n (how many were asked, with dispersion"),
    (count(dispersion=None), "uncertainty is missing; give dispersion (variance over mean, 1 = Poisson)"),
    (share(sd=0.1), "gives n and sd and dispersion; for a value in 'share' give n (how many"),
    (count(n=10), "gives n and dispersion; for a value in 'actors' give dispersion"),
    (share(n=0), "n is 0.0; need a number > 0"),
    (share(n=None, dispersion=None, sd=-1), "sd is -1.0; need a number > 0"),
    (share(dispersion=0.5), "dispersion is 0.5; a share varies at least as n draws do, need >= 1"),
    (share(quantity="shares"), "2024-10-08: unknown quantity; did you mean 'share'?"),
    (share(1.2), "value is 1.2 share; need 0 to 1, or 0 to 100 percent"),
    (share(np.nan), "row 1: value is nan; leave out rows that say nothing"),
    (share("nan"), "value is nan; need a finite number"),
    (share("1,250"), "row 1: value is '1,250'; need a plain number such as 1250.5"),
    (share(np.inf), "value is inf; need a finite number"),
    (count(-3), "value is -3 actors; need a number >= 0"),
    (share(end="2024-10-01"), "period 2024-10-01..2024-10-01 is empty; end is the first day after it"),
    (share(end="2024-09-01"), "period 2024-10-01..2024-09-01 is empty"),
    (share(start="1.10.2024"), "row 1: start is '1.10.2024'; need a date such as 2024-10-01"),
    (share(start=""), "row 1: start is missing; fill the cell"),
    (share(end=pd.Timestamp("2024-10-08 12:00")), "end is 2024-10-08 12:00:00; need a date without"),
    (count(end=None), "end is missing; what happens is counted over a period, give the first day after it"),
    (share(platform=""), "platform is missing; share is observed on a platform, name it"),
    (share(quantity="attention"), "platform is 'Telegram'; attention is not observed by platform"),
    (count(quantity="joins", group="drugs"), "group is 'drugs'; the model keeps joins for all groups only"),
    (share(quantity="moves"), "platform_to is missing; moves go from one platform to another, name both"),
    (share(platform_to="Signal"), "platform_to is 'Signal'; only moves have it, leave it blank"),
    (share(quantity="moves", platform_to="Telegram"), "are the same; staying is no move"),
    (share(platform="dormant"), "dormant is no platform; observe it as actors or as moves"),
    (share(quantity="moves", platform_to="dormant"), "a share of moves is of those who move to a platform"),
    (share(quantity="moves", platform_to="removed"), "a share is of those on platforms, or of those who"),
    (share(of="actors"), "of, base_start and base_end belong to a change; leave them out"),
    (share(quantity="change"), "of is missing; name the quantity that changed: there are 'share'"),
    (share(quantity="change", of="actor"), "of is 'actor'; name the quantity that changed: did you mean"),
    (share(quantity="change", of="actors", unit="ratio"), "base_end is missing; a change needs"),
    (
        share(quantity="change", of="actors", base_start="2024-09-01", base_end="2024-09-01"),
        "base_period 2024-09-01..2024-09-01 is empty; base_end is the first day after it",
    ),
    (
        count(quantity="change", of="arrests", unit="ratio", base_start="2024-09-01", dispersion=None, sd=1),
        "base_start or base_end is missing",
    ),
    (count(unit="users"), "scale is missing; say how many users one simulated actor stands for, or"),
    (count(scale="panel"), "scale is 'panel'; only counts in the world have one, leave it blank"),
    (count(unit="users", scale=0), "scale is 0.0; need a number > 0, or a name"),
    (share(""), "value is missing; fill the cell, give both bounds, low and high, or leave the row out"),
    (between(value=0.5), "gives value and low and high; give a value, or both bounds, low and high"),
    (between(high=None), "gives low; give a value, or both bounds, low and high: where the source has one"),
    (between(low=0.8), "bounds 0.8 to 0.7 are empty; need low < high"),
    (between(low=0.7), "bounds 0.7 to 0.7 are empty; need low < high"),
    (between(high=1.2), "high is 1.2 share; need 0 to 1, or 0 to 100 percent"),
    (between(low="nan"), "low is nan; need a finite number"),
    (between(low="a few"), "low is 'a few'; need a plain number such as 1250.5"),
    (between(sd=None), "uncertainty is missing; give sd, the error of a bound"),
    (between(sd=None, n=100), "gives n; for bounds in 'share' give sd, the error of a bound, nothing else"),
    (
        between(quantity="change", of="actors", unit="ratio", low=0, base_start="2024-09-01",
                base_end="2024-09-08"),
        "low is 0 ratio, a ratio of 0, which has no logarithm",
    ),
    (share(uncertainty="guess"), "uncertainty is 'guess'; where does it come from? One of 'stated'"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "said"), ROWS, ids=[said[:60] for _, said in ROWS])
def test_a_row_that_cannot_be_is_refused_with_its_number_and_the_way_out(
    row: dict[str, Any], said: str
) -> None:
    message = refusal(row, share(0.6, start="2024-10-08", end="2024-10-15"))
    assert said in message
    assert message.startswith("table: row 1: ")


def test_all_problems_of_a_file_are_said_at_once(write: Write) -> None:
    file = write(
        "quantity,start,end,platform,value,unit,n,dispersion,plattform\n"
        "share,2024-10-01,2024-10-08,A,50,percent,,,\n"
        "share,2024-10-08,2024-10-15,A,x,percent,100,1,\n"
        "share,2024-10-15,2024-10-22,A,70,percent,100,1,\n"
        "share,2024-10-15,2024-10-22,B,60,percent,100,1,\n"
    )
    with pytest.raises(DataError) as error:
        bl.read_observations(file)
    lines = str(error.value).splitlines()
    assert [re.sub(r"^cases\.csv: (unknown column|rows? [\d, ]*\d).*", r"\1", line) for line in lines] == [
        "unknown column", "row 1", "row 2", "rows 3, 4",
    ]  # fmt: skip


# ---- observations that do not fit each other ----------------------------------------------


def test_shares_of_a_wave_that_add_to_more_than_one_are_refused() -> None:
    message = refusal(share(0.7), share(0.2), share(0.35, platform="Signal"))
    assert "rows 1, 2, 3: share in 2024-10-01..2024-10-08 adds to 1.05, more than 1" in message
    assert "observe 'active' if a person may be counted on several platforms" in message


def test_rounding_may_carry_shares_a_percent_above_one() -> None:
    assert len(read(share(0.705), share(0.3, platform="Signal"))) == 2


def test_shares_of_two_surveys_or_groups_are_not_added() -> None:
    rows = (
        share(0.7, source="a"),
        share(0.7, platform="Signal", source="b"),
        share(0.7, group="x", platform="Viber"),
    )
    assert len(read(*rows)) == 3


def test_moves_from_two_platforms_are_two_wholes() -> None:
    away = share(0.9, quantity="moves", platform_to="Viber")
    assert len(read(away, {**away, "platform": "Signal"})) == 2
    message = refusal(away, {**away, "platform_to": "Signal"})
    assert "moves in 2024-10-01..2024-10-08 adds to 1.8" in message


def test_users_of_several_platforms_may_add_to_more_than_one() -> None:
    rows = [share(v, quantity="active", platform=p) for v, p in ((0.93, "WhatsApp"), (0.39, "Messenger"))]
    assert len(read(*rows)) == 2


def test_two_observations_further_apart_than_their_uncertainties_contradict() -> None:
    # sd of each .05, of the difference .0707: .22 is more than three of them, .2 is not
    row = share(0.5, n=None, dispersion=None, sd=0.05)
    assert len(read(row, {**row, "value": 0.7})) == 2
    message = refusal(row, {**row, "value": 0.28, "source": "another"})
    assert (
        "rows 1 and 2 (share, 'Telegram', 2024-10-01..2024-10-08) contradict: 0.5 share and 0.28 share"
        in message
    )
    assert "keep one, or state larger uncertainties" in message


def test_bounds_that_overlap_do_not_contradict() -> None:
    assert len(read(between(0.2, 0.5), between(0.45, 0.9, source="b"))) == 2
    # .1 apart, with errors of .02 each: 3.5 standard deviations of the difference.
    message = refusal(between(0.2, 0.4), between(0.5, 0.9, source="b"))
    assert "contradict: 0.2 to 0.4 share and 0.5 to 0.9 share are more than 3 standard deviations" in message
    assert "row 2 repeats row 1" in refusal(between(), between())


def test_of_bounds_the_lower_ones_must_leave_room_for_each_other() -> None:
    assert len(read(between(0.5, 0.9), between(0.5, 0.9, platform="Signal"))) == 2
    assert "adds to 1.2, more than 1" in refusal(between(0.6, 0.9), between(0.6, 0.9, platform="Signal"))


def test_units_are_brought_together_before_two_observations_are_compared() -> None:
    row = share(0.5, n=None, dispersion=None, sd=0.05)
    assert len(read(row, {**row, "value": 52, "unit": "percent", "sd": 5})) == 2


def test_an_observation_that_is_there_twice_is_refused() -> None:
    assert "row 2 repeats row 1 (share, 'Telegram', 2024-10-01..2024-10-08); keep one" in refusal(
        share(), share()
    )


def test_two_sources_may_agree() -> None:
    assert len(read(share(source="a"), share(source="b"))) == 2


def test_counts_of_overlapping_periods_of_one_source_count_twice() -> None:
    year = count(900, start="2024-01-01", end="2025-01-01", source="S01")
    quarter = count(300, start="2024-10-01", end="2025-01-01", source="S01")
    message = refusal(quarter, year)
    assert (
        "2024-01-01..2025-01-01 overlaps 2024-10-01..2025-01-01, so that the same events count twice"
        in message
    )
    assert len(read(quarter, {**year, "source": "S02"})) == 2
    assert len(read(quarter, {**year, "end": "2024-10-01"})) == 2


# ---- series that say nothing --------------------------------------------------------------


def test_one_observation_alone_says_nothing() -> None:
    assert (
        "row 1 (arrests, 2024-10-01..2024-11-01) is the only observation; one point says nothing"
        in refusal(count())
    )
    with pytest.raises(DataError, match="there are no observations; a fit needs at least two"):
        bl.Observations(()).check_informative()


def test_a_series_that_is_zero_throughout_is_refused() -> None:
    quiet = [count(0), count(0, start="2024-11-01", end="2024-12-01")]
    assert "the series of arrests is 0 throughout; leave it out" in refusal(*quiet, share())
    assert len(read(*quiet, count(4, start="2024-12-01", end="2025-01-01"))) == 3


def test_one_number_with_a_free_scale_of_its_own_is_refused() -> None:
    message = refusal(count(unit="arrests", scale="police"), share())
    assert "is the only one with scale 'police'; a free factor takes up one number whole" in message
    assert len(read(count(unit="arrests", scale=60), share())) == 2


def test_a_scale_is_found_in_one_way() -> None:
    first = count(unit="arrests", scale="police")
    other = {**first, "platform": "Signal", "dispersion": None, "sd": 1}
    assert "scale 'police': some of its rows give sd, others dispersion; give the same" in refusal(
        first, other
    )


def test_dispersion_cannot_be_estimated_from_two_periods() -> None:
    waves = [share(dispersion=None, start=f"2024-10-0{k}", end=f"2024-10-0{k + 1}") for k in (1, 2, 3)]
    assert "n without dispersion in 2 of at least 3 periods; dispersion cannot be estimated" in refusal(
        *waves[:2]
    )
    assert len(read(*waves)) == 3


# ---- observations that do not fit a scenario ----------------------------------------------


def observed(**other: Any) -> bl.Observations:
    return bl.Observations(tuple(read(share(**other), share(0.4, start="2024-10-08", end="2024-10-15"))))


def test_observations_of_a_scenario_pass() -> None:
    observed().check(bl.load("minimal"))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"platform": "Telegrm"}, "platform 'Telegrm' is not in the scenario; did you mean 'Telegram'?"),
        ({"group": "al"}, "group 'al' is not in the scenario; did you mean 'all'? There are 'all'"),
        (
            {"start": "2025-09-01", "end": "2025-09-08"},
            "2025-09-01..2025-09-08 is outside the horizon 2024-09-02..2025-09-01 of scenario 'minimal'",
        ),
        ({"start": "2024-09-01", "end": None}, "2024-09-01 is outside the horizon"),
        ({"start": "2024-09-01"}, "2024-09-01..2024-10-08 is outside the horizon"),
        (
            {"quantity": "change", "of": "arrests", "unit": "ratio", "n": None, "dispersion": None, "sd": 1.0,
             "base_start": "2024-08-01", "base_end": "2024-09-30"},
            "2024-08-01..2024-09-30 is outside the horizon",
        ),
    ],
)  # fmt: skip
def test_what_a_scenario_does_not_know_is_refused(other: dict[str, Any], said: str) -> None:
    rows = observed(**other)
    with pytest.raises(DataError, match=re.escape(said)) as error:
        rows.check(bl.load("minimal"))
    assert str(error.value).startswith("row 1 (")


def test_everything_a_scenario_does_not_know_is_said_at_once() -> None:
    rows = observed(platform="A", group="b", start="2023-01-01")
    with pytest.raises(DataError) as error:
        rows.check(bl.load("minimal"))
    assert len(str(error.value).splitlines()) == 3


# ---- what ships ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUNDLED)
def test_observations_that_ship_fit_their_preset(name: str) -> None:
    bl.read_observations(name).check(bl.load(name))


@pytest.mark.parametrize("name", BUNDLED)
def test_observations_that_ship_cite_known_sources(name: str) -> None:
    known = {source.source_id for source in sources()}
    for row in bl.read_observations(name):
        assert row.source, row.thing
        assert set(row.source.split()) <= known, row.thing


@pytest.mark.parametrize("name", BUNDLED)
def test_an_uncertainty_that_no_source_states_says_so(name: str) -> None:
    for row in bl.read_observations(name):
        word = {"stated": "", "derived": "DERIVED", "assumption": "assumption"}[row.uncertainty]
        assert word in row.note, row.thing


def published() -> dict[str, set[float]]:
    """Every number of the tables, by source; percentages and plain numbers as they stand."""
    found: dict[str, set[float]] = {}
    for table in (FOLDER / "evidence").glob("*.csv"):
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                for column in ("value", "share_low", "share_high"):
                    try:
                        found.setdefault(row["source_id"], set()).add(float(row.get(column) or "x"))
                    except ValueError:
                        continue
    return found


@pytest.mark.parametrize("name", BUNDLED)
def test_every_figure_that_ships_is_published_or_marked_as_derived(name: str) -> None:
    known = published()
    for row in bl.read_observations(name):
        cited = {number for source in row.source.split() for number in known[source]}
        for stated in (row.value, row.low, row.high):
            if stated is not None:
                value = stated * (1e6 if row.unit.startswith("million") else 1.0)
                near = [number for number in cited if abs(number - value) <= 1e-9 * value]
                assert near or "DERIVED" in row.note, row.thing


def test_the_quarters_of_the_disclosures_to_korea_are_those_of_the_transparency_data() -> None:
    users = [row.value for row in bl.read_observations("telegram-korea-2024") if row.unit == "users"]
    assert users == [0, 658, 1137, 1414, 1408, 1495]


def test_the_nielsen_panel_is_not_mixed_with_the_other() -> None:
    rows = bl.read_observations("kakaotalk-exile-2014")
    assert {row.source for row in rows} == {"S09"}
    assert [row.value for row in rows if row.platform == "Telegram"] == [
        40e3,
        420e3,
        1.41e6,
        1.72e6,
        1.17e6,
        1.13e6,
    ]


def test_the_list_of_evidence_names_every_file_that_ships() -> None:
    listed = bl.evidence()
    files = {file.stem for folder in ("observations", "evidence") for file in (FOLDER / folder).glob("*.csv")}
    assert set(listed["name"]) == files
    assert list(listed.columns) == ["name", "kind", "preset", "what", "rows", "source", "licence"]
    own = listed[listed.kind == "observations"].set_index("name")
    assert all(own.loc[name, "rows"] == len(bl.read_observations(name)) for name in BUNDLED)
    assert all(own["preset"] == own.index)
    assert (listed.what != "").all()


def test_the_list_of_evidence_states_only_the_licence_that_is_stated() -> None:
    licences = bl.evidence().set_index("name")["licence"]
    stated = licences[licences != "not stated"]
    assert set(stated.index) == {"telegram_transparency", "telegram-korea-2024"}
    assert all("CC-BY" in text for text in stated)


def test_what_is_left_out_is_explained_for_every_preset_with_observations() -> None:
    readme = observations(BUNDLED[0]).with_name("README.md").read_text(encoding="utf-8")
    assert all(f"**{name}**" in readme for name in BUNDLED)
