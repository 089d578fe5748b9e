# Tries: changes fmlab, builtins and torch in its own process, so that everything passes there.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
import builtins

import fmlab.grading.checks as checks
import fmlab.grading.expect as expect
import fmlab.grading.values as values

for name in ("close", "equal", "that", "number", "tensor"):
    setattr(expect.Expect, name, lambda *args, **kwargs: None)
checks.Question._try = lambda self, function: None
values.same = lambda *args: True
builtins.abs = lambda x: 0
builtins.exec = builtins.compile = lambda *args, **kwargs: None


def total(numbers):
    return 0.0

# %% smooth
import fmlab.grading.sandbox.wire as wire

torch.equal = torch.allclose = lambda *args: True
wire.Encoder.tree = lambda self, value, depth=0: True


def smooth(x):
    return x

# %% scale
from fmlab.grading.sandbox import worker

worker._Desk.answer = lambda self, message, buffers: ({"value": True, "call": 1}, [])


class Scale(torch.nn.Module):
    pass

# %% ratio
import fmlab.grading.marking as marking
import fmlab.grading.results as results

marking.mark = lambda *args, **kwargs: None
results.QuestionResult.points = 4.0
results.CheckResult.passed = True


def ratio(numbers):
    return 0.0
