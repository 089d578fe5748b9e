"""RoBERTa, ALBERT and GPT-2 load by their names from a hub, and from a folder by `model_type`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import transformers
from huggingface_hub import constants
from huggingface_hub.utils import disable_progress_bars
from small_hub import Model, SmallHub, files_in, serving
from tokenizers import Tokenizer as FastTokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

import fmlab
from fmlab import zoo
from fmlab.checkpoint import load, save
from fmlab.errors import UserError
from fmlab.probes.fill_mask import fill_mask
from fmlab.probes.likelihood import log_likelihoods
from fmlab.tokens import Tokenizer

TEXT = ["The old dog sees a small cat, and the cat runs.", "A café is here (today)!"]
CORPUS = [*TEXT, "dogs and cats run in the old town"] * 4
SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
NAMES = {
    "roberta": ("roberta-base", "FacebookAI/roberta-base"),
    "albert": ("albert-base-v2", "albert/albert-base-v2"),
    "gpt2": ("gpt2", "openai-community/gpt2"),
}


def byte_pairs(first: list[str], ends: bool) -> FastTokenizer:
    """A vocabulary of bytes, as RoBERTa's and GPT-2's."""
    fast = FastTokenizer(models.BPE())
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=first, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    fast.train_from_iterator(CORPUS, trainer)
    if ends:
        fast.post_processor = processors.RobertaProcessing(
            ("</s>", fast.token_to_id("</s>")), ("<s>", fast.token_to_id("<s>"))
        )
    return fast


def sentence_pieces() -> FastTokenizer:
    """A vocabulary of SentencePiece, as ALBERT's."""
    fast = FastTokenizer(models.Unigram())
    fast.normalizer = normalizers.Lowercase()
    fast.pre_tokenizer = pre_tokenizers.Metaspace()
    fast.decoder = decoders.Metaspace()
    first = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.UnigramTrainer(
        vocab_size=80, special_tokens=first, unk_token="<unk>", show_progress=False
    )
    fast.train_from_iterator(CORPUS, trainer)
    fast.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[(t, fast.token_to_id(t)) for t in ("[CLS]", "[SEP]")]
    )
    return fast


def published(family: str, folder: Path) -> Path:
    """A small model as transformers writes it, with a tokenizer of its family."""
    torch.manual_seed(0)
    if family == "roberta":
        fast = byte_pairs(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], ends=True)
        settings = {**SMALL, "max_position_embeddings": 42, "type_vocab_size": 1}
        model: Any = transformers.RobertaForMaskedLM(
            transformers.RobertaConfig(vocab_size=fast.get_vocab_size(), **settings)
        )
    elif family == "albert":
        fast = sentence_pieces()
        settings = {**SMALL, "embedding_size": 8, "max_position_embeddings": 40}
        model = transformers.AlbertForPreTraining(
            transformers.AlbertConfig(vocab_size=fast.get_vocab_size(), **settings)
        )
    else:
        fast = byte_pairs(["<|endoftext|>"], ends=False)
        settings = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 40}
        settings |= {"bos_token_id": 0, "eos_token_id": 0}
        model = transformers.GPT2LMHeadModel(
            transformers.GPT2Config(vocab_size=fast.get_vocab_size(), **settings)
        )
    model.save_pretrained(folder)
    fast.save(str(folder / "tokenizer.json"))
    if family == "gpt2":  # as the published files are: the trunk's names without a prefix
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        bare = {name.removeprefix("transformer."): w for name, w in weights.items()}
        safetensors.torch.save_file(bare, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {family: published(family, tmp_path_factory.mktemp(family)) for family in NAMES}


@pytest.fixture
def hub(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SmallHub]:
    repositories = {
        whole: Model({zoo.PINNED[short]: files_in(folders[family])}, moved_from=short)
        for family, (short, whole) in NAMES.items()
    }
    disable_progress_bars()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving(SmallHub(repositories)) as served:
        template = "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", served.address + template)
        yield served


def their_logits(family: str, folder: Path, ids: torch.Tensor) -> torch.Tensor:
    kind = {
        "roberta": transformers.RobertaForMaskedLM,
        "albert": transformers.AlbertForMaskedLM,
        "gpt2": transformers.GPT2LMHeadModel,
    }[family]
    logits: torch.Tensor = kind.from_pretrained(folder).eval()(ids).logits
    return logits


@torch.no_grad()
@pytest.mark.parametrize("family", NAMES)
def test_a_name_gives_the_pinned_commit_with_the_numbers_of_transformers(
    hub: SmallHub, folders: dict[str, Path], family: str
) -> None:
    for name in NAMES[family]:
        found = fmlab.load(name)
        assert found.run["source"]["commit"] == zoo.PINNED[NAMES[family][0]]
        theirs = FastTokenizer.from_file(str(folders[family] / "tokenizer.json"))
        for text in TEXT:
            ids = found.tokenizer.encode(text)
            assert ids == theirs.encode(text, add_special_tokens=False).ids
            if family != "gpt2":
                framed = [found.tokenizer.cls_id, *ids, found.tokenizer.sep_id]
                assert framed == theirs.encode(text).ids
            row = torch.tensor([[found.tokenizer.cls_id, *ids]])
            ours = found.model(row).logits
            torch.testing.assert_close(
                ours, their_logits(family, folders[family], row), atol=1e-5, rtol=0
            )


@torch.no_grad()
@pytest.mark.parametrize("family", NAMES)
def test_a_folder_is_saved_and_opens_here_and_in_transformers(
    folders: dict[str, Path], tmp_path: Path, family: str
) -> None:
    first = load(folders[family])
    save(tmp_path, first.model, first.tokenizer, first.run)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == family
    second = fmlab.load(tmp_path)
    row = torch.tensor([[first.tokenizer.cls_id, *first.tokenizer.encode(TEXT[0])]])
    wanted = their_logits(family, folders[family], row)
    for logits in (second.model(row).logits, their_logits(family, tmp_path, row)):
        torch.testing.assert_close(logits, wanted, atol=1e-5, rtol=0)
    again = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in TEXT:
        ids = second.tokenizer.encode(text)
        assert ids == first.tokenizer.encode(text)
        assert ids == again(text, add_special_tokens=False)["input_ids"]
    assert second.tokenizer.specials == first.tokenizer.specials
    assert again.model_max_length == 40 == first.model.config.longest


def test_what_a_family_can_be_asked_for(folders: dict[str, Path]) -> None:
    for family in ("roberta", "albert"):
        found = load(folders[family])
        assert found.causal_share == 0
        filled = fill_mask(found.masked_language_model, found.tokenizer, "The old [MASK] runs.")
        assert len(filled.blanks) == 1
        assert filled.tokens[filled.blanks[0].position] == found.tokenizer.mask_token
        with pytest.raises(UserError, match="not trained to guess the next token"):
            _ = found.causal_language_model
        with pytest.raises(UserError, match="works with BERTs alone") as caught:
            _ = found.masked_model
        assert "\n" not in str(caught.value)
    gpt = load(folders["gpt2"])
    assert gpt.causal_share == 1
    ids = [gpt.tokenizer.encode(text) for text in TEXT]
    assert (log_likelihoods(gpt.causal_language_model, ids, gpt.tokenizer) < 0).all()
    with pytest.raises(UserError, match="reads from left to right and cannot fill masks"):
        _ = gpt.masked_language_model
    with pytest.raises(UserError, match="family GPT, and this works with BERTs alone"):
        _ = gpt.causal_model
    with pytest.raises(UserError, match=r"no \[MASK\], for its model reads from left to right"):
        _ = gpt.tokenizer.mask_token


def test_which_tokens_go_on_with_a_word(folders: dict[str, Path]) -> None:
    """By WordPiece's mark, and by the marks of those that mark what begins."""
    ours = Tokenizer.train(["the dog sees the dogs ."] * 3, 40)
    for tokenizer in (ours, *(load(folder).tokenizer for folder in folders.values())):
        goes_on = tokenizer.continuing
        assert len(goes_on) == tokenizer.vocab_size
        assert not any(goes_on[tokenizer.id(name)] for name in tokenizer.specials.values())
        for text in ("the dog sees dogs", "the dogs see"):
            ids = tokenizer.encode(text)
            begun = sum(not goes_on[i] for i in ids[1:]) + 1  # bytes don't mark the first word
            assert begun == len(text.split())


def test_a_vocabulary_of_no_known_family_is_refused(tmp_path: Path) -> None:
    fast = FastTokenizer(models.WordLevel({"<s>": 0, "</s>": 1, "a": 2}, unk_token="a"))
    with pytest.raises(UserError, match=r"has no \[PAD\]"):
        Tokenizer(fast)
