"""From a scenario to what is handed to others: a brief, a page with sliders, the model on paper.

Run it with ``python examples/briefing.py``; it writes three pages into the current folder.
"""

from pathlib import Path

import balloon as bl
from balloon.pages import explore, sensitivity


def main(folder=".", actors=500, replicates=40):
    """Write the pages, say what carries the answer, and return the paths."""
    scenario = bl.load("telegram-korea-2024").with_({"population.actors": actors})
    baseline = scenario.without("Telegram")
    effect = bl.contrast(baseline, scenario, replicates=replicates, seed=1, parameters="ranges")
    print(effect.explain())
    found = sensitivity(effect)
    clear = [one.path for one in found.clear]
    print(f"Beyond luck the answer goes with: {', '.join(clear) or 'nothing, with so few runs'}.")

    brief = effect.brief(Path(folder, "brief.html"))  # .pdf with the extra "brief"
    vary = {"behaviour.switching_cost": (4, 5.5, 7), "behaviour.spillover": (0, 0.2, 0.5)}
    pages = explore(scenario, vary, replicates=replicates // 4, seed=1)
    what_if = pages.to_html(Path(folder, "what-if.html"))
    paper = Path(folder, "model.html")
    bl.describe(scenario, "odd", runs=effect.alternative).save(paper)
    for page in (brief, what_if, paper):
        print(f"{page}: {page.stat().st_size / 1000:.0f} kB")
    return brief, what_if, paper


if __name__ == "__main__":
    main()
