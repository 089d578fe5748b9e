"""The GPU bench: peaks by name, the table from results, and the whole path on a small model."""

from pathlib import Path

import pytest
import torch

from fmlab.bench import gpu, report
from fmlab.bench.gpu import LENGTHS, Result, Size, main, measure, written
from fmlab.bench.peaks import peak_of
from fmlab.corpus import Corpus, load
from fmlab.tokens import Tokenizer

CORPUS = Corpus("toyworld", load("toyworld", size=300).split("train"))
TINY = Size("tiny", 1, 16, 300, 0.35)


@pytest.mark.parametrize(
    ("name", "teraflops"),
    [
        ("NVIDIA H200", 989.5),
        ("NVIDIA H200 NVL", 835.5),
        ("NVIDIA H100 80GB HBM3", 989.5),
        ("NVIDIA H100 PCIe", 756.5),
        ("NVIDIA GH200 480GB", 989.5),
        ("NVIDIA A100-SXM4-40GB", 312),
        ("NVIDIA A100 80GB PCIe", 312),
        ("NVIDIA L4", 121),
        ("NVIDIA L40S", 362.05),
        ("NVIDIA A10", 125),
        ("Tesla T4", 65),
        ("Tesla V100-SXM2-16GB", 125),
    ],
)
def test_the_name_that_cuda_gives_finds_its_peak(name: str, teraflops: float) -> None:
    peak = peak_of(name)
    assert peak is not None
    assert peak.flops_per_second == teraflops * 1e12
    assert peak.source.startswith("https://www.nvidia.com/")


@pytest.mark.parametrize("name", ["NVIDIA A10G", "NVIDIA L40", "AMD Instinct MI300X", "T400"])
def test_an_unknown_gpu_has_no_peak(name: str) -> None:
    assert peak_of(name) is None


def test_the_whole_path_runs_on_a_small_model() -> None:
    lines = [line for d in CORPUS.documents for line in d.text.split("\n")]
    tokens = Tokenizer.train(lines, 300)
    result = measure(TINY, 16, CORPUS, tokens, batch_tokens=64, steps=3, warmup=1, device="cpu")
    assert (result.seq_len, result.batch_size) == (16, 4)
    assert result.tokens_per_second > 0
    # no less than the layers' products, no more than with full rows and every token asked for
    layers = 3 * (8 * 16**2 + 4 * 16 * 64)
    assert layers < result.flops_per_token < layers + 3 * (16 * 4 * 16 + 2 * (16**2 + 16 * 300))


def results() -> list[Result]:
    return [
        Result(size, 10_000_000, length, 65_536 // length, 1_000_000.0, 100e6, "bfloat16", 12.5)
        for size in gpu.SIZES
        for length in LENGTHS
    ]


def test_mfu_is_useful_operations_over_the_peak() -> None:
    assert results()[0].mfu(1000e12) == pytest.approx(0.1)


def test_the_table_holds_all_results_and_what_is_asked(tmp_path: Path) -> None:
    text = written(results(), "NVIDIA H200", peak_of("NVIDIA H200"))
    page = tmp_path / "bench-gpu.md"
    page.write_text((report.DOCS / "bench-gpu.md").read_text(encoding="utf-8"), encoding="utf-8")
    report.write_between(page, "gpu", text)
    report.write_between(page, "gpu", text)  # a second run replaces the first
    after = page.read_text(encoding="utf-8")
    assert after.count("NVIDIA H200, peak 990 TFLOP/s dense") == 1
    assert "Not measured yet" not in after
    rows = [line for line in after.splitlines() if line.startswith("| BERT-Base")]
    assert len(rows) == len(LENGTHS)
    assert "1,000,000" in rows[0]
    assert "10.1%" in rows[0]
    assert "45%" in rows[0]


def test_without_a_known_peak_the_table_has_no_mfu() -> None:
    text = written(results(), "Some GPU", None)
    assert "there is no MFU" in text
    assert "10.1%" not in text


def test_without_a_gpu_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "bench-gpu: no CUDA GPU here; run it on a machine that has one\n"


@pytest.mark.gpu
def test_a_gpu_reaches_some_of_its_peak() -> None:
    lines = [line for d in CORPUS.documents for line in d.text.split("\n")]
    tokens = Tokenizer.train(lines, 300)
    result = measure(Size("small", 2, 128, 300, 0.35), 128, CORPUS, tokens, 8_192, 5, 3)
    peak = peak_of(torch.cuda.get_device_name(0))
    assert result.peak_gib > 0
    assert peak is None or 0 < result.mfu(peak.flops_per_second) < 1
