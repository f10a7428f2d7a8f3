"""Wish: what a page asks for, as a value; from texts to two worlds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balloon.errors import ScenarioError
from balloon.pairs import check_same_actors
from balloon.serve.bounds import check_size, read

if TYPE_CHECKING:
    from balloon.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One comparison.

    Examples
    --------
    >>> from balloon.presets import path
    >>> baseline, alternative = Wish(scenario=path("minimal").read_text("utf-8")).worlds()
    >>> baseline == alternative.without("Telegram")
    True
    """

    scenario: str
    """The text of a scenario file."""
    baseline: str | None = None
    """Another one; None: the same world without the interventions on the platform."""
    platform: str = ""
    """Whose interventions are left out, and whose loss is followed; by default the one it is about."""
    replicates: int = 50
    seed: int = 1
    ranges: bool = False
    """Whether each pair of runs draws the uncertain parameters."""

    def worlds(self) -> tuple[Scenario, Scenario]:
        """Baseline and alternative, checked as a whole: a run of them can begin.

        Raises
        ------
        ScenarioError
            With every problem of both texts, or why the two cannot be compared.
        """
        problems: list[str] = []
        read_: list[Scenario] = []
        texts = {"scenario": self.scenario, "compared with": self.baseline}
        for name, text in texts.items():
            if text is not None:
                try:
                    read_.append(read(text))
                except ScenarioError as error:
                    where = f"{name}: " if self.baseline is not None else ""
                    problems += [where + problem for problem in error.problems]
        if problems:
            raise ScenarioError(*problems)
        alternative = read_[0]
        platform = self.followed(alternative)
        if self.baseline is None:
            baseline = alternative.without(platform)
            if baseline == alternative:
                raise ScenarioError(
                    f"nothing is done on {platform!r} in {alternative.name!r}, so there is nothing to go "
                    "without; choose another platform, or compare with another scenario"
                )
        else:
            baseline = read_[1]
            check_same_actors((baseline, alternative), {})
        if self.ranges and not any(one.ranges() for one in (baseline, alternative)):
            raise ScenarioError(
                "no parameter has a range to draw from; hold the parameters, or give ranges in the text: "
                "{ value = ..., low = ..., high = ... }"
            )
        check_size((baseline, alternative), self.replicates)
        return baseline, alternative

    def followed(self, alternative: Scenario) -> str:
        """The platform.

        Raises
        ------
        ScenarioError
            It is not there.
        """
        platform = self.platform or alternative.squeezed
        if platform not in alternative.platforms:
            known = ", ".join(map(repr, alternative.platforms))
            raise ScenarioError(f"platform {platform!r} is not there; there are {known}")
        return platform
