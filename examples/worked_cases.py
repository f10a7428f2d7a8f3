"""Fits of the cases that ship: what the published figures tell of the model, and where it fails."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

import balloon as bl
from balloon.calibrate import Fit
from balloon.calibrate.abm import fit_abm

TELEGRAM = "interventions.platform_change:Telegram:2014-09-18.asc"
SIGNAL = "interventions.platform_change:Signal:2021-01-07.asc"


def exile_of_2014(starts: int = 3) -> Fit:
    """KakaoTalk to Telegram and back: weekly users of one panel."""
    name = "kakaotalk-exile-2014"
    free = ["behaviour.trial", "behaviour.uninstall_probability", TELEGRAM]
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=free, starts=starts, seed=1)


def policy_of_2021(starts: int = 3) -> Fit:
    """Installs of Signal by month, and who used what in Germany half a year later."""
    name = "whatsapp-policy-2021"
    free = ["behaviour.trial", "behaviour.uninstall_probability", SIGNAL]
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=free, starts=starts, seed=1)


def disclosures_to_korea(starts: int = 2) -> Fit:
    """Users whose data Telegram gave to Korea by quarter, answers in percent, persons arrested."""
    name = "telegram-korea-2024"
    free = ["behaviour.switching_cost", "behaviour.learning_rate", "platforms.Telegram.requests"]
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=free, starts=starts, seed=1)


def closures_of_2017(starts: int = 1) -> Fit:
    """Where migrants went after AlphaBay, and how many more joined Dream."""
    name = "darknet-markets-2017"
    free = ["behaviour.switching_cost", "behaviour.peer_influence"]
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=free, starts=starts, seed=1)


def telephones_of_2021(starts: int = 3) -> Fit:
    """Users of EncroChat, Sky ECC (bounds, not a number) and ANOM, one closed after the other."""
    name = "encrypted-phones-2020"
    free = ["behaviour.rechoice_rate", "behaviour.peer_influence", "platforms.ANOM.asc"]
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=free, starts=starts, seed=1)


def gain_of_anom(fit: Fit) -> dict[str, object]:
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


def a_year_on(fit: Fit, replicates: int = 200) -> pd.DataFrame:
    """Where all actors are a year after the last observation: 5 %, median, 95 %, and what the data told.

    What was fitted is drawn from the posterior, all else from its range, and the actors run. contraction:
    1 - sd of a share over its sd with draws from the priors; about 0: the forecast is the assumptions'.
    """
    longer = fit.problem.scenario.with_({"steps": fit.problem.scenario.steps + 52})
    k = len(fit.names)
    prior = replace(fit, theta=np.zeros(k), spread=np.eye(k), draws=None)
    shares = {}
    for name, one in (("posterior", fit), ("prior", prior)):
        drawn = one.predict(longer, n=replicates, ranges=True)
        runs = bl.simulate(longer, replicates=replicates, seed=1, parameters=drawn)
        last = runs.data.actors.isel(time=-1)
        shares[name] = (last / last.sum("place")).to_pandas()
    table = shares["posterior"].quantile([0.05, 0.5, 0.95]).T.set_axis(["low", "median", "high"], axis=1)
    return table.assign(contraction=1.0 - shares["posterior"].std() / shares["prior"].std())


def main() -> None:
    """Fit the cases and print what came of each."""
    cases = (exile_of_2014, policy_of_2021, disclosures_to_korea, closures_of_2017, telephones_of_2021)
    for case in cases:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bl.BalloonWarning)
            fit = case()
        print(f"\n{case.__doc__}", fit.summary().round(4).to_string(), fit.identifiability(), sep="\n")
        beside = fit.check_abm(replicates=4)
        print(fit.check(), beside, sep="\n")
        if beside.verdict == "refuse":
            own = fit_abm(fit)
            print("\nThe actors themselves", own.summary().round(4).to_string(), own.check(), sep="\n")
        if case is disclosures_to_korea:
            print("\nA year on: the assumptions run forward, nothing of behaviour is identified")
            print(a_year_on(fit).round(3).to_string())
        if case is telephones_of_2021:
            print(*(f"{name}: {one}" for name, one in gain_of_anom(fit).items()), sep="\n")


if __name__ == "__main__":
    main()
