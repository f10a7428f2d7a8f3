"""Fits of the cases that ship: what the published figures tell of the model, and where it fails."""

from __future__ import annotations

import warnings

import balloon as bl
from balloon.calibrate import Fit

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


def main() -> None:
    """Fit the cases and print what came of each."""
    for case in (exile_of_2014, policy_of_2021, disclosures_to_korea, closures_of_2017):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bl.BalloonWarning)
            fit = case()
        print(f"\n{case.__doc__}", fit.summary().round(4).to_string(), fit.identifiability(), sep="\n")
        print(fit.check(), fit.check_abm(replicates=4), sep="\n")


if __name__ == "__main__":
    main()
