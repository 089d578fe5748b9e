# ruff: noqa
"""Answers to `pieces`: mistakes that learners make, and right answers written otherwise."""


# %% right: with two counters
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    found, start = [], 0
    while start < len(word):
        end = len(word)
        piece = None
        while start < end:
            candidate = word[start:end]
            if start > 0:
                candidate = "##" + candidate
            if candidate in vocabulary:
                piece = candidate
                break
            end -= 1
        if piece is None:
            return ["[UNK]"]
        found.append(piece)
        start = end
    return found


# %% right: calls itself for the rest
def encode_word(word, vocabulary, mark=""):
    if len(word) > 100 and not mark:
        return ["[UNK]"]
    if not word:
        return []
    lengths = [n for n in range(1, len(word) + 1) if mark + word[:n] in vocabulary]
    if not lengths:
        return ["[UNK]"]
    rest = encode_word(word[max(lengths) :], vocabulary, "##")
    return ["[UNK]"] if "[UNK]" in rest else [mark + word[: max(lengths)], *rest]


# %% wrong: takes the shortest piece first | loses: a_known_word_is_one_piece, the_longest_piece_comes_first, other_vocabularies_cut_in_the_same_way | hint: pieces.shortest
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(start + 1, len(word) + 1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append(piece)
        start = end
    return pieces


# %% wrong: forgets the marks | loses: the_longest_piece_comes_first, very_long_words_are_unknown, other_vocabularies_cut_in_the_same_way | hint: pieces.unmarked
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            if word[start:end] in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append(word[start:end])
        start = end
    return pieces


# %% wrong: looks up without the marks, writes them afterwards | loses: the_longest_piece_comes_first, other_vocabularies_cut_in_the_same_way | hint: pieces.lookup
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            if word[start:end] in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append(("##" if start else "") + word[start:end])
        start = end
    return pieces


# %% wrong: marks the first piece, too | loses: a_known_word_is_one_piece, the_longest_piece_comes_first, very_long_words_are_unknown, other_vocabularies_cut_in_the_same_way | hint: pieces.unmarked
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            if "##" + word[start:end] in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append("##" + word[start:end])
        start = end
    return pieces


# %% wrong: begins at the end of the word | loses: the_longest_piece_comes_first, there_is_no_way_back, other_vocabularies_cut_in_the_same_way | hint: pieces.right_to_left
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, end = [], len(word)
    while end > 0:
        for start in range(end):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.insert(0, piece)
        end = start
    return pieces


# %% wrong: keeps the pieces before the unknown part | loses: an_unknown_part_makes_the_word_unknown, there_is_no_way_back, other_vocabularies_cut_in_the_same_way | hint: pieces.partial
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return [*pieces, "[UNK]"]
        pieces.append(piece)
        start = end
    return pieces


# %% wrong: skips letters without a piece | loses: an_unknown_part_makes_the_word_unknown, there_is_no_way_back, other_vocabularies_cut_in_the_same_way | hint: pieces.skipped
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                pieces.append(piece)
                start = end
                break
        else:
            start += 1
    return pieces


# %% wrong: stops at the unknown part and keeps the rest | loses: an_unknown_part_makes_the_word_unknown, there_is_no_way_back, other_vocabularies_cut_in_the_same_way | hint: pieces.skipped
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            break
        pieces.append(piece)
        start = end
    return pieces


# %% wrong: says nothing for an unknown word | loses: an_unknown_part_makes_the_word_unknown, there_is_no_way_back, other_vocabularies_cut_in_the_same_way | hint: pieces.unknown
def encode_word(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return []
        pieces.append(piece)
        start = end
    return pieces


# %% wrong: goes back and tries a shorter piece | loses: there_is_no_way_back, other_vocabularies_cut_in_the_same_way | hint: pieces.backtrack
def encode_word(word, vocabulary):
    def cut(rest, mark):
        if not rest:
            return []
        for end in range(len(rest), 0, -1):
            if mark + rest[:end] in vocabulary:
                more = cut(rest[end:], "##")
                if more is not None:
                    return [mark + rest[:end], *more]
        return None

    if len(word) > 100:
        return ["[UNK]"]
    return cut(word, "") or ["[UNK]"]


# %% wrong: forgets the limit | loses: very_long_words_are_unknown | hint: pieces.long
def encode_word(word, vocabulary):
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append(piece)
        start = end
    return pieces


# %% wrong: one letter too few | loses: very_long_words_are_unknown | hint: pieces.long
def encode_word(word, vocabulary):
    if len(word) >= 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append(piece)
        start = end
    return pieces


# %% wrong: never cuts a word | loses: the_longest_piece_comes_first, very_long_words_are_unknown, other_vocabularies_cut_in_the_same_way | hint: pieces.longest
def encode_word(word, vocabulary):
    return [word] if word in vocabulary else ["[UNK]"]


# %% wrong: cuts into letters | loses: a_known_word_is_one_piece, the_longest_piece_comes_first, very_long_words_are_unknown, other_vocabularies_cut_in_the_same_way | hint: pieces.whole
def encode_word(word, vocabulary):
    pieces = [word[0], *("##" + letter for letter in word[1:])]
    return pieces[:2] if all(piece in vocabulary for piece in pieces) else ["[UNK]"]


# %% wrong: gives numbers in a text | loses: * | hint: pieces.list
def encode_word(word, vocabulary):
    return word if word in vocabulary else "[UNK]"


# %% wrong: looks up every letter in the vocabulary | loses: * | says: `encode_word` stopped with KeyError
def encode_word(word, vocabulary):
    return [vocabulary[letter] for letter in word]
