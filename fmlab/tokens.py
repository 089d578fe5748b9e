"""Text to numbers and back: a WordPiece tokenizer that is trained on the corpus itself.

The work is done by the `tokenizers` library. What is saved is what `transformers` reads, so a
tokenizer trained here loads as `BertTokenizer` there, and gives the same numbers.

Source: Schuster & Nakajima 2012 (WordPiece); Devlin et al. 2019, arXiv:1810.04805.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as FastTokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from fmlab.errors import UserError
from fmlab.files import write_text, write_whole

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ROLES = ("pad", "unk", "cls", "sep", "mask")
SPELLINGS: tuple[tuple[str | None, ...], ...] = (
    SPECIAL_TOKENS,
    ("<pad>", "<unk>", "<s>", "</s>", "<mask>"),  # RoBERTa
    ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),  # ALBERT
    (None, None, "<|endoftext|>", "<|endoftext|>", None),  # GPT-2: one for begin and end
)
"""What the families call the five special tokens, in the order of `ROLES`."""


class Tokenizer:
    """Splits text into tokens and numbers them; those that are trained here are WordPiece.

    Attributes:
        vocab_size: How many different tokens there are.
        pad_id, unk_id, cls_id, sep_id, mask_id: Numbers of the five special tokens. GPT-2 has one
            alone, for begin and end: it pads too; -1 stands for the two that it has not.
    """

    def __init__(self, fast: FastTokenizer, lowercase: bool = True) -> None:
        """Wrap a tokenizer of the `tokenizers` library.

        Raises:
            UserError: Its vocabulary has the special tokens of no family that is known here.
        """
        spelling = _spelling(fast)
        if spelling is None:
            missing = [token for token in SPECIAL_TOKENS if fast.token_to_id(token) is None]
            raise UserError(
                f"this vocabulary has no {', '.join(missing)}; use a BERT tokenizer, "
                "or train one with Tokenizer.train"
            )
        self.fast = fast
        self.lowercase = lowercase
        self.specials = {role: name for role, name in zip(ROLES, spelling, strict=True) if name}
        self.cls_id, self.sep_id = self.id(self.specials["cls"]), self.id(self.specials["sep"])
        self.pad_id = self.id(self.specials["pad"]) if "pad" in self.specials else self.sep_id
        self.unk_id = self.id(self.specials["unk"]) if "unk" in self.specials else -1
        self.mask_id = self.id(self.specials["mask"]) if "mask" in self.specials else -1

    @classmethod
    def train(
        cls, texts: Iterable[str], vocab_size: int = 8192, *, lowercase: bool = True
    ) -> "Tokenizer":
        """Return a tokenizer whose pieces are the ones that `texts` use most.

        Args:
            texts: Paragraphs or documents, read once.
            vocab_size: The most tokens it may have, special ones included.
            lowercase: Fold case and strip accents, as `bert-base-uncased` does.
        """
        texts = list(texts)
        alphabet = _learn(texts, 1, SPECIAL_TOKENS, lowercase)
        inside = sorted(piece for piece in alphabet if piece.startswith("##"))
        # The library numbers the pieces of one letter in the order of a hash table, which differs
        # from run to run and decides between equally frequent pieces. Named in advance, they have
        # fixed numbers, and the same text gives the same vocabulary.
        vocab = _learn(texts, vocab_size, (*SPECIAL_TOKENS, *inside), lowercase)
        return cls(_word_piece(vocab, lowercase), lowercase)

    @classmethod
    def of_words(cls, words: Iterable[str], *, lowercase: bool = True) -> "Tokenizer":
        """Return a tokenizer whose pieces are some whole words; all others are unknown to it.

        Args:
            words: Of letters and digits, each once, in the order of their numbers.
            lowercase: As in `train`.
        """
        vocab = {token: number for number, token in enumerate((*SPECIAL_TOKENS, *words))}
        return cls(_word_piece(vocab, lowercase), lowercase)

    @classmethod
    def load(cls, folder: Path | str) -> "Tokenizer":
        """Return the tokenizer saved in `folder`: in `tokenizer.json`, else in BERT's `vocab.txt`.

        Raises:
            UserError: There is none, or it cannot be read.
        """
        path = Path(folder) / "tokenizer.json"
        words = path.with_name("vocab.txt")
        if not path.is_file() and not words.is_file():
            raise UserError(f"no {path.name} in {folder}; name a checkpoint's folder")
        try:
            settings_path = Path(folder) / "tokenizer_config.json"
            settings = json.loads(settings_path.read_text()) if settings_path.exists() else {}
            lowercase = bool(settings.get("do_lower_case", True))
            if not path.is_file():
                return cls(_from_vocab(words.read_text(encoding="utf-8"), lowercase), lowercase)
            fast = FastTokenizer.from_file(str(path))
        except UserError:
            raise
        except Exception as error:  # the library raises plain Exception
            raise UserError(f"{path} is not a tokenizer ({error}); save it again") from error
        fast.no_padding()
        fast.no_truncation()
        return cls(fast, lowercase)

    def save(self, folder: Path | str, max_length: int = 512) -> None:
        """Write `tokenizer.json`, `tokenizer_config.json` and WordPiece's `vocab.txt`."""
        folder = Path(folder)
        with write_whole(folder / "tokenizer.json") as temporary:
            self.fast.save(str(temporary))
        settings = {
            "tokenizer_class": "BertTokenizer" if self.word_piece else "PreTrainedTokenizerFast",
            "do_lower_case": self.lowercase,
            "model_max_length": max_length,
            **self._names(),
        }
        write_text(folder / "tokenizer_config.json", json.dumps(settings, indent=2) + "\n")
        if not self.word_piece:
            return
        by_id = sorted(self.fast.get_vocab().items(), key=lambda item: item[1])
        write_text(folder / "vocab.txt", "".join(f"{token}\n" for token, _ in by_id))

    def encode(self, text: str) -> list[int]:
        """Return the numbers of the tokens of `text`, without `[CLS]` and `[SEP]`."""
        return list(self.fast.encode(text, add_special_tokens=False).ids)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Return `encode` of each text; several cores work at it."""
        encodings = self.fast.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """Return text for token numbers; special tokens are left out."""
        return str(self.fast.decode(list(ids)))

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """Return each token as it stands in the vocabulary, `##` marks included."""
        return [str(self.fast.id_to_token(int(number))) for number in ids]

    def id(self, token: str) -> int:
        """Return the number of one token of the vocabulary.

        Raises:
            UserError: The token is not in the vocabulary.
        """
        number = self.fast.token_to_id(token)
        if number is None:
            raise UserError(
                f"{token!r} is not in the vocabulary; tokens({token!r}) shows its parts"
            )
        return int(number)

    @property
    def vocab_size(self) -> int:
        """How many different tokens there are."""
        return int(self.fast.get_vocab_size())

    def hf(self, max_length: int = 512) -> Any:
        """Return the same tokenizer as an object of `transformers`."""
        import transformers

        wrap: Any = transformers.PreTrainedTokenizerFast
        return wrap(tokenizer_object=self.fast, model_max_length=max_length, **self._names())

    @property
    def mask_token(self) -> str:
        """The token that hides another.

        Raises:
            UserError: It has none, as GPT-2's.
        """
        if "mask" not in self.specials:
            raise UserError(
                "this tokenizer has no [MASK], for its model reads from left to right; "
                "choose a masked language model"
            )
        return self.specials["mask"]

    @property
    def word_piece(self) -> bool:
        """Whether it is a WordPiece tokenizer, as BERT's and those that are trained here."""
        return isinstance(self.fast.model, models.WordPiece)

    @property
    def continuing(self) -> list[bool]:
        """Whether each token goes on with a word that was begun before it, by its number.

        WordPiece marks what goes on (`##ing`). A vocabulary of bytes, or of SentencePiece, marks
        what begins (`Ġ`, `▁`), and there a comma goes on with the word before it.
        """
        tokens = self.tokens(range(self.vocab_size))
        if self.word_piece:
            return [token.startswith("##") for token in tokens]
        special = set(self.specials.values())
        return [token not in special and not token.startswith(("Ġ", "▁")) for token in tokens]

    def _names(self) -> dict[str, str]:
        """Return the special tokens as transformers names them."""
        if "mask" in self.specials:
            return {f"{role}_token": token for role, token in self.specials.items()}
        end = self.specials["sep"]
        return {"bos_token": end, "eos_token": end, "unk_token": end}


def _spelling(fast: FastTokenizer) -> tuple[str | None, ...] | None:
    """Return what a vocabulary calls the special tokens; None if it has no known set of them."""
    for names in SPELLINGS:
        if all(name is None or fast.token_to_id(name) is not None for name in names):
            return names
    return None


def _learn(
    texts: list[str], vocab_size: int, first: Sequence[str], lowercase: bool
) -> dict[str, int]:
    """Return the pieces that WordPiece training finds, with their numbers; `first` come first."""
    fast = FastTokenizer(models.WordPiece(unk_token="[UNK]"))
    _dress(fast, lowercase)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=list(first),
        min_frequency=2,
        limit_alphabet=400,
        show_progress=False,
    )
    fast.train_from_iterator(texts, trainer=trainer)
    return dict(fast.get_vocab())


def _from_vocab(lines: str, lowercase: bool) -> FastTokenizer:
    """Return the tokenizer of a `vocab.txt`, a token a line, as BERT was published."""
    tokens = lines.removesuffix("\n").split("\n")
    return _word_piece({token: number for number, token in enumerate(tokens)}, lowercase)


def _word_piece(vocab: dict[str, int], lowercase: bool) -> FastTokenizer:
    """Return BERT's tokenizer for pieces and their numbers."""
    fast = FastTokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    if missing := [token for token in SPECIAL_TOKENS if token not in vocab]:
        raise UserError(f"this vocabulary has no {', '.join(missing)}; use a BERT tokenizer")
    fast.add_special_tokens(list(SPECIAL_TOKENS))
    _dress(fast, lowercase)
    _add_special_tokens(fast)
    return fast


def _dress(fast: FastTokenizer, lowercase: bool) -> None:
    """Set what comes before and after WordPiece: BERT's cleaning, word splitting and `##`."""
    fast.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    fast.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    fast.decoder = decoders.WordPiece(prefix="##")


def _add_special_tokens(fast: FastTokenizer) -> None:
    """Let `fast` wrap a text as `[CLS] a [SEP]`, and a pair as `[CLS] a [SEP] b [SEP]`."""
    fast.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, fast.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
