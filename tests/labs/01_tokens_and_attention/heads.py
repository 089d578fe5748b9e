# ruff: noqa
"""Answers to `heads`: mistakes that learners make, and right answers written otherwise."""


# %% right: chunks and cat
def split_heads(states, num_heads):
    return torch.stack(states.chunk(num_heads, dim=-1), dim=1)


def join_heads(heads):
    return torch.cat([head[:, 0] for head in heads.split(1, dim=1)], dim=-1)


# %% right: unflatten, flatten and permute
def split_heads(states, num_heads):
    return states.unflatten(2, (num_heads, -1)).permute(0, 2, 1, 3)


def join_heads(heads):
    return heads.permute(0, 2, 1, 3).contiguous().flatten(2)


# %% wrong: takes the heads apart with view alone | loses: each_head_has_its_share_of_every_token, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.view
def split_heads(states, num_heads):
    B, T, hidden = states.shape
    return states.reshape(B, num_heads, T, hidden // num_heads)


# %% wrong: forgets to transpose | loses: each_head_has_its_share_of_every_token, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.order
def split_heads(states, num_heads):
    B, T, hidden = states.shape
    return states.view(B, T, num_heads, hidden // num_heads)


# %% wrong: gives each head every H-th number | loses: each_head_has_its_share_of_every_token, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.interleaved
def split_heads(states, num_heads):
    B, T, hidden = states.shape
    return states.view(B, T, hidden // num_heads, num_heads).permute(0, 3, 1, 2)


# %% wrong: both with view alone, each undoes the other | loses: each_head_has_its_share_of_every_token, the_heads_lie_side_by_side_again, it_holds_for_other_numbers_of_heads | hint: heads.join_view
def split_heads(states, num_heads):
    B, T, hidden = states.shape
    return states.reshape(B, num_heads, T, hidden // num_heads)


def join_heads(heads):
    B, H, T, D = heads.shape
    return heads.reshape(B, T, H * D)


# %% wrong: joins with view alone | loses: the_heads_lie_side_by_side_again, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.join_view
def join_heads(heads):
    B, H, T, D = heads.shape
    return heads.reshape(B, T, H * D)


# %% wrong: joins the heads number by number | loses: the_heads_lie_side_by_side_again, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.join_interleaved
def join_heads(heads):
    return heads.permute(0, 2, 3, 1).flatten(2)


# %% wrong: adds the heads up | loses: the_heads_lie_side_by_side_again, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | says: has the wrong shape
def join_heads(heads):
    return heads.sum(1)


# %% wrong: joins the heads in the opposite order | loses: the_heads_lie_side_by_side_again, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.join
def join_heads(heads):
    return heads.flip(1).transpose(1, 2).flatten(2)


# %% wrong: splits in the opposite order | loses: each_head_has_its_share_of_every_token, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.split
def split_heads(states, num_heads):
    return states.unflatten(2, (num_heads, -1)).transpose(1, 2).flip(1)


# %% wrong: joins with view after the transpose | loses: the_heads_lie_side_by_side_again, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | says: `join_heads` stopped with RuntimeError
def join_heads(heads):
    B, H, T, D = heads.shape
    return heads.transpose(1, 2).view(B, T, H * D)


# %% wrong: splits, and mixes up what belongs together in joining | loses: the_heads_lie_side_by_side_again, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | hint: heads.undo
def join_heads(heads):
    B, H, T, D = heads.shape
    return heads.transpose(1, 3).reshape(B, T, H * D)


# %% wrong: returns a list of heads | loses: each_head_has_its_share_of_every_token, joining_undoes_splitting, it_holds_for_other_numbers_of_heads | says: must be a tensor
def split_heads(states, num_heads):
    return list(states.chunk(num_heads, dim=-1))
