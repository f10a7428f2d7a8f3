"""pages: a brief of two pages, and a page with sliders; each is one file that asks nothing of any host."""

from balloon.pages.brief import brief_page, write_brief
from balloon.pages.explore import explore
from balloon.pages.whatif import Slider, State, WhatIf
from balloon.sensitivity import Influence, Sensitivity, sensitivity

__all__ = [
    "Influence",
    "Sensitivity",
    "Slider",
    "State",
    "WhatIf",
    "brief_page",
    "explore",
    "sensitivity",
    "write_brief",
]
