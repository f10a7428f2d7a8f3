"""How to make the numbers of a page again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from balloon.files import load
from balloon.presets import names

if TYPE_CHECKING:
    from balloon.runs import Provenance
    from balloon.scenario import Scenario


def command(
    scenarios: tuple[Scenario, Scenario],
    made: Provenance,
    *,
    platform: str,
    verb: str,
    out: str,
    vary: Sequence[str] = (),
) -> str:
    """What to type; a scenario that is no preset as it is stands as a file in capitals."""
    baseline, alternative = scenarios
    without = gone_without(baseline, alternative)
    if without:
        words = ["balloon", verb, given(alternative, "SCENARIO.toml"), "--without", without]
    else:
        words = ["balloon", verb, given(baseline, "BASELINE.toml"), given(alternative, "ALTERNATIVE.toml")]
    for one in vary:
        words += ["--vary", one]
    if platform != alternative.squeezed:
        words += ["--platform", platform]
    words += ["--replicates", str(made.replicates), "--seed", str(made.seed)]
    words += ["--parameters", "ranges" if made.parameters == "ranges" else "fixed"]
    engine = made.engine.partition(" ")[0]
    if engine != "arrays":
        words += ["--engine", engine]
    return shlex.join([*words, "--out", out])


def remarks(scenarios: tuple[Scenario, Scenario], made: Provenance) -> list[str]:
    """Why no command can repeat it, where none can."""
    said = []
    if made.parameters == "given":
        said.append("The parameters were given for each replicate in Python, which no command can repeat.")
    if "(" in made.engine or any(one.behaviour.own_rules for one in scenarios):
        said.append("Own actors or rules took part, which are Python code: no command can repeat them.")
    return said


def gone_without(baseline: Scenario, alternative: Scenario) -> str:
    """The platform whose interventions the baseline goes without, if that is all; else nothing."""
    candidates = [alternative.squeezed, *alternative.platforms]
    return next((name for name in candidates if alternative.without(name) == baseline), "")


def given(scenario: Scenario, otherwise: str) -> str:
    """What the command line calls a scenario: the name of a preset, if it is one unchanged."""
    known = scenario.name in names() and load(scenario.name).sha256 == scenario.sha256
    return scenario.name if known else otherwise


def origin(scenarios: tuple[Scenario, Scenario], made: Provenance) -> list[tuple[str, str]]:
    """Seed, fingerprints and versions, by name."""
    baseline, alternative = scenarios
    versions = [f"balloon {made.balloon}", *(f"{k} {v}" for k, v in sorted(made.versions.items()))]
    how = f"{made.replicates} pairs, seed {made.seed}, engine {made.engine}, parameters {made.parameters}"
    return [
        ("scenario", f"{alternative.name}, sha256 {alternative.sha256}"),
        ("baseline", f"{baseline.name}, sha256 {baseline.sha256}"),
        ("runs", how),
        ("versions", ", ".join(versions)),
    ]
