"""The theory: how actors see, judge and decide. Pure scalar functions, no state, no I/O."""

from balloon.behaviour.behaviour import Behaviour

__all__ = ["Behaviour"]
