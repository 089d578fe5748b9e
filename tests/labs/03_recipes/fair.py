# ruff: noqa
"""Answers to `tokens_read` and `unequal`: mistakes of learners, and right answers otherwise."""


# %% right: with a loop
def tokens_read(run):
    found = 1
    for name in ("steps", "rows", "seq_len", "fill"):
        found *= run[name]
    return found


def unequal(one, other, switch):
    found = set()
    for name, value in one.items():
        if name in ("parameters", "seconds", "steps", "rows", "seq_len", "fill", switch):
            continue
        if other[name] != value:
            found.add(name)
    few, many = sorted([tokens_read(one), tokens_read(other)])
    if few < 0.99 * many:
        found |= {"tokens"}
    return found


# %% right: by what is left over
def tokens_read(run):
    return math.prod(run[name] for name in ("steps", "rows", "seq_len", "fill"))


def unequal(one, other, switch):
    left = dict(one.items() - other.items())
    for name in (switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"):
        left.pop(name, None)
    share = tokens_read(one) / tokens_read(other)
    return set(left) | ({"tokens"} if min(share, 1 / share) < 0.99 else set())


# %% wrong: padding counted | loses: tokens_are_counted_without_padding, a_fair_comparison_names_nothing, an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.padding
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: one step | loses: tokens_are_counted_without_padding, an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.one_step
def tokens_read(run):
    return run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: a sum in place of a product | loses: * | hint: fair.tokens
def tokens_read(run):
    return run["steps"] + run["rows"] + run["seq_len"] + run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: the switch is named | loses: a_fair_comparison_names_nothing, an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.switch
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {"parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: results are named | loses: a_fair_comparison_names_nothing, it_holds_for_other_runs | hint: fair.results
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: rows are named | loses: a_fair_comparison_names_nothing, an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.steps
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: not one token more | loses: a_fair_comparison_names_nothing, it_holds_for_other_runs | hint: fair.exact
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    return found | ({"tokens"} if tokens_read(one) != tokens_read(other) else set())


# %% wrong: tokens never compared | loses: an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.tokens_missed
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    return {name for name in one if name not in free and one[name] != other[name]}


# %% wrong: only where the other reads more | loses: an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.one_way
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = {name for name in one if name not in free and one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if b - a > 0.01 * max(a, b) else set())


# %% wrong: only the entries that were shown | loses: it_holds_for_other_runs | hint: fair.missed
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    names = {"text", "vocab_size", "mask_rate", "second_task", "learning_rate", "asked_rate"}
    names |= {"asked_seed", "seeds"}
    found = {name for name in names - {switch} if one[name] != other[name]}
    a, b = tokens_read(one), tokens_read(other)
    return found | ({"tokens"} if abs(a - b) > 0.01 * max(a, b) else set())


# %% wrong: one name too many | loses: a_fair_comparison_names_nothing, an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.value
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    return {name for name in one if name not in free}


# %% wrong: a list | loses: a_fair_comparison_names_nothing, an_unfair_one_is_found_out, it_holds_for_other_runs | hint: fair.form
def tokens_read(run):
    return run["steps"] * run["rows"] * run["seq_len"] * run["fill"]


def unequal(one, other, switch):
    free = {switch, "parameters", "seconds", "steps", "rows", "seq_len", "fill"}
    found = [name for name in one if name not in free and one[name] != other[name]]
    a, b = tokens_read(one), tokens_read(other)
    return found + (["tokens"] if abs(a - b) > 0.01 * max(a, b) else [])
