# ruff: noqa
"""Answers to `block`: mistakes that learners make, and right answers written otherwise."""


# %% right: with PyTorch's own attention
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            part(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        context = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.output(context.transpose(1, 2).flatten(2))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% right: head by head, the GELU written out, layers made in a loop
class EncoderBlock(torch.nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super(EncoderBlock, self).__init__()
        self.size = hidden_size // num_heads
        self.gelu = nn.GELU()
        for name in ("query", "key", "value", "output"):
            setattr(self, name, nn.Linear(hidden_size, hidden_size))
        self.up, self.down = (
            nn.Linear(hidden_size, intermediate_size),
            nn.Linear(intermediate_size, hidden_size),
        )
        self.feed_forward_norm = nn.LayerNorm((hidden_size,), eps)
        self.attention_norm = nn.LayerNorm((hidden_size,), eps)

    def forward(self, hidden_states, mask=None):
        B, T, hidden = hidden_states.shape
        allowed = torch.ones(T, T, dtype=torch.bool) if mask is None else mask
        allowed = allowed.expand(B, 1, T, T)[:, 0]
        query, key, value = (f(hidden_states) for f in (self.query, self.key, self.value))
        found = []
        for start in range(0, hidden, self.size):
            q, k, v = (x[..., start : start + self.size] for x in (query, key, value))
            scores = (q @ k.mT) / self.size**0.5
            found.append(scores.masked_fill(~allowed, -1e30).softmax(-1) @ v)
        after = self.attention_norm(self.output(torch.cat(found, -1)) + hidden_states)
        return self.feed_forward_norm(after + self.down(self.gelu(self.up(after))))


# %% wrong: normalises before attention, not after | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.pre_norm
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = x + self.look(self.attention_norm(x), mask)
        return x + self.think(self.feed_forward_norm(x))


# %% wrong: normalises first and adds then | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.norm_inside
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = x + self.attention_norm(self.look(x, mask))
        return x + self.feed_forward_norm(self.think(x))


# %% wrong: adds nothing | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.no_residual
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(self.look(x, mask))
        return self.feed_forward_norm(self.think(x))


# %% wrong: adds the input of the block twice | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.first_input
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        after = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(after))


# %% wrong: one norm only | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | hint: block.one_norm
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = x + self.look(x, mask)
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: no norm at the end | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | hint: block.one_norm
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return x + self.think(x)


# %% wrong: the norms change places | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.swapped_norms
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.feed_forward_norm(x + self.look(x, mask))
        return self.attention_norm(x + self.think(x))


# %% wrong: ReLU | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.relu
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.relu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: the GELU by tanh | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.tanh
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x), approximate="tanh"))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: forgets the output matrix in forward | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | hint: block.no_output
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return join_heads(attention(query, key, value, mask)[0])

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: takes the heads apart with view | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.view
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        B, T, hidden = x.shape
        query, key, value = (
            part(x).view(B, self.num_heads, T, hidden // self.num_heads)
            for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: one large head | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.one_head
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        mask = mask if mask is None else mask[:, 0]
        return self.output(attention(self.query(x), self.key(x), self.value(x), mask)[0])

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: does not divide by the square root | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, each_block_stands_for_itself | hint: block.unscaled
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(-2, -1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        return self.output(join_heads(scores.softmax(-1) @ value))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: does not pass the mask on | loses: nobody_looks_where_the_mask_forbids, each_block_stands_for_itself | hint: block.mask
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: PyTorch's own eps | loses: the_norms_use_eps | hint: block.eps
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: BERT's eps whatever is asked for | loses: the_norms_use_eps | hint: block.eps
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=1e-12)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=1e-12)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: another eps where none is given | loses: the_norms_use_eps | hint: block.eps
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-5):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: names of its own | loses: * | hint: block.names
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.norm1 = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.norm2 = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.norm1(x + self.look(x, mask))
        return self.norm2(x + self.think(x))


# %% wrong: no bias | loses: * | hint: block.names
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size, bias=False)
        self.key = nn.Linear(hidden_size, hidden_size, bias=False)
        self.value = nn.Linear(hidden_size, hidden_size, bias=False)
        self.output = nn.Linear(hidden_size, hidden_size, bias=False)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: layers in a plain list | loses: * | hint: block.names
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.small = [
            nn.Linear(hidden_size, intermediate_size),
            nn.Linear(intermediate_size, hidden_size),
        ]
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.small[1](F.gelu(self.small[0](x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: the small network keeps the size | loses: * | hint: block.shapes
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, hidden_size)
        self.down = nn.Linear(hidden_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: goes on with plain numbers after attention | loses: the_way_back_to_input_and_weights_is_open | hint: block.gradient
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0].detach()))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: computes without gradients | loses: the_way_back_to_input_and_weights_is_open | hint: block.gradient
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    @torch.no_grad()
    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: all blocks share one layer | loses: each_block_stands_for_itself | hint: block.shared
SHARED = {}


class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        size = (hidden_size, intermediate_size)
        self.up = SHARED.setdefault(size, nn.Linear(hidden_size, intermediate_size))
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: dropout as in BERT's own training | loses: each_block_stands_for_itself | hint: block.dropout
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + F.dropout(self.look(x, mask), 0.1, self.training))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: no second half | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | hint: block.value
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        return self.attention_norm(x + self.look(x, mask))


# %% wrong: forgets super().__init__() | loses: * | says: `EncoderBlock` stopped with AttributeError
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: no nn.Module | loses: * | says: write `class EncoderBlock(nn.Module):`
class EncoderBlock:
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: forward has another name | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | says: is missing the required "forward" function
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def run(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x))


# %% wrong: returns nothing | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | says: the result is None
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        x = self.feed_forward_norm(x + self.think(x))


# %% wrong: returns the weights as well | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | says: the result must be a tensor
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.think(x)), mask


# %% wrong: a typing error in forward | loses: it_computes_what_a_block_of_bert_computes, nobody_looks_where_the_mask_forbids, the_norms_use_eps, the_way_back_to_input_and_weights_is_open, each_block_stands_for_itself | says: (your line
class EncoderBlock(nn.Module):
    def __init__(self, hidden_size, num_heads, intermediate_size, eps=1e-12):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        self.attention_norm = nn.LayerNorm(hidden_size, eps=eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=eps)

    def look(self, x, mask):
        query, key, value = (
            split_heads(part(x), self.num_heads) for part in (self.query, self.key, self.value)
        )
        return self.output(join_heads(attention(query, key, value, mask)[0]))

    def think(self, x):
        return self.down(F.gelu(self.up(x)))

    def forward(self, hidden_states, mask=None):
        x = hidden_states
        x = self.attention_norm(x + self.look(x, mask))
        return self.feed_forward_norm(x + self.thnk(x))
