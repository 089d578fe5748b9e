"""The tokenizer is BERT's: same numbers as transformers, there and back, the same every time."""

import subprocess
import sys
from pathlib import Path

import pytest
import transformers

from fmlab.errors import UserError
from fmlab.tokens import SPECIAL_TOKENS, Tokenizer

TEXTS = [
    "The dog sees the old cat. Does the cat see the dog?",
    "Naïve café owners, 1905; it's a well-kept house!",
    "unbelievable, believable, believing; seeing and seen.",
] * 4
SENTENCES = [
    "The cat believes the dog.",
    "CAFÉ [MASK] café",
    "",
    "   ",
    "漢字 and emoji 🙂 are unknown",
    "one\ttwo\nthree",
    "[CLS] is text here",
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS, 120)


def test_transformers_reads_the_same_numbers(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path, max_length=64)
    slow = transformers.BertTokenizer.from_pretrained(tmp_path)
    auto = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in SENTENCES:
        expected = [tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]
        assert slow(text)["input_ids"] == auto(text)["input_ids"] == expected
        assert tokenizer.hf()(text)["input_ids"] == expected
    assert auto.model_max_length == 64
    pair = auto("the dog", "the cat")
    assert pair["token_type_ids"] == [0] * 4 + [1] * 3


def test_what_is_saved_comes_back(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert again.vocab_size == tokenizer.vocab_size <= 120
    assert again.encode_batch(SENTENCES) == [tokenizer.encode(text) for text in SENTENCES]
    lines = (tmp_path / "vocab.txt").read_text().splitlines()
    assert lines == tokenizer.tokens(range(tokenizer.vocab_size))
    assert lines[:5] == list(SPECIAL_TOKENS)


def test_decoding_gives_the_words_back(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("The Dog sees")) == "the dog sees"
    assert tokenizer.id("[MASK]") == tokenizer.mask_id
    with pytest.raises(UserError, match="not in the vocabulary"):
        tokenizer.id("zebra")


def test_the_same_text_gives_the_same_vocabulary_in_every_process() -> None:
    """Hash tables of the library differ from process to process; the vocabulary must not."""
    program = (
        "from tests.test_tokens import TEXTS; from fmlab.tokens import Tokenizer;"
        "print(Tokenizer.train(TEXTS, 90).fast.to_str())"
    )
    root = Path(__file__).parents[1]
    said = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
        ).stdout
        for _ in range(3)
    }
    here = {Tokenizer.train(TEXTS, 90).fast.to_str() + "\n" for _ in range(5)}
    assert len(said | here) == 1


def test_a_vocabulary_without_berts_special_tokens_is_refused(tmp_path: Path) -> None:
    from tokenizers import Tokenizer as FastTokenizer
    from tokenizers import models

    FastTokenizer(models.WordPiece({"a": 0}, unk_token="a")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(UserError, match=r"\[PAD\]"):
        Tokenizer.load(tmp_path)


def test_a_tokenizer_of_words_knows_them_and_no_others() -> None:
    tokenizer = Tokenizer.of_words(["grey0", "grey10", "red"])
    assert tokenizer.vocab_size == 8
    assert tokenizer.tokens(tokenizer.encode("Red grey10 grey1")) == ["red", "grey10", "[UNK]"]
    assert tokenizer.id("grey0") == 5
