"""Small models of the town: pretrained on its text, asked for pronouns, used to sort applicants.

Three ways lead from a pretrained model to a classifier: keep its features as they are and learn a
line through them (`frozen`), or train all weights (`fine-tuned`), with labels that are fair or
skewed. All of it is small enough for seconds on one core.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmlab import batches
from fmlab.audits.by_template import association
from fmlab.audits.town import JOBS, TEMPLATES, Applicants, Template, Town
from fmlab.batch import NOT_ASKED
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForClassification, BertForPreTraining
from fmlab.optimiser import make_optimisers
from fmlab.seeds import seed_torch, torch_generator
from fmlab.tokens import Tokenizer

MASK_RATE = 0.3
MASK = "[MASK]"
RATES = (3e-3, 0.02)  # of the tables and vectors, and of the matrices


@dataclass(frozen=True)
class Sizes:
    """How large a model of the town is, and how long it learns.

    Attributes:
        sentences: Of the town's text, before any augmentation.
        hidden: The length of a token's vector.
        layers: How many.
        batch: Sentences, or applicants, a step.
        steps: Of pretraining.
        people: Applicants with labels.
        tuning_steps: Of fine-tuning.
        tested: Applicants in the test.
    """

    sentences: int = 8_000
    hidden: int = 32
    layers: int = 2
    batch: int = 128
    steps: int = 300
    people: int = 3_000
    tuning_steps: int = 120
    tested: int = 4_000


class TownModels:
    """Makes and measures the models of one size, all with the same tokenizer."""

    def __init__(self, sizes: Sizes | None = None, device: str = "cpu") -> None:
        """Train the tokenizer on fair text, so that it does not depend on the skew.

        Raises:
            UserError: A word of the town is no token of its own.
        """
        self.sizes, self.device = sizes or Sizes(), device
        self.tokenizer = Tokenizer.train(Town().sample(6_000, seed=99), vocab_size=512)
        words = {*Town().vocabulary} - {*self.tokenizer.tokens(range(self.tokenizer.vocab_size))}
        if words:
            raise UserError(f"not one token each: {', '.join(sorted(words))}; take more text")
        marks = self.tokenizer
        self.special = torch.tensor([marks.pad_id, marks.cls_id, marks.sep_id])
        self.config = BertConfig(
            vocab_size=marks.vocab_size,
            hidden_size=self.sizes.hidden,
            num_hidden_layers=self.sizes.layers,
            num_attention_heads=4,
            intermediate_size=2 * self.sizes.hidden,
            max_position_embeddings=16,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            initializer_range=0.1,  # with BERT's 0.02, models this small hardly get off the ground
        )

    def rows(self, texts: Sequence[str]) -> Tensor:
        """Return one row of tokens a text, padded, `(N, T)`."""
        marks = self.tokenizer
        ids = [[marks.cls_id, *i, marks.sep_id] for i in marks.encode_batch(texts)]
        longest = max(map(len, ids))
        return torch.tensor([i + [marks.pad_id] * (longest - len(i)) for i in ids])

    def untrained(self, seed: int) -> BertForPreTraining:
        """Return a model with random weights: it has read nothing."""
        seed_torch(seed, "town", "weights")
        return BertForPreTraining(self.config, tied=False).to(self.device).eval()

    def pretrained(self, sentences: Sequence[str], seed: int) -> BertForPreTraining:
        """Return a model that has learned to fill in hidden words of these sentences."""
        sizes, marks = self.sizes, self.tokenizer
        rows, model = self.rows(sentences), self.untrained(seed).train()
        generator = torch_generator(seed, "town", "pretraining")
        for _ in learning(model, sizes.steps):
            ids = rows[torch.randint(len(rows), (sizes.batch,), generator=generator)]
            hidden, labels = batches.mask_tokens(
                ids,
                ~torch.isin(ids, self.special),
                marks.mask_id,
                marks.vocab_size,
                MASK_RATE,
                generator,
            )
            hidden, labels = hidden.to(self.device), labels.to(self.device)
            asked = labels != NOT_ASKED
            states = model.bert(hidden, hidden != marks.pad_id).last_hidden_state[asked]
            assert model.masked_head is not None  # made above
            loss = F.cross_entropy(model.masked_head(states), labels[asked])
            loss.backward()  # type: ignore[no-untyped-call]
        return model.eval()

    @torch.no_grad()
    def probabilities(
        self, model: BertForPreTraining, templates: Sequence[Template] = TEMPLATES
    ) -> tuple[Tensor, Tensor]:
        """Return the probabilities of the female and the male pronoun at the hidden place.

        With each job, `(S, J, 2)`, and with the job hidden too, `(S, 2)`.
        """
        assert model.masked_head is not None, "the model has no head for tokens"
        found = []
        for template in templates:
            ids = [
                [self.tokenizer.cls_id, *map(self.tokenizer.id, template.words(job))]
                for job in (*JOBS, MASK)
            ]
            rows = torch.tensor([[*one, self.tokenizer.sep_id] for one in ids]).to(self.device)
            states = model.bert(rows).last_hidden_state[:, template.place + 1]
            pronouns = [self.tokenizer.id(word) for word in template.pronouns]
            found.append(model.masked_head(states).double().softmax(-1)[:, pronouns].cpu())
        both = torch.stack(found)  # (S, J + 1, 2)
        return both[:, :-1], both[:, -1]

    def scores(self, model: BertForPreTraining) -> Tensor:
        """Return the association of each job with women, by template, in nats, `(S, J)`."""
        return association(*self.probabilities(model))

    @torch.no_grad()
    def loss(self, model: BertForPreTraining, sentences: Sequence[str]) -> float:
        """Return the mean of -log p(word | the rest), each word hidden in turn, in nats."""
        assert model.masked_head is not None, "the model has no head for tokens"
        rows = self.rows(sentences)
        text, place = (~torch.isin(rows, self.special)).nonzero(as_tuple=True)
        hidden, each = rows[text], torch.arange(len(text))
        targets = hidden[each, place].to(self.device)
        hidden[each, place] = self.tokenizer.mask_id
        hidden, place = hidden.to(self.device), place.to(self.device)
        states = model.bert(hidden, hidden != self.tokenizer.pad_id, only=place[:, None])
        return float(F.cross_entropy(model.masked_head(states.last_hidden_state[:, 0]), targets))

    def fine_tuned(
        self, model: BertForPreTraining, people: Applicants, seed: int
    ) -> BertForClassification:
        """Return the pretrained model as a classifier, all its weights trained on these people."""
        seed_torch(seed, "town", "classifier")
        classifier = BertForClassification(self.config, num_labels=len(JOBS)).to(self.device)
        classifier.bert.load_state_dict(model.bert.state_dict(), strict=False)
        generator = torch_generator(seed, "town", "fine-tuning")
        rows, pad = self.rows(people.texts), self.tokenizer.pad_id
        for _ in learning(classifier.train(), self.sizes.tuning_steps):
            some = torch.randint(len(rows), (self.sizes.batch,), generator=generator)
            seen, labels = rows[some].to(self.device), people.labels[some].to(self.device)
            logits = classifier(seen, seen != pad).logits
            assert logits is not None  # it has a classifier
            F.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
        return classifier.eval()

    @torch.no_grad()
    def sorted_by(self, classifier: BertForClassification, people: Applicants) -> Tensor:
        """Return the job that a classifier gives each person, `(N,)`."""
        rows = self.rows(people.texts).to(self.device)
        logits = classifier(rows, rows != self.tokenizer.pad_id).logits
        assert logits is not None  # it has a classifier
        jobs: Tensor = logits.argmax(1).cpu()
        return jobs

    @torch.no_grad()
    def features(self, model: BertForPreTraining, people: Applicants) -> Tensor:
        """Return the vector of [CLS] and the mean over all tokens, `(N, 2 hidden)`."""
        rows = self.rows(people.texts).to(self.device)
        there = (rows != self.tokenizer.pad_id)[..., None]  # (N, T, 1)
        states = model.bert(rows, there[..., 0]).last_hidden_state
        mean = (states * there).sum(1) / there.sum(1)
        return torch.cat([states[:, 0], mean], dim=1).cpu()

    def sorted_by_features(
        self, model: BertForPreTraining, people: Applicants, test: Applicants
    ) -> Tensor:
        """Return the jobs of the test by a linear classifier on frozen features, `(N,)`."""
        seen, unseen = self.features(model, people), self.features(model, test)
        centre, spread = seen.mean(0), seen.std(0) + 1e-6
        seen, unseen = (seen - centre) / spread, (unseen - centre) / spread
        line = nn.Linear(seen.size(1), len(JOBS))
        nn.init.zeros_(line.weight)
        nn.init.zeros_(line.bias)
        optimiser = torch.optim.LBFGS(line.parameters(), max_iter=100)

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = F.cross_entropy(line(seen), people.labels)
            loss = loss + 1e-3 * line.weight.square().sum()
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        optimiser.step(closure)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            found: Tensor = line(unseen).argmax(1)
        return found


def learning(model: nn.Module, steps: int) -> Iterator[int]:
    """Yield each step; the weights move after it by the gradients that it has left.

    The learning rate goes up, along, and down to 0.
    """
    optimisers = make_optimisers(model, *RATES, weight_decay=0.01, dtype=torch.float32)
    groups = [(group, group["lr"]) for one in optimisers for group in one.param_groups]
    for step in range(steps):
        share = min(1, (step + 1) / (0.05 * steps), (steps - step) / (0.4 * steps))
        for group, rate in groups:
            group["lr"] = rate * share
        model.zero_grad()
        yield step
        for optimiser in optimisers:
            optimiser.step()
