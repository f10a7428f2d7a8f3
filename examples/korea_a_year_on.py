"""Korea a year after the last observation: a forecast that is that of the assumptions, and says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import balloon as bl

FREE = ["behaviour.switching_cost", "behaviour.learning_rate", "platforms.Telegram.requests"]


def fitted(starts: int = 2) -> bl.Fit:
    """Fit disclosures by quarter, the share answered and persons arrested."""
    name = "telegram-korea-2024"
    return bl.calibrate(bl.load(name), bl.read_observations(name), free=FREE, starts=starts, seed=1)


def a_year_on(fit: bl.Fit, replicates: int = 200) -> pd.DataFrame:
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


def main(replicates: int = 200) -> None:
    """Print the forecast."""
    fit = fitted()
    print(f"Identified of behaviour: {', '.join(fit.identified) or 'nothing'}. The assumptions run forward:")
    print(a_year_on(fit, replicates).round(3).to_string())


if __name__ == "__main__":
    main()
