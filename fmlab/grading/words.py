"""The words of the checks, one table a language. Each entry is a whole line, never a piece.

The hints of a lab are not here: they stand in the lab's own cell, for the lab's author.
"""

import os

ENGLISH: dict[str, str] = {
    # how a question went
    "question": "Question `{name}`: {points:g} of {total:g} points.",
    "question_more": (
        "Question `{name}`: {points:g} of {total:g} points. Tests that you do not see here decide "
        "about {hidden:g} more."
    ),
    "passed": "  passed ({points:g})   {title}",
    "failed": "  not yet ({points:g})  {title}",
    "skipped": "  not tried ({points:g})  {title}",
    "expected": "      expected: {text}",
    "got": "      yours:    {text}",
    "likely": "      likely:   {text}",
    "likely_again": "      likely:   the same as above",
    # what is wrong with an answer, whatever the question
    "undefined": "`{name}` is not defined; run the cell with your answer, then this one",
    "unwritten": "`{name}` is not written yet; replace the lines below `# YOUR CODE HERE`",
    "not_a_function": "`{name}` must be a function; you gave it a value of type {type}",
    "not_a_module": (
        "`{name}` must make a module: write `class {name}(nn.Module):`, and call "
        "`super().__init__()` first in its `__init__`"
    ),
    "raised": "`{name}` stopped with {type}: {message}",
    "raised_at": "`{name}` stopped with {type}: {message} (your line {line}: {code})",
    "unusable": "the check cannot use your result ({type}: {message})",
    "cannot_pass": (
        "`{name}` gave a value of type {type}, which cannot be checked; give plain numbers, text, "
        "lists, dictionaries, arrays or tensors"
    ),
    "syntax": "the answer is not valid Python: line {line}: {message}",
    "too_nested": "nested too deeply",
    "ended_time": "`{name}` took too long and was stopped; is there an endless loop?",
    "ended_memory": "`{name}` took too much memory and was stopped",
    "ended_died": "`{name}` ended the whole process, so there is no result",
    "ended_protocol": "`{name}` interfered with the marking; its result does not count",
    "none": "{what} is None; does your function end with `return`?",
    "wrong_type": "{what} must be {wanted}",
    "wrong_shape": "{what} has the wrong shape",
    "wrong_dtype": "{what} has the wrong number type",
    "nan": "{what} holds NaN (not a number); look for 0 / 0, or for the logarithm of 0",
    "infinite": "{what} holds an infinite number; look for a division by 0 or the logarithm of 0",
    "wrong_parts": "your function must return {count} things, in this order: {names}",
    "wrong_keys": "{what} has the wrong keys",
    # how values are described
    "of_type": "{text}, of type {type}",
    "tensor": "a tensor of shape {shape}, {dtype}",
    "array": "an array of shape {shape}, {dtype}",
    "shape": "shape {shape}",
    "number": "a number",
    "about": "about {value}",
    "at": "{value} at position {index}",
    "at_of": "{value} at position {index} ({count} of {total} differ)",
    # the summary
    "summary": "Your points so far",
    "summary_row": "  {name:<14} {points:>5g} of {total:g}",
    "summary_open": "  {name:<14} {points:>5} of {total:g}   marked by your instructor",
    "summary_total": "  {name:<14} {points:>5g} of {total:g}",
    "total": "together",
    "left_unrun": "`{name}`: run its check",
    "left_check": "`{name}`: {title}",
    "left": "Left to do:",
    "nothing_left": "Nothing is left to do that can be checked here.",
    # open questions
    "rubric": "What your instructor looks for in `{name}`, {total:g} points",
    "rubric_row": "  ({points:g})  {criterion}",
    "criterion": "Looked for",
    "points": "Points",
    # which function goes on
    "uses_yours": "`{name}`: yours passed its checks and is used from here on.",
    "uses_ours": "`{name}`: the library's own is used from here on, until yours passes its checks.",
    "leaves_out": "`{name}`: left out from here on, until yours passes its checks.",
}

TABLES: dict[str, dict[str, str]] = {"en": ENGLISH}


def word(key: str, **values: object) -> str:
    """Return a line in the language of `FMLAB_LANG`, English where it has none."""
    table = TABLES.get(os.environ.get("FMLAB_LANG", "en"), ENGLISH)
    return table.get(key, ENGLISH[key]).format(**values)


def ended(kind: str, name: str) -> str:
    """Return the line on an answer whose process is dead, by the kind of its end."""
    keys = {
        "time": "ended_time",
        "memory": "ended_memory",
        "died": "ended_died",
        "protocol": "ended_protocol",
    }
    return word(keys[kind], name=name)
