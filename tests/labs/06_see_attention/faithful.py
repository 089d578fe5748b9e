# ruff: noqa
"""Answers to `faithful`: mistakes that learners make, and right answers written otherwise."""


# %% right: topk and masks, lists of numbers
def cover_top(ids, free, scores, mask_id, share):
    k = max(1, round(share * int(free.sum())))
    top = scores.masked_fill(~free, -torch.inf).topk(k).indices
    chosen = torch.zeros(len(ids), dtype=torch.bool)
    chosen[top] = True
    return ids.masked_fill(chosen, mask_id), ids.masked_fill(free & ~chosen, mask_id)


def two_falls(whole, without, only):
    S = len(without)
    return sum(whole - s for s in without.tolist()) / S, sum(whole - s for s in only.tolist()) / S


# %% right: sorted places, tensors as results
def cover_top(ids, free, scores, mask_id, share):
    places = sorted((i for i in range(len(ids)) if free[i]), key=lambda i: scores[i], reverse=True)
    k = max(round(share * len(places)), 1)
    texts = []
    for covered in (places[:k], places[k:]):
        text = ids.tolist()
        for place in covered:
            text[place] = mask_id
        texts.append(torch.tensor(text))
    return tuple(texts)


def two_falls(whole, without, only):
    return (whole - without).mean(), (whole - only).mean()


# %% wrong: takes the smallest numbers | loses: without_the_top_tokens, with_the_top_tokens_only, the_number_is_a_rounded_share_of_the_free_tokens, the_true_reason_is_comprehensive_and_sufficient, it_holds_for_any_text | hint: faithful.lowest
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort()]
    k = max(1, round(share * len(places)))
    return ids.index_fill(0, order[:k], mask_id), ids.index_fill(0, order[k:], mask_id)


# %% wrong: goes by the size without the sign | loses: without_the_top_tokens, with_the_top_tokens_only, the_number_is_a_rounded_share_of_the_free_tokens, it_holds_for_any_text | hint: faithful.absolute
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].abs().argsort(descending=True)]
    k = max(1, round(share * len(places)))
    return ids.index_fill(0, order[:k], mask_id), ids.index_fill(0, order[k:], mask_id)


# %% wrong: returns `only` first | loses: without_the_top_tokens, with_the_top_tokens_only, the_number_is_a_rounded_share_of_the_free_tokens, the_true_reason_is_comprehensive_and_sufficient, it_holds_for_any_text | hint: faithful.swapped
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    k = max(1, round(share * len(places)))
    return ids.index_fill(0, order[k:], mask_id), ids.index_fill(0, order[:k], mask_id)


# %% wrong: [CLS] may be among the largest | loses: without_the_top_tokens, with_the_top_tokens_only, the_number_is_a_rounded_share_of_the_free_tokens, it_holds_for_any_text | hint: faithful.special
def cover_top(ids, free, scores, mask_id, share):
    order = scores.argsort(descending=True)
    k = max(1, round(share * int(free.sum())))
    only = ids.index_fill(0, order[k:], mask_id)
    return ids.index_fill(0, order[:k], mask_id), torch.where(free, only, ids)


# %% wrong: covers [CLS] and [SEP] in `only` | loses: with_the_top_tokens_only, it_holds_for_any_text | hint: faithful.special
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    k = max(1, round(share * len(places)))
    only = torch.full_like(ids, mask_id)
    only[order[:k]] = ids[order[:k]]
    return ids.index_fill(0, order[:k], mask_id), only


# %% wrong: the share of all tokens | loses: the_number_is_a_rounded_share_of_the_free_tokens, it_holds_for_any_text | hint: faithful.of_all
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    k = max(1, round(share * len(ids)))
    return ids.index_fill(0, order[:k], mask_id), ids.index_fill(0, order[k:], mask_id)


# %% wrong: covers nothing where the share is small | loses: the_number_is_a_rounded_share_of_the_free_tokens, the_true_reason_is_comprehensive_and_sufficient | hint: faithful.none
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    k = round(share * len(places))
    return ids.index_fill(0, order[:k], mask_id), ids.index_fill(0, order[k:], mask_id)


# %% wrong: cuts k off | loses: the_number_is_a_rounded_share_of_the_free_tokens, it_holds_for_any_text | hint: faithful.floor
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    k = max(1, int(share * len(places)))
    return ids.index_fill(0, order[:k], mask_id), ids.index_fill(0, order[k:], mask_id)


# %% wrong: one token whatever the share | loses: without_the_top_tokens, with_the_top_tokens_only, the_number_is_a_rounded_share_of_the_free_tokens, it_holds_for_any_text | hint: faithful.without
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    return ids.index_fill(0, order[:1], mask_id), ids.index_fill(0, order[1:], mask_id)


# %% wrong: `only` keeps one token more | loses: with_the_top_tokens_only, it_holds_for_any_text | hint: faithful.only
def cover_top(ids, free, scores, mask_id, share):
    places = free.nonzero()[:, 0]
    order = places[scores[places].argsort(descending=True)]
    k = max(1, round(share * len(places)))
    return ids.index_fill(0, order[:k], mask_id), ids.index_fill(0, order[k + 1 :], mask_id)


# %% wrong: the other scores minus the whole | loses: two_means_of_falls, the_true_reason_is_comprehensive_and_sufficient, it_holds_for_any_text | hint: faithful.sign
def two_falls(whole, without, only):
    return float(without.mean()) - whole, float(only.mean()) - whole


# %% wrong: sufficiency first | loses: two_means_of_falls, the_true_reason_is_comprehensive_and_sufficient, it_holds_for_any_text | hint: faithful.falls_swapped
def two_falls(whole, without, only):
    return whole - float(only.mean()), whole - float(without.mean())


# %% wrong: adds the shares up | loses: two_means_of_falls, the_true_reason_is_comprehensive_and_sufficient, it_holds_for_any_text | hint: faithful.sum
def two_falls(whole, without, only):
    return float((whole - without).sum()), float((whole - only).sum())


# %% wrong: the best share instead of the mean | loses: two_means_of_falls, it_holds_for_any_text | hint: faithful.falls
def two_falls(whole, without, only):
    return whole - float(without.min()), whole - float(only.max())


# %% wrong: one number | loses: two_means_of_falls, the_true_reason_is_comprehensive_and_sufficient, it_holds_for_any_text | says: must return 2 things
def two_falls(whole, without, only):
    return whole - float(without.mean())
