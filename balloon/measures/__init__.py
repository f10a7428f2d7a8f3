"""Numbers of the field, from counts of actors: one formula a function, with its reading and its source."""

from balloon.measures.concentration import concentration, out_of_sight
from balloon.measures.displacement import (
    DisplacementDifference,
    gross_effect,
    net_effect,
    success_measure,
    total_net_effect,
    weighted_displacement_difference,
    weighted_displacement_quotient,
)
from balloon.measures.flows import destination_mix, displacement_share, weighted_displacement
from balloon.measures.measure import Measure, Summary, table
from balloon.measures.survival import half_life

__all__ = [
    "DisplacementDifference",
    "Measure",
    "Summary",
    "concentration",
    "destination_mix",
    "displacement_share",
    "gross_effect",
    "half_life",
    "net_effect",
    "out_of_sight",
    "success_measure",
    "table",
    "total_net_effect",
    "weighted_displacement",
    "weighted_displacement_difference",
    "weighted_displacement_quotient",
]
