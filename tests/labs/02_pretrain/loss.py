# ruff: noqa
"""Answers to `loss`: mistakes that learners make, and right answers written otherwise."""


# %% right: cross_entropy, with its own -100
def masked_loss(logits, labels):
    if (labels == -100).all():
        return 0 * logits.sum()
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), labels.reshape(-1))


# %% right: a sum over all positions, with zeros where nothing is asked
def masked_loss(logits, labels):
    B, T, V = logits.shape
    asked = (labels != -100).float()
    log_p = logits - torch.logsumexp(logits, dim=2, keepdim=True)
    surprise = -torch.gather(log_p, 2, labels.clamp(min=0).unsqueeze(2)).squeeze(2)
    return (surprise * asked).sum() / asked.sum().clamp(min=1)


# %% wrong: divides by all positions | loses: the_loss_is_the_mean_over_asked_positions, even_scores_give_the_log_of_the_vocabulary, large_logits_do_no_harm, only_asked_positions_matter | hint: loss.all_positions
def masked_loss(logits, labels):
    losses = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return losses.mean()


# %% wrong: takes the sum | loses: the_loss_is_the_mean_over_asked_positions, even_scores_give_the_log_of_the_vocabulary, only_asked_positions_matter | hint: loss.sum
def masked_loss(logits, labels):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")


# %% wrong: forgets the minus | loses: the_loss_is_the_mean_over_asked_positions, even_scores_give_the_log_of_the_vocabulary, large_logits_do_no_harm, only_asked_positions_matter | hint: loss.sign
def masked_loss(logits, labels):
    asked = labels != -100
    if not asked.any():
        return logits.sum() * 0
    return logits[asked].log_softmax(-1).gather(1, labels[asked][:, None]).mean()


# %% wrong: in bits | loses: the_loss_is_the_mean_over_asked_positions, even_scores_give_the_log_of_the_vocabulary, large_logits_do_no_harm, only_asked_positions_matter | hint: loss.bits
def masked_loss(logits, labels):
    asked = labels != -100
    if not asked.any():
        return logits.sum() * 0
    return F.cross_entropy(logits[asked], labels[asked]) / math.log(2)


# %% wrong: takes the softmax before cross_entropy | loses: the_loss_is_the_mean_over_asked_positions, large_logits_do_no_harm, only_asked_positions_matter | hint: loss.double_softmax
def masked_loss(logits, labels):
    asked = labels != -100
    if not asked.any():
        return logits.sum() * 0
    return F.cross_entropy(logits.softmax(-1)[asked], labels[asked])


# %% wrong: takes the logits for log probabilities | loses: the_loss_is_the_mean_over_asked_positions, even_scores_give_the_log_of_the_vocabulary, large_logits_do_no_harm, only_asked_positions_matter | hint: loss.no_softmax
def masked_loss(logits, labels):
    asked = labels != -100
    if not asked.any():
        return logits.sum() * 0
    return -logits[asked].gather(1, labels[asked][:, None]).mean()


# %% wrong: counts what is not asked as token 0 | loses: the_loss_is_the_mean_over_asked_positions, large_logits_do_no_harm, a_batch_without_questions_has_loss_0, only_asked_positions_matter | hint: loss.minus_100
def masked_loss(logits, labels):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten().clamp(min=0))


# %% wrong: NaN where nothing is asked | loses: a_batch_without_questions_has_loss_0 | hint: loss.nothing_asked
def masked_loss(logits, labels):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)


# %% wrong: the log of the softmax overflows | loses: large_logits_do_no_harm | hint: loss.overflow
def masked_loss(logits, labels):
    asked = labels != -100
    if not asked.any():
        return logits.sum() * 0
    p = torch.softmax(logits[asked], dim=-1)
    return -torch.log(p.gather(1, labels[asked][:, None])).mean()


# %% wrong: returns a plain number | loses: the_loss_is_the_mean_over_asked_positions, the_way_back_to_the_logits_is_open, only_asked_positions_matter | hint: loss.item
def masked_loss(logits, labels):
    asked = labels != -100
    return F.cross_entropy(logits[asked], labels[asked]).item() if asked.any() else 0.0


# %% wrong: puts the number back into a tensor | loses: the_way_back_to_the_logits_is_open | hint: loss.detached
def masked_loss(logits, labels):
    asked = labels != -100
    return torch.tensor(
        F.cross_entropy(logits[asked], labels[asked]).item() if asked.any() else 0.0
    )


# %% wrong: a 0 without a way back where nothing is asked | loses: the_way_back_to_the_logits_is_open | hint: loss.detached
def masked_loss(logits, labels):
    asked = labels != -100
    if not asked.any():
        return torch.tensor(0.0)
    return F.cross_entropy(logits[asked], labels[asked])


# %% wrong: one loss a position | loses: * | says: the loss has the wrong shape
def masked_loss(logits, labels):
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(
        labels.shape
    )


# %% wrong: forgets to flatten | loses: * | says: stopped with RuntimeError
def masked_loss(logits, labels):
    return F.cross_entropy(logits, labels)
