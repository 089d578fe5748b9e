"""The counted operations are those that torch counts, and no more than what tokens look at."""

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from fmlab.batch import NOT_ASKED, Batch
from fmlab.batches import Packed
from fmlab.bench.flops import Work, flops, piece_lengths, work_of
from fmlab.bench.gpu import SIZES
from fmlab.models.bert import BertForPreTraining
from fmlab.objectives import pretraining_loss
from fmlab.train_config import TrainConfig

SMALL = TrainConfig(
    vocab_size=96,
    hidden_size=32,
    num_hidden_layers=3,
    num_attention_heads=2,
    intermediate_size=80,
    seq_len=16,
    batch_size=4,
)


@pytest.mark.parametrize("asked", [1, 5, 16])
def test_a_step_has_the_operations_that_torch_counts(asked: int) -> None:
    model = BertForPreTraining(SMALL.bert(SMALL.vocab_size))
    input_ids = torch.randint(5, SMALL.vocab_size, (SMALL.batch_size, SMALL.seq_len))
    labels = torch.full_like(input_ids, NOT_ASKED)
    labels[:, :asked] = input_ids[:, :asked]
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        pretraining_loss(model, Batch(input_ids, labels)).total.backward()  # type: ignore[no-untyped-call]
    rows, length = input_ids.shape
    work = Work(tokens=rows * length, looks=rows * length**2, asked=rows * asked)
    assert flops(SMALL, SMALL.vocab_size, work) == counter.get_total_flops()


def test_pieces_of_a_row_look_at_themselves_only() -> None:
    document_ids = np.array([[1, 1, 1, 2, 2, 3, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1]], dtype=np.uint8)
    input_ids = np.full((2, 8), 9, dtype=np.int32)
    input_ids[0, 0], input_ids[0, 6:] = 2, 0
    packed = Packed(input_ids, document_ids, np.zeros((2, 8), dtype=np.int16), 4)
    assert sorted(piece_lengths(packed)) == [1, 2, 3, 8]
    work = work_of(packed, special_ids=(0, 2), mask_rate=0.5)
    assert work == Work(tokens=14, looks=1 + 4 + 9 + 64, asked=0.5 * 13)


@pytest.mark.parametrize(
    ("size", "seq_len", "megaflops"),
    [("6 x 384", 128, 70), ("6 x 384", 512, 81), ("BERT-Base, 12 x 768", 128, 545)],
)
def test_full_rows_of_known_models_cost_what_is_known(
    size: str, seq_len: int, megaflops: int
) -> None:
    known = next(each for each in SIZES if each.name == size)
    work = Work(tokens=seq_len, looks=seq_len**2, asked=0.15 * seq_len)
    counted = flops(known.config(seq_len, 1), known.vocab_size, work) / seq_len
    assert counted == pytest.approx(megaflops * 1e6, rel=0.01)
