"""RoBERTa: BERT's layers, trained otherwise. Lay this file beside `bert.py`: what differs is this.

- No segments. Text is no longer cut into a first and a second sentence, so one vector, the same
  for every token, is left where BERT adds that of its segment.
- No next sentence: no pooler, and no second head. Rows are full of text.
- Positions count from the padding's number plus one, a habit of the code it was trained with: where
  padding is number 1, the first token stands at 2, and a table of 514 serves 512 tokens.
- The mask is drawn anew each time a row comes round. That is no part of a model: see
  `fmlab.masking` and `TrainConfig.masking`.

The rest of the paper's gain is more text, larger batches, more steps, and a vocabulary of bytes.

Letters in shapes as in `bert`.

Source: Liu et al. 2019, arXiv:1907.11692. Field names are those of Hugging Face.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fmlab.batch import Batch
from fmlab.errors import UserError
from fmlab.models.attention import Blocks, may_look
from fmlab.models.bert import BertConfig, Layer, MaskedHead
from fmlab.models.language_model import ACTIVATIONS, LanguageModel, Output, initialise, through


@dataclass(frozen=True)
class RobertaConfig(BertConfig):
    """The sizes of a RoBERTa: BERT's, but for these. The defaults are RoBERTa-Base's."""

    vocab_size: int = 50265
    max_position_embeddings: int = 514
    type_vocab_size: int = 1
    layer_norm_eps: float = 1e-5
    pad_token_id: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: As for BERT, or no position is left behind the padding's.
        """
        super().__post_init__()
        if self.longest < 1:
            raise UserError(
                f"max_position_embeddings is {self.max_position_embeddings}, and positions begin "
                f"behind pad_token_id {self.pad_token_id}; set it to {self.pad_token_id + 2} at "
                "least"
            )

    @property
    def longest(self) -> int:
        """The most tokens of a text."""
        return self.max_position_embeddings - self.pad_token_id - 1


class Embeddings(nn.Module):
    """Token and position, added up and normalised; and one vector more, the same for all."""

    def __init__(self, config: RobertaConfig) -> None:
        """Make three tables of vectors; of the third, the first row alone is used."""
        super().__init__()
        size = config.hidden_size
        self.padding = config.pad_token_id
        self.token = nn.Embedding(config.vocab_size, size, padding_idx=self.padding)
        self.position = nn.Embedding(config.max_position_embeddings, size, padding_idx=self.padding)
        self.token_type = nn.Embedding(config.type_vocab_size, size)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_ids: Tensor, position_ids: Tensor | None) -> Tensor:
        """Return `(B, T, hidden)` for `input_ids` of `(B, T)`; `position_ids` count from 0."""
        real = input_ids != self.padding
        if position_ids is None:
            position_ids = real.cumsum(dim=1) - 1  # padding has no place, wherever it stands
        places = (position_ids + 1) * real + self.padding
        summed = self.token(input_ids) + self.token_type.weight[0] + self.position(places)
        return self.dropout(self.norm(summed))  # type: ignore[no-any-return]


class Roberta(nn.Module):
    """The trunk: from token numbers to one vector a token."""

    def __init__(self, config: RobertaConfig, pooler: bool = False) -> None:
        """Make the embeddings and BERT's layers; a pooler only to hold one that a file brings."""
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size) if pooler else None
        self.apply(initialise(config.initializer_range))

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        blocks: Blocks | None = None,
        only: Tensor | None = None,
    ) -> Output:
        """Return the vectors of all tokens, or `only` of some; arguments as in `Bert.forward`.

        Raises:
            UserError: More tokens than there are positions.
        """
        longest = self.config.longest
        if position_ids is None and input_ids.size(1) > longest:
            raise UserError(
                f"{input_ids.size(1)} tokens, but the model has {longest} positions; cut the text"
            )
        hidden_states = self.embeddings(input_ids, position_ids)
        allowed = blocks or may_look(attention_mask, document_ids)
        hidden_states, all_states, all_weights = through(
            self.layers, hidden_states, allowed, output_attentions, only
        )
        pooled = None if self.pooler is None else torch.tanh(self.pooler(hidden_states[:, 0]))
        return Output(
            hidden_states,
            pooled,
            hidden_states=all_states if output_hidden_states else None,
            attentions=all_weights if output_attentions else None,
        )


class RobertaForPreTraining(LanguageModel):
    """The trunk with the one head that its pretraining needs: masked tokens."""

    def __init__(self, config: RobertaConfig, tied: bool = True) -> None:
        """Put the head on a trunk.

        Args:
            config: The sizes.
            tied: Whether the head shares the table of token embeddings, as RoBERTa's does.
        """
        super().__init__()
        self.config = config
        self.roberta = Roberta(config)
        table = self.roberta.embeddings.token.weight
        table = table if tied else nn.Parameter(table.detach().clone())
        self.masked_head = MaskedHead(config, table)
        self.masked_head.activation = ACTIVATIONS["gelu"]  # as theirs, whatever the layers have
        self.masked_head.apply(initialise(config.initializer_range))

    @property
    def trunk(self) -> Roberta:
        """From token numbers to one vector a token."""
        return self.roberta

    @property
    def token_head(self) -> MaskedHead:
        """From a token's vector to a score for each token of the vocabulary."""
        return self.masked_head

    def states(self, batch: Batch, blocks: Blocks | None = None) -> Output:
        """Return the trunk's output: tokens and places, and no segments."""
        return self.roberta(  # type: ignore[no-any-return]
            batch.input_ids,
            batch.attention_mask,
            batch.position_ids,
            batch.document_ids,
            blocks=blocks,
            only=batch.only,
        )

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> Output:
        """Return the trunk's output with the head's logits; arguments as in `Roberta.forward`."""
        out = self.roberta(
            input_ids,
            attention_mask,
            position_ids,
            document_ids,
            output_attentions,
            output_hidden_states,
        )
        return Output(
            out.last_hidden_state,
            out.pooler_output,
            self.masked_head(out.last_hidden_state),
            hidden_states=out.hidden_states,
            attentions=out.attentions,
        )
