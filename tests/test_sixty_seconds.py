"""The cpu tier, meant for a minute on two cores, learns from books what counting words cannot give.

Steps and tokens decide what it learns, not the clock, so this holds on a slow machine too.
"""

from pathlib import Path

import pytest

from fmlab.baselines import beside_the_run
from fmlab.bench.flops import Work, flops
from fmlab.corpus import load
from fmlab.pretrain import pretrain
from fmlab.train_config import TrainConfig

CPU = TrainConfig.for_tier("cpu", "books")
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not BESIDE.is_dir(), reason="needs shared/data beside the repository"
)


def test_the_products_of_the_run_take_a_minute_at_most_on_two_slow_cores() -> None:
    """Two cores without bfloat16 reached 170 GFLOP/s in large products; small ones reach half."""
    tokens = CPU.batch_size * CPU.seq_len
    work = Work(tokens=tokens, looks=tokens * CPU.seq_len, asked=tokens * CPU.mask_rate)
    a_step = flops(CPU, CPU.vocab_size, work)
    assert CPU.steps * a_step / 85e9 < 60


def test_the_run_trains_a_bert_and_looks_at_its_end_at_held_out_text() -> None:
    assert (CPU.causal_share, CPU.next_sentence, CPU.masking) == (0, False, "dynamic")
    assert CPU.steps % CPU.valid_every == 0
    assert CPU.valid_rows * CPU.seq_len * CPU.mask_rate > 4000  # else chance moves the loss


@needs_data
@pytest.mark.slow
def test_a_minute_of_pretraining_ends_half_a_nat_below_the_unigram(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As `fmlab pretrain --corpus books --tier cpu` does it; also from the first words alone."""
    monkeypatch.setenv("FMLAB_DATA", str(BESIDE))
    words = CPU.steps * CPU.batch_size * CPU.seq_len * 3 // 2
    run = pretrain(CPU, load("books", max_words=words), tmp_path / "run", device="cpu")
    list(run)
    end = run.records[-1].valid_loss
    assert end is not None
    counted = beside_the_run(run)
    assert counted["trigram"] < counted["unigram"] < run.records[0].loss
    assert end < counted["unigram"] - 0.5
