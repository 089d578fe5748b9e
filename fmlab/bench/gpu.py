"""`python -m fmlab.bench.gpu`: tokens a second and MFU on one GPU, through the loop of `fmlab`.

MFU is the share of the chip's peak that goes into the model's own operations; see
`fmlab.bench.flops` for what is counted and `fmlab.bench.peaks` for the peaks.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from fmlab.bench import report
from fmlab.bench.flops import flops, work_of
from fmlab.bench.peaks import Peak, peak_of
from fmlab.bench.setting import tokenizer, train_text
from fmlab.corpus import Corpus
from fmlab.errors import UserError
from fmlab.pretrain import Pretraining
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

MAX_WORDS = 2_000_000
WARMUP_STEPS = 20  # a GPU compiles its kernels in the first of them
BATCH_TOKENS = 65_536
FEWEST_TOKENS = 4_096
FOR_EVER = 1_000_000  # steps; the bench ends the run


@dataclass(frozen=True)
class Size:
    """One model.

    Attributes:
        name: As it stands in the table.
        layers, hidden_size, vocab_size: As in BERT; 64 numbers a head, 4 x hidden between.
        asked: The MFU that is asked of an H200.
    """

    name: str
    layers: int
    hidden_size: int
    vocab_size: int
    asked: float

    def config(self, seq_len: int, batch_size: int) -> TrainConfig:
        """Return the sizes of a run that never looks at held-out text and never saves."""
        return TrainConfig(
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            num_hidden_layers=self.layers,
            num_attention_heads=max(1, self.hidden_size // 64),
            intermediate_size=4 * self.hidden_size,
            seq_len=seq_len,
            batch_size=batch_size,
            steps=FOR_EVER,
            mask_rate=0.15,
            valid_every=FOR_EVER,
            save_every=FOR_EVER,
        )


SIZES = (
    Size("6 x 384", 6, 384, 8192, 0.35),
    Size("12 x 384", 12, 384, 30522, 0.40),
    Size("BERT-Base, 12 x 768", 12, 768, 30522, 0.45),
)
LENGTHS = (128, 512)


@dataclass(frozen=True)
class Result:
    """What one model did at one length.

    Attributes:
        size: The model.
        parameters: How many it has.
        seq_len: Tokens a row.
        batch_size: Rows a step.
        tokens_per_second: Padding left out.
        flops_per_token: Of forward and backward pass.
        number_format: Of the matrix products.
        peak_gib: The most memory on the device.
    """

    size: Size
    parameters: int
    seq_len: int
    batch_size: int
    tokens_per_second: float
    flops_per_token: float
    number_format: str
    peak_gib: float

    def mfu(self, peak: float) -> float:
        """Return which share of `peak` operations a second the model made use of."""
        return self.tokens_per_second * self.flops_per_token / peak


def measure(
    size: Size,
    seq_len: int,
    corpus: Corpus,
    tokens: Tokenizer,
    batch_tokens: int = BATCH_TOKENS,
    steps: int = 40,
    warmup: int = WARMUP_STEPS,
    device: str = "cuda",
) -> Result:
    """Return how fast `fmlab.pretrain` trains a model; with half the rows where memory ends.

    Raises:
        UserError: Even a small batch does not fit into the device's memory.
    """
    while batch_tokens >= FEWEST_TOKENS or device == "cpu":
        try:
            config = size.config(seq_len, max(1, batch_tokens // seq_len))
            return _measure(size, config, corpus, tokens, steps, warmup, device)
        except torch.OutOfMemoryError:
            batch_tokens //= 2
        gc.collect()
        torch.cuda.empty_cache()
    raise UserError(f"{size.name} at {seq_len} tokens does not fit into this GPU; try a larger one")


def _measure(
    size: Size,
    config: TrainConfig,
    corpus: Corpus,
    tokens: Tokenizer,
    steps: int,
    warmup: int,
    device: str,
) -> Result:
    run = Pretraining(config, corpus, tokenizer=tokens, device=device)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    clock = []
    for record in run:
        if record.step in (warmup, warmup + steps):
            if device == "cuda":
                torch.cuda.synchronize()  # what was asked for is not yet done
            clock.append((record.tokens, time.perf_counter()))
        run.stop = record.step >= warmup + steps
    (tokens_before, start), (tokens_after, end) = clock
    work = work_of(run.rows.train, (tokens.pad_id, tokens.cls_id, tokens.sep_id), config.mask_rate)
    return Result(
        size,
        sum(weight.numel() for weight in run.model.parameters()),
        config.seq_len,
        config.batch_size,
        (tokens_after - tokens_before) / (end - start),
        flops(config, tokens.vocab_size, work) / work.tokens,
        str(run.device.autocast).removeprefix("torch."),
        torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else 0.0,
    )


def written(results: Sequence[Result], name: str, peak: Peak | None) -> str:
    """Return the results in Markdown.

    Args:
        results: What was measured.
        name: What CUDA calls the GPU.
        peak: Its peak, or None where it is not known: then there is no MFU.
    """
    most = "its peak is not in the table of `fmlab.bench.peaks`, so there is no MFU"
    if peak is not None:
        most = f"peak {peak.flops_per_second / 1e12:.0f} TFLOP/s dense ([source]({peak.source}))"
    rows = [
        [
            r.size.name,
            f"{r.parameters / 1e6:.0f} M",
            f"{r.seq_len}",
            f"{r.batch_size}",
            f"{r.tokens_per_second:,.0f}",
            f"{r.flops_per_token / 1e6:,.0f}",
            "" if peak is None else f"{r.mfu(peak.flops_per_second):.1%}",
            f"{r.size.asked:.0%}",
            f"{r.peak_gib:.1f}",
        ]
        for r in results
    ]
    head = ["model", "parameters", "tokens a row", "rows a step", "tokens/s", "MFLOP a token"]
    head += ["MFU", "asked of an H200", "memory, GiB"]
    return (
        f"{report.today()}; {name}, {most}; {results[0].number_format}; {report.versions()}.\n\n"
        + report.table(head, rows)
    )


def tokenizers(corpus: Corpus, sizes: Iterable[Size]) -> dict[int, Tokenizer]:
    """Return a tokenizer for each size of vocabulary; of the shipped model's, its own."""
    ready = tokenizer()
    found = {ready.vocab_size: ready}
    for wanted in {size.vocab_size for size in sizes} - set(found):
        lines = (line for document in corpus.documents for line in document.text.split("\n"))
        found[wanted] = Tokenizer.train(lines, wanted)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure all sizes and write the table; return 0, or 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m fmlab.bench.gpu", description=__doc__)
    parser.add_argument("--steps", type=int, default=40, help="timed steps of each model")
    parser.add_argument("--batch-tokens", type=int, default=BATCH_TOKENS, help="tokens a step")
    parser.add_argument("--out", type=Path, default=report.DOCS, help="where bench-gpu.md lies")
    asked = parser.parse_args(arguments)
    if not torch.cuda.is_available():
        print("bench-gpu: no CUDA GPU here; run it on a machine that has one", file=sys.stderr)
        return 2
    try:
        _run(asked.steps, asked.batch_tokens, asked.out)
    except UserError as error:
        print(f"bench-gpu: {error}", file=sys.stderr)
        return 2
    return 0


def _run(steps: int, batch_tokens: int, out: Path) -> None:
    name = torch.cuda.get_device_name(0)
    peak = peak_of(name)
    corpus = train_text(MAX_WORDS)
    found = tokenizers(corpus, SIZES)
    results = []
    for size in SIZES:
        for seq_len in LENGTHS:
            tokens = found[size.vocab_size]
            result = measure(size, seq_len, corpus, tokens, batch_tokens, steps)
            share = "" if peak is None else f", MFU {result.mfu(peak.flops_per_second):.1%}"
            print(
                f"{size.name} at {seq_len}: {result.tokens_per_second:,.0f} tokens/s{share}; "
                f"asked of an H200: {size.asked:.0%}",
                flush=True,
            )
            results.append(result)
    report.write_between(out / "bench-gpu.md", "gpu", written(results, name, peak))


if __name__ == "__main__":
    sys.exit(main())
