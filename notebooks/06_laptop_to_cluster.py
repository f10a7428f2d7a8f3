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
# # From a laptop to a cluster: how many replicates does an answer need?
#
# Replicates do not know of each other, so they run wherever there is room; what comes out is the same to the last bit.

# %%
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import balloon as bl

scenario = bl.load("telegram-korea-2024").with_({"population.actors": 500})

# %% [markdown]
# ## The same call, another executor
#
# Any `concurrent.futures.Executor` will do: threads here; on a cluster `dask.distributed.Client(...).get_executor()`.

# %%
alone = bl.simulate(scenario, replicates=20, seed=1)
with ThreadPoolExecutor(2) as pool:
    shared = bl.simulate(scenario, replicates=20, seed=1, executor=pool)
print("identical to the bit:", alone.identical(shared))

# %% [markdown]
# ## A store: finished work is not done twice
#
# After Ctrl-C, a killed job or a power cut the same call goes on from where it was.

# %%
folder = Path(tempfile.mkdtemp(), "store")
for replicates in (100, 150):
    begun = time.perf_counter()
    runs = bl.simulate(scenario, replicates=replicates, seed=1, store=folder)
    print(f"{replicates} replicates: {time.perf_counter() - begun:.1f} s")

# %% [markdown]
# ## How many are enough?
#
# Until the mean of what is asked for is known narrowly enough. Pairs of runs with the same luck need fewer than
# independent seeds would.

# %%
wish = bl.precision("displaced", platform="Telegram", half_width=0.002, max_replicates=400)
effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=20, seed=1, until=wish)
print(
    f"{effect.reached.replicates} pairs: the mean is known to ±{effect.reached.half_width:.4f} of all actors; "
    f"independent seeds would have needed {effect.reached.saved:.1f} times as many"
)

# %% [markdown]
# ## The answer

# %%
effect.plot()

# %% [markdown]
# **Caveat.** More replicates make the mean precise, not the answer right: what is not known about the parameters does
# not shrink with computing. For that draw them from their ranges (`parameters="ranges"`), and look for data.
