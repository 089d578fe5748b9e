"""The products that are timed are those of a step, no more and no fewer."""

from dataclasses import replace

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from fmlab.batch import NOT_ASKED, Batch
from fmlab.bench import products
from fmlab.bench.products import products_of
from fmlab.bench.setting import SIZES
from fmlab.models.bert import BertForPreTraining
from fmlab.objectives import pretraining_loss

SMALL = replace(
    SIZES,
    vocab_size=96,
    hidden_size=32,
    num_hidden_layers=3,
    num_attention_heads=2,
    intermediate_size=80,
    seq_len=16,
    batch_size=4,
    mask_rate=0.25,
)


def test_they_are_the_operations_of_a_step_that_works_for_asked_places_only() -> None:
    model = BertForPreTraining(SMALL.bert(SMALL.vocab_size))
    input_ids = torch.randint(5, SMALL.vocab_size, (SMALL.batch_size, SMALL.seq_len))
    labels = torch.full_like(input_ids, NOT_ASKED)
    labels[:, :4] = input_ids[:, :4]
    batch = Batch(input_ids, labels).narrowed()
    assert batch.only is not None
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        pretraining_loss(model, batch).total.backward()  # type: ignore[no-untyped-call]
    assert sum(each.flops for each in products_of(SMALL)) == counter.get_total_flops()


def test_they_are_timed_and_faster_than_nothing() -> None:
    found = products.measure(SMALL, 0.01, torch.float32)
    assert found.steps >= 3
    assert found.tokens == found.steps * SMALL.batch_size * SMALL.seq_len
    assert found.number_format == "float32"
