"""The words that go with the figures of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.plots.caption import Caption, scenario_line, scenario_source

if TYPE_CHECKING:
    import pandas as pd

    from balloon.calibrate.checks import Check
    from balloon.calibrate.observations import Observation
    from balloon.calibrate.profile import Profile
    from balloon.calibrate.result import Fit

STRANGE = 0.05
"""Tail probability of the posterior predictive check below which the title says so."""


def short_name(path: str) -> str:
    """A dotted path as a figure has room for.

    Examples
    --------
    >>> short_name("interventions.platform_change:Telegram:2014-09-18.asc")
    'Telegram, change of 2014-09-18: asc'
    >>> short_name("behaviour.trial"), short_name("platforms.Signal.asc")
    ('trial', 'Signal: asc')
    """
    head, _, rest = path.partition(".")
    if head == "interventions":
        key, _, field = rest.rpartition(".")
        kind, _, where = key.partition(":")
        platform, _, when = where.partition(":")
        return f"{platform}, {kind.rpartition('_')[2]} of {when}: {field}"
    if head in ("platforms", "groups"):
        name, _, field = rest.partition(".")
        return f"{name}: {field}"
    return path if head in ("scale", "dispersion") else rest


def three_digits(value: float) -> str:
    """A number to three digits, without powers of ten where people write none.

    Examples
    --------
    >>> three_digits(1276.04), three_digits(0.0066953), three_digits(2.0)
    ('1,280', '0.0067', '2')
    """
    return f"{float(f'{value:.3g}'):,.12g}"


def fit_caption(fit: Fit, check: Check, summary: pd.DataFrame) -> Caption:
    """Title, subtitle, notes and alt text of the figure of a fit."""
    rows, asked = check.rows(), fit.problem
    values = asked.likelihood.values  # of bounds the middle, as the interval is of the middle
    inside = int(((values >= rows.low) & (values <= rows.high)).sum())
    paths, told = asked.paths, fit.identified
    plural, verb = "" if len(paths) == 1 else "s", "is" if len(told) == 1 else "are"
    number = f"{len(told)} of {len(paths)} parameter{plural} {verb} told"
    some = f"; {number}" if told else "; no parameter is told"
    title = f"The fitted model makes data {'unlike' if check.p < STRANGE else 'like'} these{some}"
    worst = str(rows.residual.abs().idxmax())
    subtitle = (
        f"{inside} of {len(rows)} observations lie in their 90% predictive interval ({check.said}); "
        f"furthest off by {rows.residual[worst]:+.1f} sd: {worst}."
    )
    said = [
        f"{name} {three_digits(one.estimate)} ({three_digits(one.low)} to {three_digits(one.high)}), "
        f"{one.verdict}"
        if one.estimate == one.estimate
        else f"{name} not identified, the prior is returned"
        for name, one in zip(summary.index, summary.itertuples(), strict=True)
    ]
    bounds = "; bars without a dot: bounds" if any(row.value is None for row in asked.observations) else ""
    told_of = zip(asked.observations, rows.itertuples(), strict=True)
    seen = [
        f"{row.thing} {_number(row)} ({three_digits(one.low)} to {three_digits(one.high)})"
        for row, one in told_of
    ]
    return _caption(
        fit,
        title,
        subtitle,
        f"Dots: observations, whiskers: 90% of their own error{bounds}. Darker band: 90% of what the fit "
        "expects; lighter: 90% of the data it would make. Parameters in standard deviations of their priors. "
        "A fit shows that the model can make these data, not that it is right.",
        f"Observed, with the 90% predictive interval: {'; '.join(seen)}. Parameters: {'; '.join(said)}.",
    )


def _number(row: Observation) -> str:
    """What was observed, or the bounds between which it lies."""
    low, high = (three_digits(end) for end in row.ends)
    return low if row.value is not None else f"between {low} and {high}"


def profile_caption(fit: Fit, found: Profile) -> Caption:
    """The words of a profile; of a parameter that the data do not tell they give no number."""
    name, estimates = found.name, fit.summary().estimate
    told = estimates[name] == estimates[name]
    least, best, most = (three_digits(one) for one in (found.low, found.estimate, found.high))
    number = f"{best}, {found.level:.0%} interval {least} to {most}"
    ends = f"crosses the line of the {found.level:.0%} interval at {found.low:.4g} and {found.high:.4g}"
    title = (
        f"{short_name(name)} is {number}"
        if told
        else f"{short_name(name)} is not told by these data: the prior is returned"
    )
    return _caption(
        fit,
        title,
        "How the best fit gets worse as this parameter moves and the others follow"
        + ("." if told else ": hardly faster than the prior does alone."),
        "The interval lies where the curve is below the dashed line (Wilks 1938, penalised by the priors). "
        "Dotted: the prior alone.",
        f"Profile of {name}, a curve with its lowest point at {found.estimate:.4g} that {ends}.",
    )


def pair_caption(fit: Fit, one: str, other: str, correlation: float) -> Caption:
    """The words of a pair of parameters."""
    strong = "can hardly be told apart" if abs(correlation) > 0.8 else "are told apart"
    return _caption(
        fit,
        f"{short_name(one)} and {short_name(other)} {strong} by these data: correlation {correlation:+.2f}",
        "The two parameters that are correlated most; dots: draws from the posterior.",
        "Dashed: 90% of the prior. Along a narrow slanted cloud one parameter makes up for the other.",
        f"Scatter of {one} and {other}: {'a rising' if correlation > 0 else 'a falling'} cloud, correlation "
        f"{correlation:+.2f}.",
    )


def _caption(fit: Fit, title: str, subtitle: str, note: str, alt: str) -> Caption:
    scenario = fit.problem.scenario
    return Caption(
        title=title,
        subtitle=subtitle,
        notes=(note, scenario_line(scenario, fit.method, f"seed {fit.seed}")),
        alt=f"{title}. {subtitle} {alt} {note}",
        source=scenario_source(scenario, seed=fit.seed, method=fit.method),
    )
