# ruff: noqa
"""Answers to `swap`: mistakes that learners make, and right answers written otherwise."""


# %% right: with a table of rules for each word
def swap_gender(sentence, pairs, owned):
    words = sentence.split() + [""]
    found = []
    for word, following in zip(words, words[1:]):
        rules = dict(pairs)
        rules["her"] = "his" if following in owned else "him"
        rules["his"] = "her" if following in owned else "hers"
        rules["him"], rules["hers"] = "her", "his"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% right: by regular expressions
def swap_gender(sentence, pairs, owned):
    import re

    after = "(?= (?:" + "|".join(map(re.escape, owned)) + r")(?: |$))"
    marked = re.sub(rf"(?<![^ ])her{after}", "HER_OWN", sentence)
    marked = re.sub(rf"(?<![^ ])his{after}", "HIS_OWN", marked)
    rules = {"HER_OWN": "his", "HIS_OWN": "her", "her": "him", "his": "hers", "him": "her"}
    rules |= {"hers": "his", **pairs}
    return " ".join(rules.get(word, word) for word in marked.split())


# %% wrong: one after the other | loses: * | hint: swap.back
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    for one, other in [*pairs.items(), ("her", "his"), ("his", "her")]:
        words = [other if word == one else word for word in words]
    return " ".join(words)


# %% wrong: women become men, and men stay | loses: * | hint: swap.one_way
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        if word == "her":
            word = "his" if owns else "him"
        elif word in ("she", "girl", "mara", "lena"):
            word = pairs[word]
        elif word == "hers":
            word = "his"
        elif word == "him":
            word = "her"
        found.append(word)
    return " ".join(found)


# %% wrong: the names stay | loses: pronouns_and_names_are_exchanged_together, her_has_two_counterparts, so_has_his, exchanged_twice_it_is_as_before, it_holds_for_any_sentence | hint: swap.names
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {"she": "he", "he": "she", "girl": "boy", "boy": "girl", "him": "her", "hers": "his"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["her"] = "his" if owns else "him"
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: letters inside words | loses: * | hint: swap.inside
def swap_gender(sentence, pairs, owned):
    for one, other in (("she", "§"), ("he", "she"), ("§", "he"), ("her", "his"), ("mara", "tom")):
        sentence = sentence.replace(one, other)
    return sentence


# %% wrong: her is his everywhere | loses: her_has_two_counterparts, it_holds_for_any_sentence | hint: swap.her_his
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "him": "her", "hers": "his", "her": "his"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: her is him everywhere | loses: her_has_two_counterparts, exchanged_twice_it_is_as_before, it_holds_for_any_sentence | hint: swap.her_him
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "him": "her", "hers": "his", "her": "him"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: his is her everywhere | loses: so_has_his, it_holds_for_any_sentence | hint: swap.his
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "him": "her", "hers": "his", "his": "her"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["her"] = "his" if owns else "him"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: him stays | loses: so_has_his, it_holds_for_any_sentence | hint: swap.him
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "hers": "his"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["her"] = "his" if owns else "him"
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: hers stays | loses: so_has_his, it_holds_for_any_sentence | hint: swap.hers
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "him": "her"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["her"] = "his" if owns else "him"
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: a last word counts as if it were followed | loses: so_has_his, it_holds_for_any_sentence | hint: swap.end
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "him": "her", "hers": "his"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 >= len(words) or words[i + 1] in owned
        rules["her"] = "his" if owns else "him"
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)


# %% wrong: looks beyond the last word | loses: so_has_his, it_holds_for_any_sentence | says: stopped with IndexError
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    found = []
    for i, word in enumerate(words):
        if word in ("her", "his"):
            owns = words[i + 1] in owned
            word = {"her": ("him", "his"), "his": ("hers", "her")}[word][owns]
        else:
            word = {**pairs, "him": "her", "hers": "his"}.get(word, word)
        found.append(word)
    return " ".join(found)


# %% wrong: returns a list of words | loses: * | hint: swap.text
def swap_gender(sentence, pairs, owned):
    return [pairs.get(word, word) for word in str(sentence).split()]


# %% wrong: names lose their capital place | loses: * | hint: swap.value
def swap_gender(sentence, pairs, owned):
    return " ".join(pairs.get(word, word) for word in sentence.split())[:-2]


# %% wrong: he becomes she and she becomes her | loses: pronouns_and_names_are_exchanged_together, exchanged_twice_it_is_as_before, other_words_stay, it_holds_for_any_sentence | hint: swap.twice
def swap_gender(sentence, pairs, owned):
    words = sentence.split()
    rules = {**pairs, "him": "her", "hers": "his", "he": "her"}
    found = []
    for i, word in enumerate(words):
        owns = i + 1 < len(words) and words[i + 1] in owned
        rules["her"] = "his" if owns else "him"
        rules["his"] = "her" if owns else "hers"
        found.append(rules.get(word, word))
    return " ".join(found)
