"""ANOM after the end of Sky ECC: what it gained, in a fit to users of which only bounds are known."""

from __future__ import annotations

from datetime import date

import balloon as bl
from balloon.calibrate.derived import Interval

FREE = ["behaviour.rechoice_rate", "behaviour.peer_influence", "platforms.ANOM.asc"]


def fitted(starts: int = 3) -> bl.Fit:
    """Fit users of EncroChat, Sky ECC (bounds, not a number) and ANOM, one closed after the other."""
    name = "encrypted-phones-2020"
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=FREE, starts=starts, seed=1)


def gain_of_anom(fit: bl.Fit) -> dict[str, Interval]:
    """What ANOM gained from 1 March to 31 May 2021, of Sky ECC's users before; sources: 3.5 to 8.6 %."""
    scenario = fit.problem.scenario
    first, last = ((day - scenario.start).days // 7 for day in (date(2021, 3, 1), date(2021, 5, 31)))
    sky, anom = (scenario.platforms.index(name) for name in ("Sky ECC", "ANOM"))
    untouched = scenario.without("Sky ECC")

    def gained(run):
        return (run.active[:, last, anom] - run.active[:, first, anom]) / run.active[:, first, sky]

    def through_the_closure(run, calm):
        return (run.active[:, last, anom] - calm.active[:, last, anom]) / run.active[:, first, sky]

    return {
        "gain of ANOM, share of Sky ECC's users": fit.derived(gained, n=100),
        "of it because Sky ECC closed": fit.derived(through_the_closure, scenario, untouched, n=100),
    }


def main() -> None:
    """Print the gain, and how much of it is due to the closure."""
    print(*(f"{what}: {one}" for what, one in gain_of_anom(fitted()).items()), sep="\n")


if __name__ == "__main__":
    main()
