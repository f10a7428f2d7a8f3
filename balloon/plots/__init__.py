"""Figures: Axes in and Axes out, or one composed figure; matplotlib is imported here only."""

from balloon.plots.abm_check import abm_check_figure, abm_check_gaps
from balloon.plots.agreement import discrepancy_curves, discrepancy_figure
from balloon.plots.bifurcation import bifurcation_curves, rest_curves, tipping_figure
from balloon.plots.caption import alt_text
from balloon.plots.contrast import contrast_figure
from balloon.plots.curves import migration_curves
from balloon.plots.differences import difference_curves
from balloon.plots.fit import correlation_figure, fit_figure, profile_figure
from balloon.plots.flows import actor_flows
from balloon.plots.landscape import landscape_figure, landscape_map
from balloon.plots.migration import migration
from balloon.plots.multiples import group_curves, group_multiples, scenario_multiples
from balloon.plots.page import Briefing
from balloon.plots.risk import arrest_curves, belief_curves, risk_figure
from balloon.plots.saving import save_figure
from balloon.plots.tornado import tornado_bars, tornado_figure
from balloon.plots.waterfall import ledger_waterfall

__all__ = [
    "Briefing",
    "abm_check_figure",
    "abm_check_gaps",
    "actor_flows",
    "alt_text",
    "arrest_curves",
    "belief_curves",
    "bifurcation_curves",
    "contrast_figure",
    "correlation_figure",
    "difference_curves",
    "discrepancy_curves",
    "discrepancy_figure",
    "fit_figure",
    "group_curves",
    "group_multiples",
    "landscape_figure",
    "landscape_map",
    "ledger_waterfall",
    "migration",
    "migration_curves",
    "profile_figure",
    "rest_curves",
    "risk_figure",
    "save_figure",
    "scenario_multiples",
    "tipping_figure",
    "tornado_bars",
    "tornado_figure",
]
