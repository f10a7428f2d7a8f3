"""The ledger adds up to the last actor: by hand, over random worlds, by group, over time."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from balloon.errors import DataError, EngineError
from balloon.ledger import Ledger

PLATFORMS = ["Telegram", "Signal", "Viber"]
PLACES = [*PLATFORMS, "dormant", "removed"]
X, P, K = 0, len(PLATFORMS), len(PLACES)
GROUPS = ["dealers", "buyers"]
TWO = ("replicate", "time", "group", "place_baseline", "place_alternative")


def coupled(homes, persons, groups) -> xr.Dataset:
    """Counts of pairs, told actor by actor; homes and persons (world, replicate, time, slot)."""
    _, replicates, times, slots = homes.shape
    same = np.zeros((replicates, times, len(GROUPS), K, K), np.int32)
    refilled, bystanders = np.zeros_like(same), np.zeros((*same.shape[:3], P, K), np.int32)
    for r, i in np.ndindex(replicates, slots):
        been: set[int] = set()
        for t in range(times):
            a, b = homes[:, r, t, i]
            if persons[0, r, t, i] != persons[1, r, t, i]:
                refilled[r, t, groups[i], a, b] += 1
                continue
            if persons[0, r, t, i] == t:  # the same newcomer enters in both worlds
                been = set()
            been |= {int(a), int(b)}
            same[r, t, groups[i], a, b] += 1
            for x in set(range(P)) - been:
                bystanders[r, t, groups[i], x, b] += 1
                bystanders[r, t, groups[i], x, a] -= 1
    times_of = np.datetime64("2024-10-01", "ns") + np.arange(times) * np.timedelta64(7, "D")
    return xr.Dataset(
        {
            "same": (TWO, same),
            "refilled": (TWO, refilled),
            "bystanders": ((*TWO[:3], "platform", "place"), bystanders),
        },
        coords={"time": times_of, "group": GROUPS, "platform": PLATFORMS, "place": PLACES},
    )


@st.composite
def worlds(draw, *, replicates: int = 3):
    """Homes, persons and groups of a few slots; some roles are refilled in one world, for good."""
    times, slots = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    homes = rng.integers(0, K, (2, replicates, times, slots))
    homes[0] = np.where(rng.random(homes[0].shape) < 0.5, X, homes[0])
    entered = rng.random((2, replicates, times, slots)) < draw(st.sampled_from([0.0, 0.2]))
    persons = np.maximum.accumulate(entered * np.arange(times)[:, None], axis=2)
    return homes, persons, rng.integers(0, len(GROUPS), slots)


def column(ledger: Ledger, account: str, entry: str, place: str | None = None, *, line: str = "part"):
    """Sum over the lines asked for, (replicate, group)."""
    chosen = [
        e
        for e, one in enumerate(ledger.entries)
        if (one.account, one.entry, one.line) == (account, entry, line) and place in (None, one.place)
    ]
    assert chosen
    return ledger.net[..., chosen].sum(axis=-1)


def by_hand() -> xr.Dataset:
    """Ten dealers on Telegram in the baseline, in two replicates with the same counts.

    Of these, in the alternative: 4 stay, 3 are on Signal, 1 dormant, 1 removed; the role of the tenth
    is filled by a newcomer on Viber. 2 actors of Signal are on Telegram instead. Of the 5 on Viber, 1
    who was never on Telegram is dormant, 1 who was once on it is on Signal.
    """
    same, refilled = np.zeros((2, 2, 1, 2, K, K), np.int32)
    same[:, 0, 0, X] = [4, 3, 0, 1, 1]
    same[:, 0, 0, 1] = [2, 6, 0, 0, 0]
    same[:, 0, 0, 2] = [0, 1, 3, 1, 0]
    refilled[:, 0, 0, X, 2] = 1
    bystanders = np.zeros((2, 1, 2, P, K), np.int32)
    bystanders[:, 0, 0, X] = [0, 0, -1, 1, 0]
    return xr.Dataset(
        {
            "same": (TWO, same),
            "refilled": (TWO, refilled),
            "bystanders": ((*TWO[:3], "platform", "place"), bystanders),
        },
        coords={"time": ["the end"], "group": GROUPS, "platform": PLATFORMS, "place": PLACES},
    )


# ---- by hand -------------------------------------------------------------------------------


def test_a_loss_of_four_is_one_displaced_one_deterred_one_arrested_and_one_role_refilled() -> None:
    frame = Ledger.of(by_hand(), platform="Telegram").to_frame()
    loss = frame[(frame.account == "loss") & (frame["mean"] != 0)]
    assert loss[["entry", "place", "line", "mean", "gone", "come", "share"]].to_numpy().tolist() == [
        ["loss", "Telegram", "total", 4.0, 6.0, 2.0, 1.0],
        ["displaced", "other platforms", "subtotal", 1.0, 3.0, 2.0, 0.25],
        ["displaced", "Signal", "part", 1.0, 3.0, 2.0, 0.25],
        ["deterred", "dormant", "part", 1.0, 1.0, 0.0, 0.25],
        ["incapacitated", "removed", "part", 1.0, 1.0, 0.0, 0.25],
        ["refilled", "elsewhere", "subtotal", 1.0, 1.0, 0.0, 0.25],
        ["refilled", "Viber", "part", 1.0, 1.0, 0.0, 0.25],
    ]


def test_what_the_others_gained_is_told_apart_by_who_they_are() -> None:
    frame = Ledger.of(by_hand(), platform="Telegram").to_frame()
    there = frame[(frame.account == "elsewhere") & (frame.line != "subtotal") & (frame["mean"] != 0)]
    assert there[["place", "entry", "mean"]].to_numpy().tolist() == [
        ["Signal", "gain", 2.0],
        ["Signal", "displaced", 1.0],
        ["Signal", "former", 1.0],
        ["Viber", "gain", -1.0],
        ["Viber", "bystanders", -1.0],
        ["Viber", "former", -1.0],
        ["Viber", "newcomers", 1.0],
        ["dormant", "gain", 2.0],
        ["dormant", "deterred", 1.0],
        ["dormant", "bystanders", 1.0],
        ["removed", "gain", 1.0],
        ["removed", "incapacitated", 1.0],
    ]


def test_the_table_for_a_terminal_has_the_parts_and_their_sum_under_a_rule() -> None:
    lines = str(Ledger.of(by_hand(), platform="Telegram")).splitlines()
    assert lines[0].startswith("Ledger of Telegram, all groups, on the end, in actors: 10.0 in the baseline")
    rule = next(k for k, line in enumerate(lines) if line.startswith("---"))
    assert [line.split("  ")[0] for line in lines[3:rule] if not line.startswith(" ")] == [
        "displaced",
        "deterred (dormant)",
        "incapacitated (removed)",
        "roles refilled elsewhere",
    ]
    assert lines[rule + 1].split() == ["loss", "of", "Telegram", "4.0", "4.0", "to", "4.0", "4.0", "100.0"]


# ---- over random worlds --------------------------------------------------------------------


def same_pairs(homes, persons, a: int, b: int):
    """Slots with the same person, in the baseline at a and in the alternative at b: (replicate,)."""
    here = (persons[0] == persons[1]) & (homes[0] == a) & (homes[1] == b)
    return here[:, -1].sum(axis=-1)


@given(worlds())
def test_every_part_is_what_counting_actors_gives(world) -> None:
    homes, persons, groups = world
    ledger = Ledger.of(coupled(homes, persons, groups), platform="Telegram")
    for k, entry in [(1, "displaced"), (2, "displaced"), (3, "deterred"), (4, "incapacitated")]:
        net = same_pairs(homes, persons, X, k) - same_pairs(homes, persons, k, X)
        for account in ("loss", "elsewhere"):
            assert column(ledger, account, entry, PLACES[k])[:, 0].tolist() == net.tolist()
    last, another = homes[:, :, -1], (persons[0] != persons[1])[:, -1]
    moved = (another & (last[0] == X)).sum(axis=-1) - (another & (last[1] == X)).sum(axis=-1)
    assert column(ledger, "loss", "refilled")[:, 0].tolist() == moved.tolist()
    assert ledger.baseline[:, 0].tolist() == (last[0] == X).sum(axis=-1).tolist()
    assert ledger.alternative[:, 0].tolist() == (last[1] == X).sum(axis=-1).tolist()


@given(worlds())
def test_actors_once_on_the_platform_are_what_is_left_of_the_others(world) -> None:
    homes, persons, groups = world
    ledger = Ledger.of(coupled(homes, persons, groups), platform="Telegram")
    known = persons[0] == persons[1]
    steps = np.arange(homes.shape[2])[:, None]
    entered = persons[0, :, -1:]  # what their slot did before is not theirs
    been = ((steps >= entered) & ((homes[0] == X) | (homes[1] == X))).any(axis=1)
    now = known[:, -1] & been & (homes[0, :, -1] != X) & (homes[1, :, -1] != X)
    for k in range(1, K):
        change = (now & (homes[1, :, -1] == k)).sum(axis=-1) - (now & (homes[0, :, -1] == k)).sum(axis=-1)
        assert column(ledger, "elsewhere", "former", PLACES[k])[:, 0].tolist() == change.tolist()


@given(worlds(), st.sampled_from(PLATFORMS), st.booleans(), st.booleans())
def test_the_parts_add_up_to_the_loss_in_every_replicate(world, platform, by_group, accumulated) -> None:
    pairs = coupled(*world)
    ledger = Ledger.of(pairs, platform=platform, by_group=by_group, accumulated=accumulated)
    loss = column(ledger, "loss", "loss", line="total")
    entries = ("displaced", "deterred", "incapacitated", "refilled")
    assert np.array_equal(loss, ledger.baseline - ledger.alternative)
    assert np.array_equal(loss, sum(column(ledger, "loss", name) for name in entries))
    assert np.array_equal(ledger.net[..., : ledger.gone.shape[-1]], ledger.gone - ledger.come)
    for name, place in (("displaced", "other platforms"), ("refilled", "elsewhere")):
        whole = column(ledger, "loss", name, place, line="subtotal")
        assert np.array_equal(whole, column(ledger, "loss", name))


@given(worlds(), st.sampled_from(PLATFORMS), st.booleans())
def test_elsewhere_gains_add_up_by_place_and_to_the_loss(world, platform, by_group) -> None:
    pairs = coupled(*world)
    ledger = Ledger.of(pairs, platform=platform, by_group=by_group)
    actors = (pairs.same + pairs.refilled).isel(time=-1)
    change = actors.sum("place_baseline").values - actors.sum("place_alternative").values
    change = change if by_group else change.sum(axis=1, keepdims=True)
    for k, place in enumerate(PLACES):
        if place != platform:
            parts = [
                ledger.net[..., e]
                for e, one in enumerate(ledger.entries)
                if (one.account, one.line, one.place) == ("elsewhere", "part", place)
            ]
            assert len(parts) == 4
            gain = column(ledger, "elsewhere", "gain", place, line="total")
            assert np.array_equal(gain, sum(parts))
            assert np.array_equal(gain, change[..., k])
    loss = column(ledger, "loss", "loss", line="total")
    assert np.array_equal(column(ledger, "elsewhere", "gain", line="total"), loss)
    # Who was never on the platform, or is in neither world on it now, is no part of the loss.
    assert not column(ledger, "elsewhere", "bystanders").any()
    assert not column(ledger, "elsewhere", "former").any()


@given(worlds(), st.booleans())
def test_the_groups_add_up_to_all(world, accumulated) -> None:
    pairs = coupled(*world)
    apart = Ledger.of(pairs, platform="Signal", by_group=True, accumulated=accumulated)
    together = Ledger.of(pairs, platform="Signal", accumulated=accumulated)
    assert apart.groups == tuple(GROUPS)
    assert np.array_equal(apart.net.sum(axis=1), together.net[:, 0])


@given(worlds(), st.integers(0, 3))
def test_what_accumulates_is_the_sum_of_the_steps_after_the_start(world, last: int) -> None:
    pairs = coupled(*world)
    last = min(last, pairs.sizes["time"] - 1)
    total = Ledger.of(pairs, platform="Viber", at=last, accumulated=True, weeks=2.0)
    steps = [Ledger.of(pairs, platform="Viber", at=t) for t in range(1, last + 1)]
    assert np.array_equal(total.net, sum((one.net for one in steps), np.zeros_like(total.net)))
    means = [2.0 * total.net[:, 0, e].mean() for e in range(len(total.entries))]
    assert [row.mean for row in total.rows] == pytest.approx(means)


@given(worlds())
def test_worlds_exchanged_change_every_sign(world) -> None:
    homes, persons, groups = world
    there = Ledger.of(coupled(homes, persons, groups), platform="Telegram")
    back = Ledger.of(coupled(homes[::-1], persons[::-1], groups), platform="Telegram")
    assert np.array_equal(there.net, -back.net)
    assert np.array_equal(there.gone, back.come)


@given(worlds())
def test_two_worlds_that_are_one_have_an_empty_ledger(world) -> None:
    homes, persons, groups = world
    homes, persons = homes[[0, 0]], persons[[0, 0]]
    ledger = Ledger.of(coupled(homes, persons, groups), platform="Telegram")
    assert not ledger.net.any()


@given(worlds())
def test_means_add_up_and_lines_of_a_table_are_no_wider_than_a_terminal(world) -> None:
    ledger = Ledger.of(coupled(*world), platform="Telegram", by_group=True)
    frame = ledger.to_frame()
    for _, group in frame[frame.account == "loss"].groupby("group"):
        parts = group[group.line == "part"]["mean"].sum()
        assert parts == pytest.approx(group[group.line == "total"]["mean"].item(), abs=1e-9)
    assert max(map(len, str(ledger).splitlines())) <= 80


# ---- quantiles and shares ------------------------------------------------------------------


def losses(*each: int) -> xr.Dataset:
    """One replicate for each loss of Telegram to Signal."""
    same = np.zeros((len(each), 1, 1, K, K), np.int32)
    same[:, 0, 0, X, 1] = [max(loss, 0) for loss in each]
    same[:, 0, 0, 1, X] = [max(-loss, 0) for loss in each]
    return xr.Dataset(
        {
            "same": (TWO, same),
            "refilled": (TWO, 0 * same),
            "bystanders": ((*TWO[:3], "platform", "place"), 0 * same[..., :P, :]),
        },
        coords={"time": [0], "group": ["all"], "platform": PLATFORMS, "place": PLACES},
    )


def test_a_range_leaves_out_a_twentieth_at_either_end() -> None:
    row = Ledger.of(losses(*range(101)), platform="Telegram").rows[0]
    assert (row.q05, row.median, row.q95, row.mean) == (5.0, 50.0, 95.0, 50.0)


def test_shares_are_of_the_mean_loss_and_their_ranges_over_the_runs_with_a_loss() -> None:
    ledger = Ledger.of(losses(10, 20, -6, 0), platform="Telegram")
    row = next(row for row in ledger.rows if row.entry == "displaced" and row.place == "Signal")
    assert (row.runs, row.share, row.share_median) == (2, 1.0, 1.0)
    assert (row.mean, row.gone, row.come) == (6.0, 7.5, 1.5)
    said = " ".join(str(ledger).split())
    assert "means and shares of the mean loss do but for rounding, every single run exactly." in said
    assert "Shares of the loss: none: no clear loss, as its 90 % range does not lie above 0." in said
    assert "A loss below 0 is a gain; its parts keep their signs." in str(ledger)


def test_a_platform_that_gained_has_no_shares_of_a_loss() -> None:
    ledger = Ledger.of(losses(-10, -20), platform="Telegram")
    row = ledger.rows[0]
    assert (row.mean, row.runs) == (-15.0, 0)
    assert np.isnan([row.share, row.share_q05, row.share_q95, row.share_median]).all()
    assert "Shares of the loss: none: no run has a loss." in str(ledger)


def test_shares_add_up_where_medians_of_shares_do_not() -> None:
    """Losses of 10, 10 and 100: 1, 1 and 90 go to Signal, 9, 9 and 10 to Viber: 92 and 28 of 120."""
    pairs = losses(1, 1, 90)
    pairs["same"][:, 0, 0, X, 2] = [9, 9, 10]
    ledger = Ledger.of(pairs, platform="Telegram")
    signal, viber = (
        next(row for row in ledger.rows if row.entry == "displaced" and row.place == place)
        for place in ("Signal", "Viber")
    )
    assert (signal.share, viber.share) == (92 / 120, 28 / 120)
    assert (signal.share_median, viber.share_median) == (0.1, 0.9)
    lines = [" ".join(line.split()) for line in str(ledger).splitlines()]
    assert "to Signal 1.0 1.0 to 81.1 30.7 76.7 10.0 to 82.0" in lines
    assert "to Viber 9.0 9.0 to 9.9 9.3 23.3 18.0 to 90.0" in lines


def test_where_the_mean_is_a_gain_there_is_no_share_of_it() -> None:
    ledger = Ledger.of(losses(10, 20, -60), platform="Telegram")
    assert np.isnan(ledger.rows[0].share)
    assert ledger.rows[0].share_median == 1.0
    assert "Shares of the loss: none: no clear loss" in " ".join(str(ledger).split())


def test_shares_are_printed_of_a_clear_loss_only() -> None:
    """Of 41 losses one below 0 lies outside the range; two of 10 do not."""
    clear = " ".join(str(Ledger.of(losses(*[10, 20] * 20, -6), platform="Telegram")).split())
    assert "to Signal 10.0 10.0 to 20.0 14.5 100.0 100.0 to 100.0" in clear
    assert "Shares of the loss: ranges over the 40 of 41 runs with a loss above 0." in clear
    unclear = Ledger.of(losses(*[10, 20] * 4, -6, -6), platform="Telegram")
    assert "100.0" not in str(unclear)
    assert unclear.rows[0].share == 1.0


def test_where_roles_are_filled_again_the_table_says_that_incapacitated_is_not_replaced() -> None:
    said = "Incapacitated: arrested, not replaced."
    assert said in " ".join(str(Ledger.of(by_hand(), platform="Telegram")).split())
    assert said not in " ".join(str(Ledger.of(losses(10, 20), platform="Telegram")).split())


def test_one_run_with_a_loss_gives_a_share_without_a_range() -> None:
    row = Ledger.of(losses(-10, 20), platform="Telegram").rows[1]
    assert row.share == 1.0
    assert np.isnan([row.share_q05, row.share_q95]).all()


def test_large_counts_are_written_in_thousands() -> None:
    text = " ".join(str(Ledger.of(losses(2_000_000, 1_000_000), platform="Telegram")).split())
    assert "in thousand actors: 1,500.0 in the baseline" in text


# ---- one replicate -------------------------------------------------------------------------


def test_one_replicate_has_no_interval_and_the_refusal_says_where_its_numbers_are() -> None:
    ledger = Ledger.of(losses(10), platform="Telegram")
    for ask in (lambda: ledger.rows, ledger.to_frame, lambda: ledger.to_csv("never.csv")):
        with pytest.raises(EngineError, match=r"one replicate gives no 90 % range; .*per_replicate\(\)"):
            ask()
    frame = ledger.per_replicate()
    assert frame[frame.line == "total"].net.tolist()[0] == 10


def test_one_replicate_is_shown_without_ranges() -> None:
    ledger = Ledger.of(losses(10), platform="Telegram")
    assert "(one run)" in str(ledger)
    assert "range" not in str(ledger)
    assert "range" not in ledger._repr_html_()


# ---- the ways out --------------------------------------------------------------------------


def test_every_replicate_comes_out_in_whole_numbers() -> None:
    frame = Ledger.of(by_hand(), platform="Telegram", by_group=True).per_replicate()
    assert [str(kind) for kind in frame[["net", "gone", "come"]].dtypes] == ["int64", "Int64", "Int64"]
    assert len(frame) == 2 * 2 * len(Ledger.of(by_hand(), platform="Telegram").entries)
    loss = frame[frame.account == "loss"]
    assert ((loss.gone - loss.come) == loss.net).all()
    assert frame[frame.account == "elsewhere"][["gone", "come"]].isna().all(axis=None)


def test_the_csv_is_the_frame(tmp_path) -> None:
    import pandas as pd

    ledger = Ledger.of(by_hand(), platform="Telegram")
    ledger.to_csv(tmp_path / "ledger.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "ledger.csv"), ledger.to_frame(), check_dtype=False)
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.csv"]


def test_a_csv_that_cannot_be_written_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        Ledger.of(by_hand(), platform="Telegram").to_csv(tmp_path / "missing" / "ledger.csv")


def test_names_cannot_break_out_of_the_html_or_the_terminal() -> None:
    pairs = by_hand().assign_coords(
        platform=["<b>&", "Signal", "Vi\x1b[31mber"],
        place=["<b>&", "Signal", "Vi\x1b[31mber", "dormant", "removed"],
    )
    ledger = Ledger.of(pairs, platform="<b>&")
    html = ledger._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html
    assert html.count("<caption>") == html.count("<table>") == 2
    assert 'scope="col"' in html
    assert 'scope="row"' in html
    assert "mean gone" in html
    assert "\x1b" not in str(ledger)


def test_long_and_wide_names_are_cut_to_the_terminal() -> None:
    from balloon._tables import columns_of

    names = ["텔레그램 비공개 채팅방 " * 3, "Signal", "Viber"]
    pairs = by_hand().assign_coords(platform=names, place=[*names, "dormant", "removed"])
    lines = str(Ledger.of(pairs, platform="Signal")).splitlines()
    assert max(map(columns_of, lines)) <= 80
    assert any("…" in line for line in lines)


def test_the_counts_of_a_ledger_cannot_be_changed() -> None:
    ledger = Ledger.of(by_hand(), platform="Telegram")
    with pytest.raises(ValueError, match="read-only"):
        ledger.net[0, 0, 0] = 7
    assert repr(ledger) == "<Ledger of Telegram on the end, 2 replicates>"


def test_a_ledger_of_one_platform_has_nowhere_to_displace_to() -> None:
    same = np.zeros((2, 1, 1, 3, 3), np.int32)
    same[..., 0, 1] = 4
    pairs = xr.Dataset(
        {
            "same": (TWO, same),
            "refilled": (TWO, 0 * same),
            "bystanders": ((*TWO[:3], "platform", "place"), 0 * same[..., :1, :]),
        },
        coords={"time": [0], "group": ["all"], "platform": ["A"], "place": ["A", "dormant", "removed"]},
    )
    rows = Ledger.of(pairs, platform="A").rows
    assert {row.entry for row in rows if row.place == "other platforms"} == {
        "displaced", "gain", "bystanders", "former", "newcomers",
    }  # fmt: skip
    assert {row.mean for row in rows if row.place == "other platforms"} == {0.0}


@pytest.mark.parametrize(
    ("change", "asked", "message"),
    [
        (
            lambda p: p,
            {"platform": "Line"},
            "unknown platform 'Line'; there are 'Telegram', 'Signal', 'Viber'",
        ),
        (lambda p: p, {"at": 1}, "at is 1; need an index of time from 0 to 0"),
        (lambda p: p, {"at": -2}, "at is -2; need an index"),
        (lambda p: p, {"weeks": 0.0}, "weeks is 0.0; need the length of a step"),
        (lambda p: p.drop_vars("refilled"), {}, "'refilled' is missing; need the dimensions"),
        (lambda p: p.sum("group"), {}, "'same' is .'replicate', 'time', 'place_baseline'"),
        (lambda p: p.isel(replicate=slice(0)), {}, "there are no replicates; ask for replicates=2 or more"),
        (
            lambda p: p.assign_coords(place=["a", "b", "c", "d", "e"]),
            {},
            "need the platforms .'Telegram', 'Signal', 'Viber'., then 'dormant' and 'removed'",
        ),
    ],
)
def test_what_is_no_coupling_or_no_date_of_it_is_refused(change, asked, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Ledger.of(change(by_hand()), **{"platform": "Telegram", **asked})
