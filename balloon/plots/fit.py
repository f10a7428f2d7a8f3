"""Figures of a fit: against its data, prior against posterior, a profile, the pair hardest to tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from balloon.plots import style
from balloon.plots.fit_words import fit_caption, pair_caption, profile_caption, short_name, three_digits
from balloon.plots.lettering import date_ticks, days, shorten, wrap
from balloon.plots.page import HEADING, MARGIN, PITCH, ROOM, WIDTH, Briefing, Words, add_box, new_page, write

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.calibrate.observations import Observation
    from balloon.calibrate.result import Fit
    from balloon.plots.caption import Caption

    Floats: TypeAlias = NDArray[np.float64]

ACROSS, HIGH, AXIS, GAP, ROW = 3, 130.0, 42.0, 34.0, 22.0
"""Panels in a line; points: their height, room for numbers, between lines, height of a parameter."""
NAMES, VALUES = 215.0, 245.0
"""Points beside the bars of the parameters."""
DRAWS, Z90 = 400, 1.6448536269514722
LINE = style.platform_look(0).line


def fit_figure(fit: Fit) -> Briefing:
    """Compose the figure of a fit: observations beside the fit, and prior beside posterior.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, notes, alt text and provenance.
    """
    with style.look():
        check, summary = fit.check(), fit.summary()
        words = fit_caption(fit, check, summary)
        text, groups = Words.of(words), panels(tuple(fit.problem.observations))
        lines = -(-len(groups) // ACROSS)
        lower = text.above + lines * (HIGH + AXIS + GAP)
        height = lower + 24 + ROW * (len(summary) + 1) + 26 + text.below
        figure = new_page(words, text, width=WIDTH, height=height)
        expected, error = np.quantile(check.predicted, (0.05, 0.95), axis=0), _error(fit)
        room = ROOM / ACROSS
        for number, (name, members) in enumerate(groups):
            left = MARGIN + room * (number % ACROSS)
            top = text.above + (HIGH + AXIS + GAP) * (number // ACROSS)
            heading = [shorten(name, room=room - 12, size=HEADING)]
            write(figure, heading, left=left, top=top, size=HEADING, color=style.SOFT)
            box = add_box(figure, left=left + AXIS, top=top + 22, width=room - AXIS - 14, height=HIGH)
            _draw_panel(box, fit, members, check.rows(), expected, error)
        heading = ["Parameters: grey, 90% of the prior; blue, 90% of the posterior"]
        write(figure, heading, left=MARGIN, top=lower, size=HEADING, color=style.SOFT)
        box = add_box(
            figure,
            left=MARGIN + NAMES,
            top=lower + 24,
            width=ROOM - NAMES - VALUES,
            height=ROW * len(summary),
        )
        _draw_priors(box, fit, summary)
        return figure


def panels(rows: Sequence[Observation]) -> list[tuple[str, list[int]]]:
    """Heading and rows of each panel: a series in time, or single rows of one quantity beside each other."""
    series: dict[tuple[str, ...], list[int]] = {}
    for k, row in enumerate(rows):
        what = (row.quantity, row.kind, row.platform, row.platform_to, row.group)
        series.setdefault(what, []).append(k)
    found, alone = [], dict[tuple[str, str], list[int]]()
    for (quantity, kind, *who), members in series.items():
        if len(members) > 1:
            unit = _unit(kind)
            place = " to ".join(name for name in who[:2] if name)
            whom = ", ".join(name for name in (place, who[2]) if name)
            found.append((f"{quantity}, {whom} ({unit})" if whom else f"{quantity} ({unit})", members))
        else:
            alone.setdefault((quantity, kind), []).extend(members)
    for (quantity, kind), members in alone.items():
        found.append((f"{quantity} ({_unit(kind)})", members))
    return found


def _unit(kind: str) -> str:
    return {"share": "%", "ratio": "ratio", "annual": "a year"}.get(kind, "count")


def _error(fit: Fit) -> Floats:
    """(2, n) 5 and 95 % of data made where the truth is what was observed; bounds as they are."""
    ours, rng = fit.problem.likelihood, np.random.default_rng(0)
    wide = fit.problem.dispersions(fit.theta)
    made = [ours.simulate(np.maximum(ours.values, 0.0), wide, rng) for _ in range(DRAWS)]
    ends = np.array([row.ends for row in fit.problem.observations]).T
    return np.where(ends[0] < ends[1], ends, np.quantile(made, (0.05, 0.95), axis=0))


def _draw_panel(
    ax: Axes, fit: Fit, members: list[int], rows: pd.DataFrame, expected: Floats, error: Floats
) -> None:
    """Dots with whiskers, and the two bands over the period of each."""
    ours = [fit.problem.observations[k] for k in members]
    part = 100.0 if ours[0].kind == "share" else 1.0
    dated = len({(row.platform, row.platform_to, row.group) for row in ours}) == 1
    if dated:
        first = np.array([days(np.datetime64(row.start)) for row in ours])
        last = np.array([days(np.datetime64(row.end or row.start)) for row in ours])
        least = 0.02 * max(float(last.max() - first.min()), 1.0)
        middle = (first + last) / 2
        half = np.maximum((last - first) / 2, least)
    else:
        middle, half = np.arange(len(ours), dtype=float), np.full(len(ours), 0.3)
    observed, low, high = (part * rows[name].to_numpy()[members] for name in ("observed", "low", "high"))
    inner, whisker = part * expected[:, members], part * error[:, members]
    for k in range(len(ours)):
        x = (middle[k] - half[k], middle[k] + half[k])
        ax.fill_between(x, low[k], high[k], color=LINE, alpha=0.18, lw=0, zorder=2)
        ax.fill_between(x, inner[0, k], inner[1, k], color=LINE, alpha=0.45, lw=0, zorder=3)
    ax.vlines(middle, whisker[0], whisker[1], color=style.INK, lw=1.2, zorder=4)
    between = np.array([row.value is None for row in ours])
    ax.plot(middle[~between], observed[~between], "o", color=style.INK, ms=4.5, zorder=5)
    ax.plot(np.tile(middle[between], 2), whisker[:, between].ravel(), "_", color=style.INK, ms=9, zorder=5)
    top = float(max(high.max(), whisker[1].max(), np.nanmax(observed, initial=0.0)))
    ax.set_ylim(min(0.0, float(low.min())), top * 1.06)
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _brief(value)))
    ax.grid(axis="y", color=style.GRID, lw=0.8)
    ax.tick_params(axis="y", length=0)
    if dated:
        ends = [
            np.datetime64(min(row.start for row in ours)),
            np.datetime64(max(r.end or r.start for r in ours)),
        ]
        marks = date_ticks(ends[0], ends[1], most=5)
        ax.set_xticks([at for at, _ in marks], [label for _, label in marks])
    else:
        room = style.size_of(ax)[0] / len(ours)
        names = [" to ".join(n for n in (r.platform, r.platform_to, r.group) if n) or "all" for r in ours]
        ax.set_xticks(middle, ["\n".join(wrap(name, room=room - 4, size=9, lines=2)) for name in names])
        ax.set_xlim(-0.6, len(ours) - 0.4)


def _brief(value: float) -> str:
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:g}{letter}"
    return f"{value:g}"


def _draw_priors(ax: Axes, fit: Fit, summary: pd.DataFrame) -> None:
    """A line a parameter, on the scale of its prior's standard deviations."""
    low, high = np.quantile(fit.thetas(fit._many), (0.05, 0.95), axis=0)  # noqa: SLF001
    room = 1.06 * float(max(np.abs([low, high]).max(), 2.0))
    ax.set_xlim(-room, room)
    ax.set_ylim(len(summary) - 0.5, -0.5)
    for k, (name, one) in enumerate(zip(summary.index, summary.itertuples(), strict=True)):
        told = one.estimate == one.estimate
        ax.plot([-Z90, Z90], [k, k], color=style.GRID, lw=10, zorder=2)
        ax.plot([low[k], high[k]], [k, k], color=LINE, lw=4, alpha=1.0 if told else 0.35, zorder=3)
        if told:
            ax.plot(fit.theta[k], k, "o", color=style.WHITE, mec=LINE, mew=1.4, ms=6, zorder=4)
        best, least, most = (three_digits(number) for number in (one.estimate, one.low, one.high))
        said = f"{best} ({least} to {most}), {one.verdict}"
        said = said if told else "not identified: the prior is returned"
        label = shorten(short_name(str(name)), room=NAMES - 12, size=9)
        for text, x, shift, side, colour in (
            (label, 0, -NAMES, "left", style.INK),
            (shorten(said, room=VALUES - 10, size=9), 1, 10, "left", style.INK if told else style.SOFT),
        ):
            ax.annotate(
                text,
                (x, k),
                (shift, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha=side,
                va="center",
                fontsize=9,
                color=colour,
                parse_math=False,
                annotation_clip=False,
            )
    ax.set_yticks([])
    ax.axvline(0, color=style.GRID, lw=0.8, zorder=1)
    ax.set_xlabel("standard deviations of the prior, from its median", fontsize=9)


# ---- one parameter, and a pair ------------------------------------------------------------------------


def profile_figure(fit: Fit, name: str, *, level: float = 0.9) -> Briefing:
    """Draw the profile of one parameter beside its prior, see `Fit.profile`."""
    from scipy.interpolate import PchipInterpolator
    from scipy.stats import chi2

    with style.look():
        found = fit.profile(name, level=level)
        figure, ax = _page(profile_caption(fit, found))
        prior, top = fit.problem.priors[name], 1.6 * float(chi2.ppf(level, 1))
        points = prior.theta(found.values)
        along = np.linspace(points[0], points[-1], 400)
        # Roots with a sign are nearly a straight line, which is drawn better than a bowl.
        roots = np.sign(found.values - found.estimate) * np.sqrt(found.drops)
        drops = PchipInterpolator(points, roots)(along) ** 2
        x = np.asarray(prior.value(along), float)
        ax.plot(x, along**2, color=style.SOFT, lw=1.2, ls=(0, (1, 2)), zorder=2)
        ax.plot(x, drops, color=LINE, lw=2.2, zorder=3)
        ax.plot(found.values, found.drops, "o", color=LINE, ms=4, zorder=3)
        ax.set_xlim(x[drops <= top].min(), x[drops <= top].max())
        ax.axhline(float(chi2.ppf(level, 1)), color=style.INK, lw=1, ls=(0, (4, 2)), zorder=2)
        inside = [end for end in (found.low, found.high) if np.isfinite(end)]
        ax.vlines(inside, 0, float(chi2.ppf(level, 1)), color=style.SOFT, lw=1)
        ax.set_ylim(0, top)
        ax.set_xlabel(short_name(name))
        ax.set_ylabel("twice the fall of the log-posterior")
        return figure


def correlation_figure(fit: Fit) -> Briefing:
    """Draw the two parameters whose estimates are correlated most.

    Raises
    ------
    ValueError
        A fit of one parameter has no pair.
    """
    with style.look():
        table = fit.sample(min(fit._many, 600))  # noqa: SLF001
        found = np.atleast_2d(np.corrcoef(fit.thetas(fit._many).T))  # noqa: SLF001
        pairs = np.abs(np.triu(found, 1))
        if len(pairs) < 2:
            raise ValueError(
                f"{fit.names[0]} is the only parameter; a correlation needs two, free another one"
            )
        i, j = np.unravel_index(int(pairs.argmax()), pairs.shape)
        one, other = fit.names[i], fit.names[j]
        figure, ax = _page(pair_caption(fit, one, other, float(found[i, j])))
        ax.plot(table[one], table[other], "o", color=LINE, ms=3, alpha=0.4, mew=0)
        for name, draw in ((one, ax.axvline), (other, ax.axhline)):
            values = table[name]
            for end in fit.problem.priors[name].interval():
                if values.min() <= end <= values.max():
                    draw(end, color=style.INK, lw=1, ls=(0, (4, 2)))
        ax.set_xlabel(short_name(one))
        ax.set_ylabel(short_name(other))
        return figure


def _page(words: Caption) -> tuple[Briefing, Axes]:
    """A page with one panel."""
    text = Words.of(words)
    figure = new_page(words, text, width=WIDTH, height=text.above + 300 + text.below)
    ax = add_box(figure, left=MARGIN + 70, top=text.above + 6, width=ROOM - 90, height=300 - PITCH * 36)
    ax.grid(color=style.GRID, lw=0.8)
    return figure, ax
