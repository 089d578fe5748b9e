"""One recipe, trained with one budget and measured by one yardstick.

What is held equal: the text, the tokenizer, the sizes but for the switch, the tokens that are read
(padding is not counted), the learning rate, and what is asked of the model in the end. Rows of
pairs are emptier than packed rows, so a step takes more of them.
"""

import dataclasses
import time
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import torch

from fmlab import corpus
from fmlab.batch import Batch
from fmlab.batches import MaskedBatches, Packed, cut, pack
from fmlab.comparison.switches import Kind, Switches, model_of, parameters
from fmlab.corpus import Corpus, Document, Split, toyworld
from fmlab.device import Device
from fmlab.models.bert import BertConfig
from fmlab.models.language_model import LanguageModel
from fmlab.objectives import pretraining_loss
from fmlab.processes import ALONE
from fmlab.seeds import seed_torch
from fmlab.sentence_order import ordered_pairs
from fmlab.sentence_pairs import half_rows, lay_out, sentence_pairs
from fmlab.step import Stepper
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

YARDSTICK = 1_000_003  # the seed of what is hidden in held-out rows: the same for all recipes
ASKED_RATE = 0.15
OTHER_RATE = 0.4
WIDER = 12  # so many times the words are opened, so that they come from several books
HELD_OUT_WORDS = 8_000  # of each held-out book


@dataclass(frozen=True)
class Budget:
    """What every recipe gets, whichever it is.

    Attributes:
        text: `books` or `toyworld`.
        amount: Words of the books, the same from each; sentences of the toy world.
        vocab_size, hidden_size, num_hidden_layers, num_attention_heads: Of tokenizer and model.
        seq_len: Tokens a row.
        tokens: So many are read in all.
        tokens_a_step: So many in a step, about.
        held_out: So many batches are looked at in the end, at most.
        learning_rate, matrix_learning_rate: As in `TrainConfig`.
    """

    text: str
    amount: int
    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    seq_len: int
    tokens: int
    tokens_a_step: int
    held_out: int
    learning_rate: float = 3e-3
    matrix_learning_rate: float = 0.03


BOOKS = Budget("books", 75_000, 1024, 128, 2, 4, 32, 700_000, 2048, 16)
TOY = Budget("toyworld", 2_000, 512, 64, 2, 4, 32, 120_000, 1024, 16)


@dataclass(frozen=True)
class Point:
    """One model, measured.

    Attributes:
        recipe: The name of its switches.
        seed: Of weights, order, masks and pairs.
        loss: On held-out text in nats a hidden token, 15 % hidden, pieces as packed rows.
        loss_at_40: The same text with 40 % hidden.
        loss_in_pairs: Held-out rows of two pieces in their order, 15 % hidden.
        next_accuracy: The share of held-out pairs, B true or random, that it tells right; None
            without a second task.
        order_accuracy: The same for pairs in order or exchanged.
        parameters: Weights.
        tokens: Read in all.
        steps: Of training.
        cpu_seconds: Of training, of all threads together.
    """

    recipe: str
    seed: int
    loss: float
    loss_at_40: float
    loss_in_pairs: float
    next_accuracy: float | None
    order_accuracy: float | None
    parameters: int
    tokens: int
    steps: int
    cpu_seconds: float


class Bench:
    """A text, cut once, on which recipes are trained and measured."""

    def __init__(self, budget: Budget, device: str = "cpu", text: Corpus | None = None) -> None:
        """Read the text and train its tokenizer.

        Args:
            budget: What every recipe gets.
            device: Where to train; in float32, as every machine can.
            text: The text if it is there already; else it is loaded.

        Raises:
            UserError: The text cannot be had.
        """
        self.budget, self.device = budget, Device(device, device, torch.float32)
        self.corpus = loaded(budget) if text is None else text
        train = "\n".join(self._texts("train")).split("\n")
        self.tokenizer = Tokenizer.train(train, budget.vocab_size)
        self._rows: dict[tuple[Split, Kind, int], Packed] = {}

    def _texts(self, split: Split) -> list[str]:
        return [document.text for document in self.corpus.split(split)]

    def rows(self, split: Split, kind: Kind, seed: int = 0) -> Packed:
        """Return rows of one kind; the seed chooses pairs, and nothing else."""
        key = (split, kind, seed if kind in ("next", "order") else 0)
        if key not in self._rows:
            self._rows[key] = self._made(self._texts(split), kind, seed)
        return self._rows[key]

    def _made(self, texts: list[str], kind: Kind, seed: int) -> Packed:
        tokenizer, length = self.tokenizer, self.budget.seq_len
        if kind == "packed":
            return pack(cut(texts, tokenizer, length), length, tokenizer.pad_id)
        if kind == "next":
            return sentence_pairs(texts, tokenizer, length, seed)
        if kind == "order":
            return ordered_pairs(texts, tokenizer, length, seed)
        documents = half_rows(texts, tokenizer, length)
        pairs = [(a, b, 0) for d in documents for a, b in pairwise(d)]
        return dataclasses.replace(lay_out(pairs, tokenizer, length), next_sentence_label=None)

    @cached_property
    def sizes(self) -> BertConfig:
        """The sizes that all recipes share."""
        budget = self.budget
        return BertConfig(
            vocab_size=self.tokenizer.vocab_size,
            hidden_size=budget.hidden_size,
            num_hidden_layers=budget.num_hidden_layers,
            num_attention_heads=budget.num_attention_heads,
            intermediate_size=4 * budget.hidden_size,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            max_position_embeddings=budget.seq_len,
            pad_token_id=self.tokenizer.pad_id,
        )

    def new_model(self, switches: Switches, seed: int) -> LanguageModel:
        """Return a recipe's model before its first step."""
        seed_torch(seed, "weights")
        return model_of(switches, self.sizes).to(self.device.name)

    def plan(self, switches: Switches, seed: int) -> tuple[int, int]:
        """Return how many rows a step reads, and how many steps there are."""
        rows, budget = self.rows("train", switches.rows, seed), self.budget
        tokens_a_row = rows.tokens / len(rows)
        a_step = max(1, round(budget.tokens_a_step / tokens_a_row))
        return a_step, max(1, round(budget.tokens / (a_step * tokens_a_row)))

    def train(self, switches: Switches, seed: int) -> tuple[LanguageModel, dict[str, Any]]:
        """Return a trained model, and `tokens`, `steps` and `cpu_seconds`."""
        a_step, steps = self.plan(switches, seed)
        masking: dict[str, Any] = {"rate": switches.mask_rate}
        if switches.mask_copies:
            masking |= {"masking": "static", "mask_copies": switches.mask_copies}
        rows = self.rows("train", switches.rows, seed)
        batches = MaskedBatches(rows, self.tokenizer, a_step, seed, **masking)
        config = TrainConfig(
            steps=steps,
            learning_rate=self.budget.learning_rate,
            matrix_learning_rate=self.budget.matrix_learning_rate,
            seed=seed,
        )
        model = self.new_model(switches, seed)
        stepper, tokens = Stepper(model, config, self.device, ALONE), 0
        started = time.process_time()
        for step in range(steps):
            batch = batches.batch(step)
            tokens += batch.tokens
            stepper.launch(batch.narrowed(), step)
        seconds = time.process_time() - started
        model.eval()
        return model, {"tokens": tokens, "steps": steps, "cpu_seconds": seconds}

    def measure(self, recipe: str, switches: Switches, seed: int) -> Point:
        """Return one point, made anew."""
        model, cost = self.train(switches, seed)
        has = switches.second_task
        return Point(
            recipe=recipe,
            seed=seed,
            loss=self.loss(model, "packed", ASKED_RATE),
            loss_at_40=self.loss(model, "packed", OTHER_RATE),
            loss_in_pairs=self.loss(model, "pairs", ASKED_RATE),
            next_accuracy=self.accuracy(model, "next") if has else None,
            order_accuracy=self.accuracy(model, "order") if has else None,
            parameters=parameters(model),
            **cost,
        )

    def held_out(self, kind: Kind, rate: float = ASKED_RATE) -> list[Batch]:
        """Return held-out batches; what is hidden in them depends on the rate alone."""
        rows = self.rows("valid", kind, YARDSTICK)
        size = min(len(rows), max(1, self.budget.tokens_a_step // self.budget.seq_len))
        batches = MaskedBatches(rows, self.tokenizer, size, YARDSTICK, rate)
        return [batches.batch(n) for n in range(min(self.budget.held_out, len(rows) // size))]

    @torch.no_grad()
    def loss(self, model: LanguageModel, kind: Kind, rate: float = ASKED_RATE) -> float:
        """Return the mean loss of a hidden token of held-out rows, in nats."""
        total, count = 0.0, 0
        for batch in self.held_out(kind, rate):
            moved = dataclasses.replace(batch, next_sentence_label=None).narrowed()
            loss = pretraining_loss(model, moved.to(self.device.name)).main
            total, count = total + float(loss) * len(batch.places), count + len(batch.places)
        return total / count

    @torch.no_grad()
    def accuracy(self, model: LanguageModel, kind: Kind) -> float:
        """Return the share of held-out pairs of one kind that the second head tells right."""
        right, count = 0, 0
        for batch in self.held_out(kind, 0.01):  # hardly anything hidden
            here = batch.to(self.device.name)
            pooled = model.states(here).pooler_output
            assert model.pair_head is not None
            assert pooled is not None
            assert here.next_sentence_label is not None
            found = model.pair_head(pooled).argmax(-1)
            right += int((found == here.next_sentence_label).sum())
            count += len(found)
        return right / count


def loaded(budget: Budget) -> Corpus:
    """Return the text of a budget; of each book the beginning, so that there are several.

    Raises:
        UserError: It cannot be had.
    """
    if budget.text == "toyworld":
        whole = corpus.load("toyworld", size=10 * budget.amount)
        pages = whole.split("train")[: budget.amount // toyworld.PAGE]
        return dataclasses.replace(whole, documents=(*pages, *whole.split("valid")))
    whole = corpus.load(budget.text, max_words=WIDER * budget.amount)
    books = whole.split("train")
    some = [beginning(one, budget.amount // len(books)) for one in books]
    held_out = [beginning(one, HELD_OUT_WORDS) for one in whole.split("valid")]
    return dataclasses.replace(whole, documents=(*some, *held_out))


def beginning(document: Document, words: int) -> Document:
    """Return a document's first paragraphs, up to about so many words."""
    kept, count = [], 0
    for line in document.text.split("\n"):
        kept.append(line)
        count += len(line.split())
        if count >= words:
            break
    return dataclasses.replace(document, text="\n".join(kept))
