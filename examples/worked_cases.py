"""Fits of the cases that ship: what the published figures tell of the model, and where it fails."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import balloon as bl
from balloon.calibrate.abm import fit_abm


class Case(NamedTuple):
    """What is fitted to the observations of a preset."""

    what: str
    free: tuple[str, ...]
    starts: int = 3

    def fit(self, name: str) -> bl.Fit:
        """Fit the preset of this name."""
        observed = bl.read_observations(name)
        return bl.calibrate(bl.load(name), observed, free=list(self.free), starts=self.starts, seed=1)


APPS = ("behaviour.trial", "behaviour.uninstall_probability")
TELEGRAM = "interventions.platform_change:Telegram:2014-09-18.asc"
SIGNAL = "interventions.platform_change:Signal:2021-01-07.asc"
KOREA = ("behaviour.switching_cost", "behaviour.learning_rate", "platforms.Telegram.requests")
MARKETS = ("behaviour.switching_cost", "behaviour.peer_influence")
TELEPHONES = ("behaviour.rechoice_rate", "behaviour.peer_influence", "platforms.ANOM.asc")

CASES = {
    "kakaotalk-exile-2014": Case("KakaoTalk to Telegram and back, by week", (*APPS, TELEGRAM)),
    "whatsapp-policy-2021": Case("installs of Signal by month; who used what later", (*APPS, SIGNAL)),
    "telegram-korea-2024": Case("disclosures by quarter, answers, persons arrested", KOREA, starts=2),
    "darknet-markets-2017": Case("where migrants went after AlphaBay", MARKETS, starts=1),
    "encrypted-phones-2020": Case("users of EncroChat, Sky ECC (bounds) and ANOM", TELEPHONES),
}


def main() -> None:
    """Fit the cases and print what came of each."""
    for name, case in CASES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bl.BalloonWarning)
            fit = case.fit(name)
        beside = fit.check_abm(replicates=4)
        print(f"\n{name}: {case.what}", fit.summary().round(4).to_string(), fit.identifiability(), sep="\n")
        print(fit.check(), fit.check().rows().round(3).to_string(), beside, sep="\n")
        if beside.verdict == "refuse":
            own = fit_abm(fit)
            print("\nThe actors themselves", own.summary().round(4).to_string(), sep="\n")
            print(own.check(), own.check().rows().round(3).to_string(), sep="\n")


if __name__ == "__main__":
    main()
