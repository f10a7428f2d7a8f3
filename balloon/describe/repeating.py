"""How a result of the scenario can be made again: seeds, addresses, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from balloon._version import __version__
from balloon.describe.blocks import Block, Heading, Items, Listing, Paragraph, Table, Term, listed
from balloon.describe.sourcetext import purposes
from balloon.simulate import STRATA, versions

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario

SPREAD = {
    "fixed": "the scenario's values in every replicate: ranges of results show luck alone",
    "ranges": "each replicate has its own draw of the uncertain parameters",
    "given": "values were given for each replicate",
}


def repeating(scenario: Scenario, runs: Runs | None) -> Iterator[Block]:
    """Seeds, addresses, versions, fingerprint."""
    yield Heading(2, "6 Seeds, addresses and versions")
    yield Items(
        (
            (
                "Every random number is a pure function of (seed, replicate, step, slot, purpose, item), "
                "by Philox4x32-10 (Salmon et al. 2011). No generator is seeded, passed or advanced."
            ),
            (
                f"Purposes: {listed(purposes())}. Steps count from 1, recruitment is step 0; item 0 of a "
                "shock is dormancy, item 1 + q platform q in the scenario's order."
            ),
            (
                "A choice has one Gumbel shock for each actor, step and option, so that a policy that "
                "makes one platform worse cannot move actors between two others by reshuffled luck."
            ),
            (
                "Uncertain parameters are drawn by (seed, replicate, path), uniform in their range, "
                f"stratified in Latin hypercubes of {STRATA} replicates (McKay, Beckman & Conover 1979)."
            ),
            f"Fingerprint of the scenario (sha256 of its canonical JSON): {scenario.sha256}",
        )
    )
    if runs is None:
        yield Paragraph(
            "No run is described here; this repeats one, with the seed S and the R replicates it states:"
        )
        yield Listing("runs = balloon.simulate(scenario, replicates=R, seed=S)")
        made, libraries = __version__, versions()
    else:
        origin = runs.provenance
        made, libraries = origin.balloon, origin.versions
        yield Paragraph(
            f"The run described: seed {origin.seed}, {origin.replicates} replicates, of which "
            f"{len(runs.failures)} failed; engine {origin.engine}; parameters: "
            f"{SPREAD.get(origin.parameters, origin.parameters)}."
        )
    rows = tuple((Term(name), version) for name, version in {"balloon": made, **libraries}.items())
    yield Table("Versions" + (" of this machine" if runs is None else " that ran"), ("what", "version"), rows)
