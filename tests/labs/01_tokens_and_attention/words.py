# ruff: noqa
"""Answers to `words`: mistakes that learners make, and right answers written otherwise."""

# %% right: with a regular expression
import re


def split_words(text):
    text = unicodedata.normalize("NFD", text.lower())
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    marks = {c for c in text if c in string.punctuation or unicodedata.category(c)[0] == "P"}
    if not marks:
        return text.split()
    return re.sub("([" + re.escape("".join(marks)) + "])", r" \1 ", text).split()


# %% right: collects the words character by character
def split_words(text):
    words, word = [], ""
    for c in unicodedata.normalize("NFD", text.lower()) + " ":
        kind = unicodedata.category(c)
        if kind == "Mn":
            continue
        mark = kind.startswith("P") or (c.isascii() and not c.isalnum() and not c.isspace())
        if c.isspace() or mark:
            words += [word] if word else []
            words += [c] if mark else []
            word = ""
        else:
            word += c
    return words


# %% right: cuts at the marks first, as BERT's first tokenizer did
def is_mark(c):
    return unicodedata.category(c).startswith("P") or c in string.punctuation


def split_words(text):
    result = []
    for word in text.strip().split():
        word = unicodedata.normalize("NFD", word.lower())
        word = [c for c in word if unicodedata.category(c) != "Mn"]
        fresh, parts = True, []
        for c in word:
            if is_mark(c):
                parts.append([c])
                fresh = True
            else:
                if fresh:
                    parts.append([])
                fresh = False
                parts[-1].append(c)
        result.extend("".join(part) for part in parts)
    return result


# %% wrong: keeps upper case | loses: words_are_cut_at_white_space_in_lower_case, other_writing_is_cut_in_the_same_way | hint: words.case
def split_words(text):
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    spaced = (
        f" {c} " if c in string.punctuation or unicodedata.category(c).startswith("P") else c
        for c in text
    )
    return "".join(spaced).split()


# %% wrong: cuts at single spaces | loses: * | hint: words.empty
def split_words(text):
    return text.lower().split(" ")


# %% wrong: cuts at each white space and keeps the empty strings | loses: words_are_cut_at_white_space_in_lower_case, a_mark_is_a_word, all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.split
def split_words(text):
    spaced = "".join(
        f" {c} " if c in string.punctuation or unicodedata.category(c).startswith("P") else c
        for c in unicodedata.normalize("NFD", text.lower())
        if unicodedata.category(c) != "Mn"
    )
    for space in "\n\t":
        spaced = spaced.replace(space, " ")
    return spaced.split(" ")


# %% wrong: white space only | loses: a_mark_is_a_word, all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.glued
def split_words(text):
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in apart if unicodedata.category(c) != "Mn").split()


# %% wrong: throws the marks away | loses: a_mark_is_a_word, all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.dropped
import re


def split_words(text):
    apart = unicodedata.normalize("NFD", text.lower())
    return re.findall(r"\w+", "".join(c for c in apart if unicodedata.category(c) != "Mn"))


# %% wrong: leaves the apostrophe in its word | loses: a_mark_is_a_word, other_writing_is_cut_in_the_same_way | hint: words.inside
import re


def split_words(text):
    apart = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return re.findall(r"[a-z0-9']+|[^\w\s]|_", plain)


# %% wrong: several marks in a row are one word | loses: a_mark_is_a_word, all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.run
import re


def split_words(text):
    apart = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return re.findall(r"\w+|[^\w\s]+", plain)


# %% wrong: the pattern that everybody writes first, with the underscore as a letter | loses: all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.underscore
import re


def split_words(text):
    apart = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return re.findall(r"\w+|[^\w\s]", plain)


# %% wrong: Unicode punctuation only | loses: all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.symbols
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(c)
        spaced += f" {c} " if kind.startswith("P") else "" if kind == "Mn" else c
    return spaced.split()


# %% wrong: ASCII marks only | loses: other_writing_is_cut_in_the_same_way | hint: words.marks
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFD", text.lower()):
        if unicodedata.category(c) != "Mn":
            spaced += f" {c} " if c in string.punctuation else c
    return spaced.split()


# %% wrong: only the usual marks | loses: a_mark_is_a_word, all_ascii_signs_are_marks, other_writing_is_cut_in_the_same_way | hint: words.marks
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFD", text.lower()):
        if unicodedata.category(c) != "Mn":
            spaced += f" {c} " if c in ".,;:!?'\"" else c
    return spaced.split()


# %% wrong: everything that is no letter and no digit | loses: other_writing_is_cut_in_the_same_way | hint: words.letters
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFD", text.lower()):
        if unicodedata.category(c) != "Mn":
            spaced += c if c.isalnum() or c.isspace() else f" {c} "
    return spaced.split()


# %% wrong: keeps the accents | loses: accents_are_taken_away, other_writing_is_cut_in_the_same_way | hint: words.accents
def split_words(text):
    spaced = ""
    for c in text.lower():
        mark = c in string.punctuation or unicodedata.category(c).startswith("P")
        spaced += f" {c} " if mark else c
    return spaced.split()


# %% wrong: takes the accents apart and leaves them in | loses: accents_are_taken_away, other_writing_is_cut_in_the_same_way | hint: words.accents
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFD", text.lower()):
        mark = c in string.punctuation or unicodedata.category(c).startswith("P")
        spaced += f" {c} " if mark else c
    return spaced.split()


# %% wrong: throws away what is not ASCII | loses: accents_are_taken_away, other_writing_is_cut_in_the_same_way | hint: words.accents_gone
def split_words(text):
    plain = text.lower().encode("ascii", "ignore").decode()
    return "".join(f" {c} " if c in string.punctuation else c for c in plain).split()


# %% wrong: the compatible form | loses: other_writing_is_cut_in_the_same_way | hint: words.compatible
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFKD", text.lower()):
        kind = unicodedata.category(c)
        mark = c in string.punctuation or kind.startswith("P")
        spaced += f" {c} " if mark else "" if kind == "Mn" else c
    return spaced.split()


# %% wrong: folds the case, which does more than lower case | loses: other_writing_is_cut_in_the_same_way | hint: words.folded
def split_words(text):
    spaced = ""
    for c in unicodedata.normalize("NFD", text.casefold()):
        kind = unicodedata.category(c)
        mark = c in string.punctuation or kind.startswith("P")
        spaced += f" {c} " if mark else "" if kind == "Mn" else c
    return spaced.split()


# %% wrong: gives a text instead of a list | loses: * | hint: words.list
def split_words(text):
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in apart if unicodedata.category(c) != "Mn")


# %% wrong: forgets to return | loses: * | hint: words.list
def split_words(text):
    words = text.lower().split()


# %% wrong: calls a method that is not there | loses: * | says: `split_words` stopped with AttributeError
def split_words(text):
    return text.lower().words()
