"""The network: one encoder, a topic head and a tag head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

IGNORED = -100
"""Label of what is not labelled or not scored."""


class TopicHead(nn.Module):
    """Cosine between the centred mean of the token states and a learned vector per topic, scaled and shifted.

    Embeddings of multilingual encoders crowd in a narrow cone (cosines of unrelated sentences around 0.85), so their
    common mean is taken away first (Mu and Viswanath, 2018, All-but-the-Top).
    """

    def __init__(self, hidden: int, topics: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(topics, hidden) / hidden**0.5)
        self.scale = nn.Parameter(torch.full((topics,), 8.0))
        self.bias = nn.Parameter(torch.full((topics,), -2.0))
        self.register_buffer("center", torch.zeros(hidden))
        self.dropout = nn.Dropout(dropout)
        self.center: Tensor

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """States (batch, tokens, hidden) and mask (batch, tokens) to logits (batch, topics)."""
        centred = self.dropout(mean_state(states, mask) - self.center)
        cosine = functional.normalize(centred, dim=-1) @ functional.normalize(self.vectors, dim=-1).T
        return cosine * self.scale + self.bias


def mean_state(states: Tensor, mask: Tensor) -> Tensor:
    """Mean of the states (batch, tokens, hidden) where mask (batch, tokens) is 1: (batch, hidden)."""
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1)


class TopicParticipantModel(nn.Module):
    """Any transformers encoder with the two heads of hoptac.

    Args:
        encoder: a module called with `input_ids` and `attention_mask` that returns `last_hidden_state`.
        topics: number of topics; 0 for a network without topic head.
        tags: number of tags; 0 for a network without tag head.
        topic_weight: weight of the topic loss in the joint loss; the tag loss has weight 1.
    """

    def __init__(self, encoder: nn.Module, topics: int, tags: int, dropout: float = 0.1, topic_weight: float = 4.0) -> None:
        super().__init__()
        if not topics and not tags:
            raise ValueError("a network needs topics or tags")
        hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None  # type: ignore[assignment]  # neither head reads it
        self.encoder = encoder
        self.topic_head = TopicHead(hidden, topics, dropout) if topics else None
        self.tag_head = nn.Linear(hidden, tags) if tags else None
        self.dropout = nn.Dropout(dropout)
        self.topic_weight = topic_weight

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        topic_labels: Tensor | None = None,
        tag_labels: Tensor | None = None,
        counts: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Logits of both heads, and the joint loss when labels are given.

        Args:
            input_ids, attention_mask: (batch, tokens).
            topic_labels: (batch, topics), 1, 0 or IGNORED.
            tag_labels: (batch, tokens), a tag index or IGNORED.
            counts: (2,), the labelled topic entries and tokens that the losses are divided by, where this batch is only a part of
                what one step of the optimiser learns from; None divides by this batch's own.

        Returns:
            `topic_logits` (batch, topics), `tag_logits` (batch, tokens, tags), and `loss`, a scalar.
        """
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        device = states.device.type
        if states.dtype == torch.float32 and not torch.is_autocast_enabled(device):
            return self._heads(states, attention_mask, topic_labels, tag_labels, counts)
        # The heads cost nothing, and three digits of a logit are not enough for a threshold.
        with torch.autocast(device, enabled=False):
            return self._heads(states.float(), attention_mask, topic_labels, tag_labels, counts)

    def _heads(
        self,
        states: Tensor,
        attention_mask: Tensor,
        topic_labels: Tensor | None,
        tag_labels: Tensor | None,
        counts: Tensor | None,
    ) -> dict[str, Tensor]:
        output: dict[str, Tensor] = {}
        losses: list[Tensor] = []
        if self.topic_head is not None:
            output["topic_logits"] = self.topic_head(states, attention_mask)
            if topic_labels is not None:
                count = None if counts is None else counts[0]
                losses.append(self.topic_weight * topic_loss(output["topic_logits"], topic_labels, count))
        if self.tag_head is not None:
            output["tag_logits"] = self.tag_head(self.dropout(states))
            if tag_labels is not None:
                count = None if counts is None else counts[1]
                losses.append(tag_loss(output["tag_logits"], tag_labels, count))
        return {"loss": torch.stack(losses).sum(), **output} if losses else output


def topic_loss(logits: Tensor, labels: Tensor, count: Tensor | None = None) -> Tensor:
    """Binary cross-entropy summed over the labelled entries of (batch, topics), divided by their number or by `count`."""
    known = labels != IGNORED
    losses = functional.binary_cross_entropy_with_logits(logits.float(), labels.clamp(min=0).float(), reduction="none")
    return (losses * known).sum() / (known.sum() if count is None else count).clamp(min=1)


def tag_loss(logits: Tensor, labels: Tensor, count: Tensor | None = None) -> Tensor:
    """Cross-entropy summed over the labelled tokens of (batch, tokens, tags), divided by their number or by `count`."""
    known = (labels != IGNORED).sum() if count is None else count
    losses = functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return losses / known.clamp(min=1)


def build_model(
    backbone: Mapping[str, Any], topics: int, tags: int, dropout: float = 0.1, topic_weight: float = 4.0
) -> TopicParticipantModel:
    """An untrained network around the encoder that a transformers configuration describes."""
    from transformers import AutoConfig, AutoModel

    fields = dict(backbone)
    config = AutoConfig.for_model(fields.pop("model_type"), **fields)
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    return TopicParticipantModel(encoder, topics, tags, dropout, topic_weight)
