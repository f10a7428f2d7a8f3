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
# # Fitting: what do the data tell, and what can they not say?
#
# A model with many numbers can be made to fit. That does not mean that the data know those numbers. This notebook fits
# two cases that ship: one in which weekly counts tell something of behaviour, and one in which a transparency report
# tells nothing of it.

# %%
import balloon as bl
from balloon.plots import profile_figure

# %% [markdown]
# ## Korea 2014: weekly users of two messengers
#
# After a plan to monitor KakaoTalk many tried Telegram, and most came back (S09). How many try an app at a revision, how
# many drop one: two numbers of behaviour, with the ranges of the preset as what is believed beforehand.

# %%
exile = bl.load("kakaotalk-exile-2014")
weekly = bl.read_observations("kakaotalk-exile-2014")
told = bl.calibrate(
    exile, weekly, free=["behaviour.trial", "behaviour.uninstall_probability"], starts=2, seed=1
)
told.summary()[["estimate", "low", "high", "contraction", "verdict"]].round(3)

# %% [markdown]
# Contraction is how much narrower the posterior is than what was believed beforehand: 0 where the data say nothing, near
# 1 where they say all. The last line is a scale: how many users of the panel an actor stands for.
#
# Does the model make data like these, and may its mean field, which was fitted, stand for the actors?

# %%
print(told.check())
print(told.check_abm(replicates=4))

# %% [markdown]
# A profile shows how the best fit gets worse as one number is moved and the others follow. In it counts what was
# believed beforehand; the data alone, without that, hold this number on both sides as well:

# %%
alone = told.profile("behaviour.trial", priors=False)
print(f"trial, by the data alone: 90 % interval {alone.low:.2f} to {alone.high:.2f}")
profile_figure(told, "behaviour.trial")

# %% [markdown]
# ## Korea 2024: users disclosed by quarter
#
# Telegram publishes on how many Korean users it gave data (S01), and the police say what share of requests it answers
# (S30, S31). Do these tell whether offenders stay (the switching cost), or how often the police ask?

# %%
korea = bl.load("telegram-korea-2024")
report = bl.read_observations("telegram-korea-2024").select("answered")
fit = bl.calibrate(
    korea, report, free=["behaviour.switching_cost", "platforms.Telegram.requests"], starts=1, seed=1
)
fit.summary()[["estimate", "low", "high", "contraction", "verdict"]].round(3)

# %% [markdown]
# Of what is not identified there is no estimate: printing one would print the prior. What is told apart, and what not:

# %%
print(fit.identifiability())

# %% [markdown]
# The fit has a best value nevertheless. How far others may be from it and fit nearly as well:

# %%
cost = fit.sample(1000)["behaviour.switching_cost"].quantile([0.05, 0.95]).to_list()
belief = fit.problem.priors["behaviour.switching_cost"].interval(0.9)
print(
    f"switching cost, 90 % of the posterior: {cost[0]:.1f} to {cost[1]:.1f}; "
    f"believed beforehand: {belief[0]:.1f} to {belief[1]:.1f}"
)

# %% [markdown]
# ## What would have to be collected?
#
# What one more wave of each kind of data would add, by the contraction it is expected to bring. Each wave is four weeks
# long, at the best of eight dates, with a sample of a thousand.

# %%
ranked = fit.suggest_data()
print(
    f"four more weeks of the same report are expected to narrow the two by {ranked.loc['answered', 'gain']:.2f} on "
    f"average; the best of all, {ranked.index[1]}, by {ranked['gain'].iloc[1]:.2f}"
)
ranked[["start", "end", "gain"]].round(2)

# %% [markdown]
# ## The answer

# %%
fit.plot()

# %% [markdown]
# **Caveat.** "Identified" means by these data and within this model. Where the model does not make data like those
# observed (the title says so), even an identified number, such as the scale, is one of a model that fails. The
# intervals are Laplace's, which are quick; report those of `method="mcmc"`. And the ranges that were believed beforehand
# were set by people who knew the figures.
