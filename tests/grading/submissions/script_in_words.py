# Tries: markup in the source, in names, in types and in messages, to run in a feedback page.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
# <script>document.title = "owned"</script>
class Error(Exception):
    pass


Error.__name__ = "<script>alert(1)</script>"


def total(numbers):
    raise Error("</pre><script>alert(2)</script><img src=x onerror=alert(3)>")

# %% smooth
def smooth(x):
    return type("<svg/onload=alert(4)>", (), {})()

# %% scale
class Scale(torch.nn.Module):
    def forward(self, x):
        return "<script>alert(5)</script>"

# %% ratio
def ratio(numbers):
    return {"<script>alert(6)</script>": 1}
