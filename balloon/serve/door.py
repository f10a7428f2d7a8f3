"""The one door to Panel."""

from __future__ import annotations

from typing import Any

from balloon.errors import DataError


def panel() -> Any:
    """The library, set so that a page asks for nothing but what this machine serves.

    Panel's own ``inline`` resources still load the style of every widget from its content network
    (seen with 1.9), and so does ``cdn``; ``server`` alone loads all of it from the address of the page.
    Whatever the environment says, this is what is used.

    Raises
    ------
    DataError
        It is not there.
    """
    try:
        import panel as pn
        from bokeh.settings import settings
    except ImportError as error:
        raise DataError(
            f"the served page needs Panel, which cannot be loaded ({error}); install balloon-effect[dash], "
            "or use 'balloon explore' and 'balloon brief', which write pages without a server"
        ) from error
    settings.resources = "server"
    settings.log_level = "warn"
    return pn
