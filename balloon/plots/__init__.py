"""Figures: Axes in and Axes out, or one composed figure; matplotlib is imported here only."""

from balloon.plots.caption import alt_text
from balloon.plots.curves import migration_curves
from balloon.plots.flows import actor_flows
from balloon.plots.migration import Briefing, migration
from balloon.plots.saving import save_figure

__all__ = ["Briefing", "actor_flows", "alt_text", "migration", "migration_curves", "save_figure"]
