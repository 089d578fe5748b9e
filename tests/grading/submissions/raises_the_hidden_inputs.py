# Tries: tells what it is given in its errors, so that the feedback shows the hidden inputs.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
def total(numbers):
    raise ValueError(f"inputs {numbers}")

# %% smooth
def smooth(x):
    print("inputs", x)
    raise type(f"Inputs_{int(x[0])}", (Exception,), {})(f"inputs {x.tolist()}")

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        raise KeyError(f"inputs {x.tolist()}")

# %% ratio
def ratio(numbers):
    exec(compile(f"# {numbers}\nraise NotImplementedError('inputs {numbers}')", f"<{numbers}>", "exec"))
