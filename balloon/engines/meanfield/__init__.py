"""The expected dynamics of the same step: difference equations in the place of actors.

For every group, risk class, home and habit the expected number of actors is moved on in the order of
the step: policy, arrests, revision and choice on the state of the last step, replacement, learning. It is
exact in the limit of many actors on the complete graph, but for these:

- risk aversion is cut into classes (`world`);
- apps are independent of each other within group, class, home and habit (`choice`); so are seized data;
- contacts are averages: by group for communities and given ties, else of everybody (`others`); contacts
  met afresh are corrected for their number to second order, static ones are not;
- beliefs learn from expected arrests; an outreach is set off by expected shares, so what follows jumps
  where a share passes its threshold, and is not smooth in parameters there.

Arrays are indexed with the batch of parameter vectors first and lie in memory with the batch side by
side (`values.packed`), since numpy's loops are slow along short axes. What follows from the policy alone
is found once for all steps in which it stands (`season`).

Its errors and its speed are measured by ``python -m benchmarks.meanfield``.
"""

from balloon.engines.meanfield.caution import cautions
from balloon.engines.meanfield.columns import columns
from balloon.engines.meanfield.run import CLASSES, Expected, MeanField

__all__ = ["CLASSES", "Expected", "MeanField", "cautions", "columns"]
