"""balloon fit: parameters of a scenario from observations, with what the data do not tell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balloon._staging import Staging
from balloon.cli.terminal import A_SCENARIO, THE_SEED, CommandError, columns, say, whole_number, wrapped
from balloon.errors import BalloonError, DataError, FitError

if TYPE_CHECKING:
    from balloon.calibrate import Fit, Observations
    from balloon.scenario import Scenario

ACTORS = (
    "The actors themselves were fitted, by simulated moments; the luck of their world is in the intervals."
)
FILES = ("summary.csv", "fit.json", "fitted.toml", "fit.png", "fit.svg")


def add(commands: Any) -> None:
    """Declare the command."""
    fit = commands.add_parser(
        "fit",
        help="fit parameters of a scenario to observations",
        description="Fit parameters of a scenario to observations. Every estimate comes with an interval "
        "and a verdict; of a parameter that the data do not tell no number is given. Writes summary.csv, "
        "fit.json, fitted.toml, fit.png and fit.svg.",
        epilog="Example: balloon fit mine.toml cases.csv --free behaviour.trial",
    )
    fit.add_argument("scenario", metavar="SCENARIO", help=A_SCENARIO)
    fit.add_argument(
        "observations",
        metavar="OBSERVATIONS",
        help="a CSV file, or observations that ship, by the name of their preset",
    )
    fit.add_argument(
        "--free",
        metavar="PATH[=LOW:HIGH]",
        nargs="+",
        action="extend",
        required=True,
        help="parameters to fit, such as behaviour.switching_cost=3:8. LOW and HIGH hold the central 90%% "
        "of what is believed beforehand (default: the range in the scenario); 'balloon show' lists the "
        "paths",
    )
    fit.add_argument(
        "--starts",
        metavar="N",
        type=whole_number(1, 1000),
        default=4,
        help="from how many points the best fit is looked for (default: 4)",
    )
    fit.add_argument(
        "--seed", metavar="S", type=whole_number(0, 2**32 - 1), default=0, help=f"{THE_SEED} (default: 0)"
    )
    fit.add_argument(
        "--method",
        choices=("laplace", "mcmc"),
        default="laplace",
        help="how intervals are found: laplace, quick, to look; mcmc, slow, to report (default: laplace)",
    )
    fit.add_argument(
        "--actors",
        action="store_true",
        help="fit the actors themselves, where the mean field may not stand for them (slower)",
    )
    fit.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("out"), help="folder for the files (default: out)"
    )
    fit.set_defaults(command=command)


def command(arguments: argparse.Namespace, stagings: list[Staging]) -> None:
    """Fit, write the files, print the table and what the data do not tell."""
    from balloon.calibrate import read_observations
    from balloon.files import load

    free = wished(arguments.free)
    scenario, observations = load(arguments.scenario), read_observations(arguments.observations)
    staging = Staging(arguments.out, FILES)
    stagings.append(staging)
    staging.open()
    fit = _fitted(scenario, observations, free, arguments)
    refused, beside = (False, ACTORS) if arguments.actors else _beside_the_actors(fit)
    try:
        _write(fit, staging.folder, refused=refused)
        written = staging.publish()
    except (OSError, BalloonError) as error:
        raise CommandError(f"the fit went well, but its files could not be written: {error}") from error
    say(*table(fit, refused=refused), "", *doubts(fit, beside, refused=refused), "", "Written:")
    say(*(f"  {path}" for path in written))


def wished(texts: list[str]) -> list[str | tuple[str, tuple[float, float]]]:
    """Paths, with the ends of their priors where they are given.

    Raises
    ------
    DataError
        Ends that are no two numbers.

    Examples
    --------
    >>> wished(["behaviour.trial", "behaviour.switching_cost=3:8"])
    ['behaviour.trial', ('behaviour.switching_cost', (3.0, 8.0))]
    """
    found: list[str | tuple[str, tuple[float, float]]] = []
    for text in texts:
        path, equals, ends = text.partition("=")
        if not equals:
            found.append(path)
            continue
        try:
            low, high = (float(end) for end in ends.split(":"))
        except ValueError:
            raise DataError(f"--free {text}: {ends!r} are no two numbers; write {path}=LOW:HIGH") from None
        found.append((path, (low, high)))
    return found


def _fitted(
    scenario: Scenario, observations: Observations, free: list[Any], arguments: argparse.Namespace
) -> Fit:
    """The fit; bad input is refused before the search, and what the search says is a failure."""
    from balloon.calibrate.abm import fit_abm
    from balloon.calibrate.fit import sampled, settle
    from balloon.calibrate.problem import problem

    observations.check_informative()
    asked = problem(scenario, observations, free)
    try:
        fit = settle(asked, starts=arguments.starts, seed=arguments.seed)
        fit = sampled(fit) if arguments.method == "mcmc" else fit
        fit = fit_abm(fit, seed=arguments.seed) if arguments.actors else fit
    except FitError as error:
        raise CommandError(str(error)) from error
    if fit.mixing.startswith("NOT"):
        raise CommandError(
            "the draws of the posterior have not mixed, so there is no interval; take fewer "
            "free parameters or narrower priors"
        )
    if not fit.identified:
        raise CommandError(
            f"nothing is identified: these data do not tell {', '.join(asked.paths)}, the prior is returned; "
            "free fewer parameters, or observe more"
        )
    return fit


def table(fit: Fit, *, refused: bool) -> list[str]:
    """The summary, two lines a parameter: names may be longer than the room for them.

    Where the mean field may not stand for the actors its intervals are refused, and not shown.
    """
    rows = [("estimate", "90% interval", "method", "contraction", "verdict")]
    found = fit.summary()
    for one in found.itertuples():
        told = one.estimate == one.estimate
        rows.append(
            (
                f"{one.estimate:.4g}" if told else "-",
                "-" if not told else "refused" if refused else f"{one.low:.4g} to {one.high:.4g}",
                one.method.removesuffix(", actors"),  # what is said below; a line has room for 80 letters
                f"{one.contraction:.2f}",
                one.verdict if told else "not identified",
            )
        )
    head, *lines = columns(rows, right=(0, 3))
    both = (two for name, line in zip(found.index, lines, strict=True) for two in (name, f"  {line}"))
    return [f"  {head}", *both]


def doubts(fit: Fit, beside: str, *, refused: bool) -> list[str]:
    """In words: how well the model fits, and what the data do not tell."""
    from balloon.calibrate.identifiability import hardly

    found, checked = fit.identifiability(), fit.check()
    strange = [str(name) for name, row in checked.quantities().iterrows() if row.p < 0.05 and name != "all"]
    said = [
        f"Fit: the model does not make data like these ({checked.said})"
        f"{': ' + ', '.join(strange) if strange else ''}; its intervals hold only if it did."
        if checked.p < 0.05
        else f"Fit: the model makes data like these ({checked.said})."
    ]
    silent = [name for name in fit.problem.paths if name not in fit.identified]
    if silent:
        said.append(
            f"Not identified by these data, the prior is returned and there is no number to report: "
            f"{', '.join(silent)}."
        )
    said += [f"Exact null direction: {one}." for one in found.null]
    said += [f"{hardly(one).capitalize()}: {one}." for one in found.sloppy]
    said += [f"Moved, though hardly narrowed: {one}." for one in found.pulled]
    said.append(beside)
    if fit.draws is None and not refused:
        said.append(
            "Intervals: Laplace's, a quick look; their widths are right, their centres not always. To report "
            "them, run this again with --method mcmc."
        )
    return [line for one in said for line in wrapped(one)]


def _beside_the_actors(fit: Fit) -> tuple[bool, str]:
    """Whether the mean field, which was fitted, may not stand for the actors, and why."""
    from balloon.calibrate.discrepancy import REFUSE

    try:
        beside = fit.check_abm()
    except FitError as error:
        return False, f"The actors could not be set beside the mean field: {error}."
    said = str(beside).splitlines()[0]
    if beside.verdict == REFUSE:
        said = f"{said.partition('; fit the actors')[0]}; fit the actors themselves: --actors"
    return beside.verdict == REFUSE, f"Actors beside the mean field: {said}."


def _write(fit: Fit, folder: Path, *, refused: bool) -> None:
    from balloon.files import save
    from balloon.plots import save_figure
    from balloon.plots.fit import fit_figure

    summary = fit.summary()
    if refused:
        summary = summary.assign(low=float("nan"), high=float("nan"))
    summary.to_csv(folder / FILES[0], float_format="%.6g", lineterminator="\n")
    fit.save(folder / FILES[1])
    save(fit.scenario, folder / FILES[2])
    figure = fit_figure(fit)
    for name in FILES[3:]:
        save_figure(figure, folder / name)
