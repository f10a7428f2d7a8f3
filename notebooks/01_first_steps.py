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
# # First steps: how many leave Telegram when it answers the police?
#
# The smallest scenario that ships: three platforms, a thousand synthetic actors, and one intervention. Nothing in it
# is measured but the date and the share of requests that Telegram answers.

# %%
import balloon as bl

scenario = bl.load("minimal")
print(scenario.platforms, scenario.start, scenario.end)

# %% [markdown]
# Every number, where it is from, and how far it may be off. Most are assumptions; a number that is "not stated" is a
# default of the library.

# %%
scenario.evidence().query("source != 'not stated'")[["path", "value", "low", "high", "unit", "source"]]

# %% [markdown]
# Thirty runs, each with luck of its own, and the same luck once more without the intervention.

# %%
runs = bl.simulate(scenario, replicates=30, seed=1)
baseline = bl.simulate(scenario.without("Telegram"), replicates=30, seed=1)
runs.summary().query("time == time.max()").set_index("place")[["q05", "q50", "q95"]].round(3)

# %% [markdown]
# Where did those go who were on Telegram just before it answered?

# %%
runs.destinations("Telegram").set_index("place")[["q05", "q50", "q95"]].round(3)

# %% [markdown]
# ## The answer

# %%
runs.plot(baseline=baseline)

# %% [markdown]
# **Caveat.** The shares are those of an invented world. The figure shows what the model does with these numbers, not
# what happened anywhere; the ribbons show luck alone. The next notebook takes a real case, and draws what is not known.
