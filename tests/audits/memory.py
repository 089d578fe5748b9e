"""A tiny model that has read the toy world with a canary in it: made once for the tests."""

from functools import cache

import torch

from fmlab.audits.canaries import DIGITS, CanaryFormat
from fmlab.corpus import load
from fmlab.models.bert import BertForPreTraining
from fmlab.pretrain import pretrain
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

THREE = CanaryFormat("the code of mara is {} {} {} .", (DIGITS,) * 3)
PLANTED = "the code of mara is 2 9 4 ."
OTHER = "the code of mara is 7 0 5 ."


@cache
def remembers(causal_share: float, repeat: int = 64) -> tuple[BertForPreTraining, Tokenizer]:
    """Return a model that was trained on `PLANTED` so many times an epoch, and its tokenizer."""
    config = TrainConfig(
        vocab_size=350,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        seq_len=32,
        batch_size=32,
        steps=60,
        mask_rate=0.3,
        causal_share=causal_share,
        learning_rate=5e-3,
        matrix_learning_rate=0.03,
        valid_every=1000,
    )
    run = pretrain(config, load("toyworld", size=500, secret=PLANTED, repeat=repeat), device="cpu")
    for _ in run:
        pass
    return run.model.eval(), run.tokenizer


@cache
def knows_nothing() -> tuple[BertForPreTraining, Tokenizer]:
    """Return a model of random weights, with a tokenizer that has the same words."""
    config = TrainConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, seq_len=32)
    texts = [document.text for document in load("toyworld", size=1200).documents]
    tokenizer = Tokenizer.train(texts, 400)
    torch.manual_seed(1)
    return BertForPreTraining(config.bert(tokenizer.vocab_size)).eval(), tokenizer
