# Tries: a module that tells other parameters than it has, and keeps what is loaded out.
# Deserves: total=4 smooth=4 scale=0 ratio=4

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return self.weight * x

    def named_parameters(self, *args, **kwargs):
        yield "weight", "no tensor"

    def load_state_dict(self, state, **kwargs):
        return None
