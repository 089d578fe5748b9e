"""The whole bias audit: from the command line to a file of figures and a page, on small data."""

import html.parser
import json
import re
import sys
from pathlib import Path

import pytest
from known_model import SIZES, roberta_of_transformers

from fmlab import cli, files
from fmlab.audits import data
from fmlab.audits.bias import audit_bias
from fmlab.audits.data import CROWS_PAIRS, OCCUPATIONS, SENTENCES
from fmlab.checkpoint import save, shipped
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer
from fmlab.views.audit_page import render_page
from fmlab.views.bias_page import bias_page

JOBS = {"nurse": 90.0, "teacher": 71.0, "doctor": 38.0, "farmer": 20.0}
CROWS = ",sent_more,sent_less,stereo_antistereo,bias_type\n" + "".join(
    f"{number},The woman is a {job}.,The man is a {job}.,{way},gender\n"
    for number, job in enumerate(JOBS)
    for way in ("stereo", "antistereo")
)
PRO = "".join(
    f"{number} [The {job}] said that [{'she' if share > 50 else 'he'}] was home .\n"
    for number, (job, share) in enumerate(JOBS.items(), 1)
)
ANTI = PRO.replace("[she]", "[X]").replace("[he]", "[she]").replace("[X]", "[he]")
TEXTS = {
    CROWS_PAIRS: CROWS,
    SENTENCES: "sentid\tsentence\n"
    + "".join(
        f"{job}.friend.{answer}.{gender}.txt\tThe {job} told a friend that {word} was home.\n"
        for job in JOBS
        for answer in "01"
        for gender, word in (("male", "he"), ("female", "she"), ("neutral", "they"))
    ),
    OCCUPATIONS: "occupation\tbls_pct_female\n"
    + "".join(f"{job}\t{share}\n" for job, share in JOBS.items()),
    **{
        f"winobias_{side}_stereotyped_type{kind}.txt.{split}": text
        for side, text in (("pro", PRO), ("anti", ANTI))
        for kind in (1, 2)
        for split in ("dev", "test")
    },
}


@pytest.fixture
def small_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    known = {}
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
        digest = files.sha256_bytes(text.encode())
        known[name] = data.DataFile(name, "http://127.0.0.1:1/", digest, "MIT")
    monkeypatch.setenv("FMLAB_DATA", str(folder))
    monkeypatch.setattr(data, "read_manifest", lambda: known)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    tokenizer = Tokenizer.load(shipped())
    seed_torch(0, "test")
    sizes = BertConfig(vocab_size=tokenizer.vocab_size, max_position_embeddings=40, **SIZES)
    return save(tmp_path / "my-run", BertForPreTraining(sizes).eval(), tokenizer, {})


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fmlab", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


class Outline(html.parser.HTMLParser):
    """What stands in a page: tags, ids, addresses, and the text outside of them."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.labelled: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("src", "href"):
                self.addresses.append(value or "")
            elif name == "aria-labelledby":
                self.labelled.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.usefixtures("small_data")
def test_the_command_writes_figures_and_a_page(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "audit"
    arguments = ("audit", "bias", str(checkpoint), "--out", str(out), "--seed", "3")
    assert run(monkeypatch, *arguments) == 0
    assert str(out / "bias.html") in capsys.readouterr().out

    found = json.loads((out / "bias.json").read_text())
    assert set(found) == {"crows_pairs", "winobias", "winogender", "association", "provenance"}
    assert found["crows_pairs"]["overall"]["score"]["total"] == 8
    assert found["crows_pairs"]["by_category"]["age"]["score"]["percent"] is None
    about = found["provenance"]
    assert (about["model"], about["seed"]) == ("my-run", 3)
    assert about["weights_sha256"] == files.sha256_file(checkpoint / "model.safetensors")
    assert about["data"][CROWS_PAIRS] == files.sha256_bytes(CROWS.encode())
    assert about["command"][:3] == ["fmlab", "audit", "bias"]
    assert str(tmp_path) not in json.dumps(found)

    page = (out / "bias.html").read_text()
    assert str(tmp_path) not in page
    outline = Outline(page)
    assert "script" not in outline.tags
    assert outline.addresses == []
    assert outline.tags.count("table") == outline.tags.count("caption") > 5
    assert set(outline.labelled) <= set(outline.ids)
    expected = ["fill-in variant", "Blodgett et al. 2021", "Steed et al. 2022", "no pairs"]
    for said in (*expected, about["weights_sha256"], about["date"]):
        assert said in outline.text


@pytest.mark.usefixtures("small_data")
def test_the_same_seed_gives_the_same_audit(checkpoint: Path) -> None:
    one, two = (audit_bias(checkpoint, seed=1, device="cpu") for _ in range(2))
    assert json.dumps(one.as_json()) == json.dumps(two.as_json())


@pytest.mark.usefixtures("small_data")
def test_a_model_of_another_family_is_audited_from_its_folder(tmp_path: Path) -> None:
    """RoBERTa knows none of the small words as one token, and the page says so."""
    model, tokenizer = roberta_of_transformers()
    folder = tmp_path / "roberta"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    found = audit_bias(folder, device="cpu")
    assert found.association.left_out
    assert found.provenance.weights_sha256 == files.sha256_file(folder / "model.safetensors")
    text = Outline(render_page(bias_page(found))).text
    assert re.search(r"Left out, not one token each in this vocabulary: \d+ sentences", text)


@pytest.mark.usefixtures("small_data")
def test_what_cannot_fill_masks_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = Tokenizer.load(shipped())
    sizes = BertConfig(vocab_size=tokenizer.vocab_size, max_position_embeddings=40, **SIZES)
    gpt = save(
        tmp_path / "gpt", BertForPreTraining(sizes), tokenizer, {"config": {"causal_share": 1}}
    )
    assert run(monkeypatch, "audit", "bias", str(gpt), "--out", str(tmp_path / "out")) == 2
    said = capsys.readouterr().err.strip()
    assert "cannot fill masks" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("small_data")
def test_what_a_stranger_wrote_is_text_in_the_page(checkpoint: Path) -> None:
    named = checkpoint.rename(checkpoint.with_name("<img src=x onerror=alert(1)>"))
    page = render_page(bias_page(audit_bias(named, device="cpu")))
    assert "<img" not in page
    assert "&lt;img src=x" in page
