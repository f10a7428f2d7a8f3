"""Mean field against actors: how far apart the shares of the places are, over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from balloon.plots import style
from balloon.plots.caption import Caption, scenario_line, scenario_source
from balloon.plots.curves import BELOW, NAME, NAME_ROOM, EndLabel, dates_below, draw_labels, label_columns
from balloon.plots.differences import points_axis
from balloon.plots.lettering import clean, day, days, letters, shorten
from balloon.plots.page import (
    HEADING,
    MARGIN,
    PITCH,
    ROOM,
    TICKS,
    WIDTH,
    Briefing,
    Words,
    add_box,
    new_page,
    write,
)
from balloon.plots.reading import Place, drawn_names, list_places, membership

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.agreement import Discrepancy

    Floats = NDArray[np.float64]

PANEL, Z90 = 210.0, 1.6448536269514722
"""Points: height of the panel; half-width of 90 % of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaps:
    """Numbers of the figure: T + 1 dates, K places, the squeezed platform first."""

    found: Discrepancy
    places: tuple[Place, ...]
    names: dict[str, str]
    dates: NDArray[np.datetime64]
    gap: Floats
    """(T + 1, K) mean field minus actors, shares of all actors."""
    luck: Floats
    """(T + 1, K) standard error of the actors' mean."""


def discrepancy_curves(found: Discrepancy, *, ax: Axes) -> Axes:
    """Draw the share of each place in the mean field minus its mean in the runs of actors, over time.

    In points of all actors; ribbons reach as far as 90 % of the luck in the mean of the runs. Where a
    ribbon holds zero, the two do not differ beyond luck. Names stand to the right of the axes: leave room.

    Parameters
    ----------
    found : Discrepancy
        From `balloon.discrepancy`.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_gaps(ax, read_gaps(found))


def discrepancy_figure(found: Discrepancy) -> Briefing:
    """Compose the figure of the mean field against the actors; see `discrepancy_curves`.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Examples
    --------
    >>> import balloon as bl
    >>> found = bl.discrepancy(bl.load("minimal"), replicates=4, seed=1)
    >>> discrepancy_figure(found).caption.title.partition(" by ")[0]
    'Mean field and actors differ'
    """
    with style.look():
        told = read_gaps(found)
        words = gaps_caption(told)
        text = Words.of(words)
        top = text.above + PITCH * HEADING + 8
        figure = new_page(words, text, width=WIDTH, height=top + PANEL + BELOW + text.below)
        heading = ["Mean field minus actors, points of all actors; ribbon: 90% of the luck in the runs’ mean"]
        write(figure, heading, left=MARGIN, top=text.above, size=HEADING, color=style.SOFT)
        wide = ROOM - TICKS - label_columns(_labels(told))[2]
        draw_gaps(add_box(figure, left=MARGIN + TICKS, top=top, width=wide, height=PANEL), told)
        return figure


def read_gaps(found: Discrepancy) -> Gaps:
    """Take from the discrepancy what the figure needs; small platforms are drawn as one."""
    scenario, table = found.scenario, found.table
    names = drawn_names(scenario.platforms, known=letters())
    dates = table["time"].drop_duplicates().to_numpy()
    shape = (len(dates), -1)
    highest = table["simulated"].to_numpy(dtype=float).reshape(shape).max(axis=0)
    places = list_places(scenario.platforms, scenario.squeezed, names, highest)
    member = membership(scenario.platforms, places)
    gap, error = (table[name].to_numpy(dtype=float).reshape(shape) for name in ("gap", "error"))
    return Gaps(
        found=found,
        places=places,
        names=names,
        dates=dates,
        gap=gap @ member,
        # Of platforms drawn as one, as if their luck were independent.
        luck=np.sqrt(error**2 @ member),
    )


def draw_gaps(ax: Axes, told: Gaps) -> Axes:
    """Draw from numbers already read."""
    when, half = days(told.dates), Z90 * told.luck
    for k, place in reversed(list(enumerate(told.places))):
        low, high = told.gap[:, k] - half[:, k], told.gap[:, k] + half[:, k]
        ax.fill_between(when, low, high, color=place.look.line, alpha=0.16, lw=0, zorder=2)
        ax.plot(when, told.gap[:, k], color=place.look.line, ls=place.look.dash, lw=2.0, zorder=4)
    ax.axhline(0.0, color=style.INK, lw=1.0, zorder=3)
    points_axis(ax, low=float((told.gap - half).min()), high=float((told.gap + half).max()))
    dates_below(ax, told.dates)
    ax.spines["bottom"].set_visible(False)
    draw_labels(ax, _labels(told), height=style.size_of(ax)[1])
    return ax


def _labels(told: Gaps) -> list[EndLabel]:
    return [
        EndLabel(
            name=shorten(place.label, room=NAME_ROOM, size=NAME, bold=True),
            value=_signed(float(told.gap[-1, k])),
            bracket=f"(luck ±{tenths(Z90 * float(told.luck[-1, k]))})",
            height=float(told.gap[-1, k]),
            line=place.look.line,
            text=place.look.text,
        )
        for k, place in enumerate(told.places)
    ]


def _signed(gap: float) -> str:
    size = tenths(gap)
    return size if float(size) == 0 else f"{'−' if gap < 0 else '+'}{size}"


# ---- words -------------------------------------------------------------------------------------


def tenths(size: float) -> str:
    """A size in points, to a tenth: gaps and luck are small, and are compared.

    Examples
    --------
    >>> tenths(0.0123), tenths(-0.0123)
    ('1.2', '1.2')
    """
    return f"{abs(100 * size):.1f}"


def gaps_caption(told: Gaps) -> Caption:
    """Write all words of the figure from its numbers."""
    found = told.found
    head, below = gaps_title(told), _subtitle(told)
    made = (f"{found.replicates} replicates of engine arrays against engine meanfield", f"seed {found.seed}")
    note = (
        f"Expected shares of the mean field minus the mean of {found.replicates} runs of the actors. A "
        "ribbon that holds zero: no difference beyond luck. In use for fits the gap counts in units of the "
        "data’s error: see the figure of Fit.check_abm()."
    )
    return Caption(
        title=head,
        subtitle=below,
        notes=(note, scenario_line(found.scenario, *made)),
        alt=_alt(told, f"{head}. {below}"),
        source=scenario_source(found.scenario, seed=found.seed, replicates=found.replicates),
    )


def gaps_title(told: Gaps) -> str:
    """The finding in one sentence."""
    gap, luck = told.found.rmse, told.found.luck
    size = f"{tenths(gap)} points in the root mean square"
    if gap <= luck:
        return f"Mean field and actors differ by no more than luck: {size}"
    return f"Mean field and actors differ by {size}, where luck alone makes {tenths(luck)}"


def _subtitle(told: Gaps) -> str:
    t, k = np.unravel_index(int(np.abs(told.gap).argmax()), told.gap.shape)
    where, way = told.places[k].label, "more" if told.gap[t, k] > 0 else "fewer"
    size = tenths(float(told.gap[t, k]))
    luck = tenths(Z90 * float(told.luck[t, k]))
    return (
        f"Largest on {day(told.dates[t])}: the mean field has {size} points {way} actors on {where} than the "
        f"runs (90% of luck: ±{luck})."
    )


def _alt(told: Gaps, head: str) -> str:
    ends = ", ".join(
        f"{place.label} {label.value} {label.bracket}"
        for place, label in zip(told.places, _labels(told), strict=True)
    )
    largest = ", ".join(
        f"{place.label} {tenths(float(np.abs(told.gap[:, k]).max()))}" for k, place in enumerate(told.places)
    )
    replaced = {shown: clean(name) for name, shown in told.names.items() if shown != clean(name)}
    names = f" Names: {', '.join(f'{a} = {b}' for a, b in replaced.items())}." if replaced else ""
    period = f"{day(told.dates[0])} to {day(told.dates[-1])}"
    return (
        f"{head} Line chart, {period}: mean field minus actors in points, by place. At the end: {ends}. "
        f"Largest distance at any date: {largest}.{names} Simulated, not observed."
    )
