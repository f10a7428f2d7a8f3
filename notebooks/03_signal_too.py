# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What if Signal cooperated too?
#
# Telegram answers the Korean police. Suppose that Signal did so as well; or that the police try to win over whichever
# platform grows. Do they catch up with those who moved, or do they hit one mole while the next one rises?
#
# Nothing of the kind has happened: Korean police say that Signal is "not yet cooperating well" (S31), and what it holds
# identifies nobody (S123). So this is a question to the model, about a supposed world.

# %%
from datetime import date

import balloon as bl
from balloon.pages import explore

korea = bl.load("telegram-korea-2024").with_({"population.actors": 1000})

# %% [markdown]
# ## Two ways of going after Signal
#
# By decree: from April 2025 Signal answers as large a share of requests as Telegram does at first. Date and share are
# assumptions.

# %%
answers = bl.Cooperation(platform="Signal", start=date(2025, 4, 1), value=0.9, label="Signal answers too")
signal = korea.with_(name="signal-too", interventions=(*korea.interventions, answers))

# %% [markdown]
# Whack-a-mole: the police follow the crowd. The preset says of itself what it adds, and on which assumptions.

# %%
outreach = bl.load("telegram-korea-2024-outreach").with_({"population.actors": 1000})
follow = outreach.interventions[-1]
print(
    f"from {follow.start} any of {', '.join(follow.platforms)} with {follow.threshold:.1%} of the homes is approached; "
    f"{follow.delay_weeks:g} weeks later {follow.value:.0%} of requests are answered"
)

# %% [markdown]
# Both against the same world, in which Telegram alone answers; the same actors, the same luck, and the same draw of all
# that is uncertain:

# %%
effect = bl.contrast(korea, signal, outreach, replicates=60, seed=1, parameters="ranges")
for name in effect.names:
    print(effect.of(name).explain("Signal"), end="\n\n")

# %% [markdown]
# How much is there to be lost? The share of actors on Signal at the end where Telegram alone answers, over the draws:

# %%
there = effect.baseline.summary().query("time == time.max() and place == 'Signal'")
there[["place", "q05", "q50", "q95"]].round(3)

# %% [markdown]
# What becomes of those whom Signal loses. A mean far above its median is made by the few draws in which Signal is large.

# %%
print(effect.of("signal-too").ledger("Signal"))

# %% [markdown]
# ## Who is out of sight?
#
# The share of actors on platforms that answer less than half of the requests, at the end. It falls already because a
# platform that answers is no longer counted, whether anybody is arrested there or not.

# %%
for name in effect.names:
    measured = effect.of(name).measures("Signal").set_index("measure")
    for world, label in (("baseline", "Telegram alone answers"), ("alternative", name)):
        row = measured.loc[f"out of sight, {world}"]
        print(f"{label}: {row['median']:.0%} ({row['q05']:.0%} to {row['q95']:.0%})")

# %% [markdown]
# ## Which step did it?
#
# Everything together against a world in which nothing happened, and each kind of step's part in it: its mean
# contribution over all orders in which the steps could have been taken (Shapley 1953), in actors of a thousand.

# %%
whole = bl.contrast(outreach.without(), outreach, replicates=30, seed=1, parameters="ranges")
print(whole.attribute(by="kind"))

# %% [markdown]
# ## Does it depend on the share that Signal answers?
#
# Every combination of that share and of the cost of switching, all other numbers held at the values of the scenario:
# the median loss of Signal, in percent of all actors.

# %%
share, cost = "interventions.cooperation:Signal:2025-04-01.value", "behaviour.switching_cost"
grid = {share: (0.3, 0.6, 0.9), cost: (4, 5.5, 7)}
found = explore(signal, grid, without="Signal", platform="Signal", replicates=20, seed=1)
table = found.to_frame().assign(loss=lambda rows: 100 * rows["loss"])
table.pivot(index=cost, columns=share, values="loss").round(2)

# %% [markdown]
# `found.to_html("signal.html")` makes a page with sliders of it, with the range of each number.
#
# ## The answer

# %%
effect.of("signal-too").plot("Signal")

# %% [markdown]
# **Caveat.** An answer of Signal is supposed to lead to an arrest as often as one of Telegram. It holds two timestamps
# of an account (S123), so that an answer may lead to none: then the effect would be smaller than shown. That the police
# can win over three companies, and how soon, is supposed as well. How many offenders are on Signal is not published, and
# the ranges are wide because of it.
