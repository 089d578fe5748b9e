# ruff: noqa
"""Answers to `membership`: mistakes that learners make, and right answers written otherwise."""


# %% right: every score as a threshold, in a list
def suspicion(losses, reference_losses):
    return -(losses - reference_losses)


def found_at(members, others, most):
    shares = [0.0]
    for t in torch.cat([members, others]).tolist():
        if sum(o >= t for o in others.tolist()) / len(others) <= most:
            shares.append(sum(m >= t for m in members.tolist()) / len(members))
    return max(shares)


# %% right: members above the first score that is one alarm too many
def suspicion(losses, reference_losses):
    return torch.sub(reference_losses, losses)


def found_at(members, others, most):
    ordered = others.sort(descending=True).values
    allowed = math.floor(most * len(others) + 1e-9)
    if allowed >= len(others):
        return 1.0
    return (members > ordered[allowed]).double().mean()


# %% wrong: the sign of the suspicion | loses: suspicion_compares_with_the_reference, it_holds_for_many_scores | hint: membership.sign
def suspicion(losses, reference_losses):
    return losses - reference_losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )


# %% wrong: divides the losses | loses: suspicion_compares_with_the_reference, it_holds_for_many_scores | hint: membership.quotient
def suspicion(losses, reference_losses):
    return reference_losses / losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )


# %% wrong: the loss alone | loses: suspicion_compares_with_the_reference, it_holds_for_many_scores | hint: membership.loss_only
def suspicion(losses, reference_losses):
    return -losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )


# %% wrong: the size of the difference | loses: suspicion_compares_with_the_reference, it_holds_for_many_scores | hint: membership.absolute
def suspicion(losses, reference_losses):
    return (reference_losses - losses).abs()


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )


# %% wrong: half of the difference | loses: suspicion_compares_with_the_reference, it_holds_for_many_scores | hint: membership.suspicion
def suspicion(losses, reference_losses):
    return (reference_losses - losses) / 2


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )


# %% wrong: the two groups are exchanged | loses: a_few_alarms_are_allowed, nobody_is_accused_where_every_threshold_is_too_low, equal_scores_are_taken_together, it_holds_for_many_scores | hint: membership.swapped
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((others >= t).double().mean())
            for t in others
            if float((members >= t).double().mean()) <= most
        ]
    )


# %% wrong: alarms are counted as a share of the members | loses: a_few_alarms_are_allowed, it_holds_for_many_scores | hint: membership.of_members
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if int((others >= t).sum()) / len(members) <= most
        ]
    )


# %% wrong: one alarm too many | loses: a_few_alarms_are_allowed, nobody_is_accused_where_every_threshold_is_too_low, equal_scores_are_taken_together | hint: membership.one_too_many
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members >= t).double().mean())
            for t in members
            if int((others > t).sum()) <= most * len(others) + 1
            and (others >= t).sum() <= most * len(others) + 1
        ]
    )


# %% wrong: cuts through equal scores | loses: equal_scores_are_taken_together, it_holds_for_many_scores | hint: membership.ties
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    ordered = sorted([(-float(m), 0) for m in members] + [(-float(o), 1) for o in others])
    found = alarms = 0
    for _, other in ordered:
        alarms += other
        if alarms / len(others) > most:
            break
        found += 1 - other
    return found / len(members)


# %% wrong: a number of members | loses: a_few_alarms_are_allowed, nobody_is_accused_where_every_threshold_is_too_low, equal_scores_are_taken_together, it_holds_for_many_scores | hint: membership.count
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        [0]
        + [
            int((members >= t).sum())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )


# %% wrong: low scores are members | loses: a_few_alarms_are_allowed, nobody_is_accused_where_every_threshold_is_too_low, equal_scores_are_taken_together, it_holds_for_many_scores | hint: membership.low_scores
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members <= t).double().mean())
            for t in members
            if float((others <= t).double().mean()) <= most
        ]
    )


# %% wrong: always accuses the first | loses: nobody_is_accused_where_every_threshold_is_too_low | hint: membership.no_threshold
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        float((members >= t).double().mean())
        for t in members
        if float((others >= t).double().mean()) <= most or t == members.max()
    )


# %% wrong: no threshold left, and an error | loses: nobody_is_accused_where_every_threshold_is_too_low | says: ValueError
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        float((members >= t).double().mean())
        for t in members
        if float((others >= t).double().mean()) <= most
    )


# %% wrong: a threshold takes only what is above it | loses: a_few_alarms_are_allowed, nobody_is_accused_where_every_threshold_is_too_low, equal_scores_are_taken_together, it_holds_for_many_scores | hint: membership.found
def suspicion(losses, reference_losses):
    return reference_losses - losses


def found_at(members, others, most):
    return max(
        [0.0]
        + [
            float((members > t).double().mean())
            for t in members
            if float((others >= t).double().mean()) <= most
        ]
    )
