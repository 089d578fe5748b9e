# Tries: objects that run a command when somebody unpickles them.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
import pickle


class Bomb:
    def __reduce__(self):
        return (exec, ("open('/tmp/hostile-was-here', 'w')",))


def total(numbers):
    return Bomb()

# %% smooth
import pickle


def smooth(x):
    return pickle.dumps(x)

# %% scale
class Scale(torch.nn.Module):
    def __reduce__(self):
        return (exec, ("open('/tmp/hostile-was-here', 'w')",))

    def state_dict(self, *args):
        return self

    def named_parameters(self, *args):
        return iter([("weight", self)])

# %% ratio
def ratio(numbers):
    return [Bomb()] if "Bomb" in globals() else print
