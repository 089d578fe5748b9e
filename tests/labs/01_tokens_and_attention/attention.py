# ruff: noqa
"""Answers to `attention`: mistakes that learners make, and right answers written otherwise."""


# %% right: einsum, and a very negative number
def attention(query, key, value, mask=None):
    scores = torch.einsum("...qd,...kd->...qk", query, key) * query.shape[-1] ** -0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
    weights = F.softmax(scores, -1)
    return torch.einsum("...qk,...kv->...qv", weights, value), weights


# %% right: adds a mask of minus infinity, writes out the softmax
def attention(query, key, value, mask=None):
    scores = torch.matmul(query / query.size(-1) ** 0.5, key.mT)
    if mask is not None:
        scores = scores + torch.zeros(mask.shape).masked_fill(mask.logical_not(), float("-inf"))
    scores = scores - scores.amax(-1, keepdim=True)
    weights = scores.exp() / scores.exp().sum(-1, keepdim=True)
    return [weights @ value, weights]


# %% wrong: forgets the division | loses: scores_become_weights_and_weights_an_average, where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | hint: attention.unscaled
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: divides by D | loses: scores_become_weights_and_weights_an_average, where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | hint: attention.by_d
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / query.size(-1)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: divides by the square root of the number of keys | loses: scores_become_weights_and_weights_an_average, where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | hint: attention.by_keys
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(key.size(-2))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: softmax over the queries | loses: * | hint: attention.axis
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    weights = scores.softmax(-2)
    return weights @ value, weights


# %% wrong: softmax over everything | loses: each_query_shares_out_its_attention, scores_become_weights_and_weights_an_average, where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | hint: attention.sum
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.flatten().softmax(0).view_as(scores)
    return weights @ value, weights


# %% wrong: no softmax | loses: * | hint: attention.no_softmax
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, 0.0)
    return scores @ value, scores


# %% wrong: masks after the softmax | loses: where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, large_scores_do_no_harm, it_holds_in_other_sizes | hint: attention.after
def attention(query, key, value, mask=None):
    weights = (query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))).softmax(-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return weights @ value, weights


# %% wrong: masks after the softmax and divides by the rest | loses: large_scores_do_no_harm | hint: attention.after
def attention(query, key, value, mask=None):
    weights = (query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))).softmax(-1)
    if mask is not None:
        weights = weights * mask
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-12)
    return weights @ value, weights


# %% wrong: masks after the softmax and divides 0 by 0 | loses: large_scores_do_no_harm | hint: attention.after
def attention(query, key, value, mask=None):
    weights = (query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))).softmax(-1)
    if mask is not None:
        weights = weights * mask
        weights = weights / weights.sum(-1, keepdim=True)
    return weights @ value, weights


# %% wrong: ignores the mask | loses: where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, large_scores_do_no_harm, it_holds_in_other_sizes | hint: attention.ignored
def attention(query, key, value, mask=None):
    weights = (query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))).softmax(-1)
    return weights @ value, weights


# %% wrong: turns the mask round | loses: where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, large_scores_do_no_harm, it_holds_in_other_sizes | hint: attention.inverted
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask, -1e9)
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: adds the mask itself | loses: where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, large_scores_do_no_harm, it_holds_in_other_sizes | hint: attention.added
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores + mask
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: multiplies the scores by the mask | loses: where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | hint: attention.times
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores * mask
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: writes out the softmax without care | loses: large_scores_do_no_harm | hint: attention.overflow
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.exp() / scores.exp().sum(-1, keepdim=True)
    return weights @ value, weights


# %% wrong: weights and context change places | loses: * | hint: attention.swapped
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights, weights @ value


# %% wrong: averages the keys | loses: scores_become_weights_and_weights_an_average, where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | hint: attention.context
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ key, weights


# %% wrong: distances instead of products | loses: scores_become_weights_and_weights_an_average, where_the_mask_is_false_nobody_looks, one_mask_serves_all_heads_and_queries, large_scores_do_no_harm, it_holds_in_other_sizes | hint: attention.value
def attention(query, key, value, mask=None):
    scores = -torch.cdist(query, key)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: divides by the square root of the length of a value | loses: it_holds_in_other_sizes | hint: attention.value
def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(value.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights


# %% wrong: returns the context alone | loses: * | says: must return 2 things
def attention(query, key, value, mask=None):
    return F.scaled_dot_product_attention(query, key, value, mask)


# %% wrong: forgets to transpose | loses: * | says: `attention` stopped with RuntimeError
def attention(query, key, value, mask=None):
    weights = (query @ key / math.sqrt(query.size(-1))).softmax(-1)
    return weights @ value, weights


# %% wrong: turns all axes round | loses: one_mask_serves_all_heads_and_queries, it_holds_in_other_sizes | says: `attention` stopped with
def attention(query, key, value, mask=None):
    scores = query @ key.t() / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(-1)
    return weights @ value, weights
