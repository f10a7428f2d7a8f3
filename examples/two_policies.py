"""Two policies against the world as it is: the same actors, the same luck, three worlds.

Signal is made to answer, or the police follow the crowd. Run it with ``python examples/two_policies.py``.
"""

from datetime import date

import balloon as bl


def policies(actors=1000):
    """The world as it is, and two in which something is added to it; all numbers added are assumptions."""
    pressed = {"platforms.Signal.requests": 0.02, "platforms.Viber.requests": 0.02}
    usual = bl.load("minimal").with_({"population.actors": actors, **pressed})
    answers = bl.Cooperation(platform="Signal", start=date(2024, 12, 2), value=0.9)
    follow = bl.Outreach(
        platforms=("Signal", "Viber"), start=date(2024, 12, 2), threshold=0.12, value=0.9, delay_weeks=8
    )
    return usual, *(
        usual.with_(name=name, interventions=(*usual.interventions, added))
        for name, added in (("Signal answers", answers), ("police follow the crowd", follow))
    )


def main(actors=1000, replicates=20):
    """Print what each policy changed on Signal, and return the contrast."""
    effect = bl.contrast(*policies(actors), replicates=replicates, seed=1)
    for name in effect.names:
        print(f"\n{name}\n{effect.of(name).ledger('Signal')}")
    whole = bl.contrast(policies(actors)[2].without(), policies(actors)[2], replicates=replicates, seed=1)
    print(f"\nWhat each step contributes\n{whole.attribute(by='kind')}")
    return effect


if __name__ == "__main__":
    main()
