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
# # Korea 2024: displaced, deterred or arrested?
#
# In October 2024 Telegram began to answer the Korean police; by June 2025 they speak of 95 % of requests and more
# (S30, S31). What became of those who used it for crime? Nobody has published that. This notebook asks what follows
# from what is known, and from stated assumptions about the rest.

# %%
import balloon as bl

scenario = bl.load("telegram-korea-2024").with_({"population.actors": 1000})
for one in scenario.interventions:
    print(one.start, one.kind, one.label, f"[{one.source}]")

# %% [markdown]
# The scenario says itself what it reproduces, and what it does not.

# %%
print(scenario.note)

# %% [markdown]
# ## The same actors, with the same luck, with and without the events
#
# Every pair of runs draws all uncertain numbers from their ranges, the same in both worlds.

# %%
effect = bl.contrast(
    scenario.without("Telegram"), scenario, replicates=60, seed=1, parameters="ranges"
)
print(effect.explain())

# %% [markdown]
# The ledger behind the sentence. It adds up in every single run.

# %%
print(effect.ledger("Telegram"))

# %% [markdown]
# What criminology measures:

# %%
effect.measures("Telegram")[["measure", "unit", "median", "q05", "q95", "reading"]]

# %% [markdown]
# ## The answer

# %%
effect.plot()

# %% [markdown]
# **Caveat.** Where offenders were before, and how much they fear arrest, is not published: start shares, risk
# aversions and costs are assumptions, and the ranges are wide because of them. The figure compares two worlds of the
# model; it does not say how many people moved in Korea. Arrests there rose with the law and with clearance as well.
