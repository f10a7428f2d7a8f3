"""describe: the model on paper, written from the live scenario and the model's own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.describe.document import Document
from balloon.errors import DataError

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario

__all__ = ["Document", "describe"]

PROTOCOLS = ("odd", "stress")


def describe(scenario: Scenario, protocol: str = "odd", *, runs: Runs | None = None) -> Document:
    """Describe a scenario and the model that runs it, for a reviewer.

    Parameters
    ----------
    scenario : Scenario
    protocol : "odd" or "stress"
        "odd": an ODD+D document (Grimm et al. 2020; Müller et al. 2013) with every number, its range,
        source and pedigree, the rules by their source, seeds, versions and a STRESS checklist.
        "stress": the checklist alone (STRESS-ABS; Monks et al. 2019).
    runs : Runs, optional
        Runs of this scenario; their seed, replicates and versions are stated then.

    Returns
    -------
    Document
        With ``.markdown``, ``.html`` and ``.save(path)``.

    Raises
    ------
    DataError
        An unknown protocol, or runs of another scenario.

    Examples
    --------
    >>> import balloon as bl
    >>> document = describe(bl.load("minimal"))
    >>> "switching_cost" in document.markdown
    True
    """
    from balloon.describe.odd import odd, stress_alone

    if protocol not in PROTOCOLS:
        raise DataError(f"describe: there is no protocol {protocol!r}; there are 'odd' and 'stress'")
    if runs is not None and runs.provenance.sha256 != scenario.sha256:
        raise DataError(
            f"describe: the runs are of another scenario than {scenario.name!r} "
            f"({runs.provenance.sha256[:12]}, not {scenario.sha256[:12]}); pass runs.scenario, or leave "
            "runs out"
        )
    blocks = odd(scenario, runs) if protocol == "odd" else stress_alone(scenario, runs)
    return Document(tuple(blocks))
