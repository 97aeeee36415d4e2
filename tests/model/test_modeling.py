"""The network and its losses."""

from __future__ import annotations

import pytest
import torch

from hoptac.model.modeling import IGNORED, TopicHead, TopicParticipantModel, mean_state, tag_loss, topic_loss


def test_missing_topic_labels_do_not_count_as_negatives() -> None:
    logits = torch.tensor([[3.0, -1.0], [0.5, 2.0]])
    labels = torch.tensor([[1, IGNORED], [IGNORED, IGNORED]])
    assert topic_loss(logits, labels).item() == pytest.approx(torch.nn.functional.softplus(torch.tensor(-3.0)).item())
    assert topic_loss(logits, torch.full((2, 2), IGNORED)).item() == 0


def test_missing_tag_labels_are_ignored() -> None:
    logits = torch.randn(1, 3, 5)
    one = tag_loss(logits, torch.tensor([[2, IGNORED, IGNORED]]))
    assert one.item() == pytest.approx(torch.nn.functional.cross_entropy(logits[0, :1], torch.tensor([2])).item())
    assert tag_loss(logits, torch.full((1, 3), IGNORED)).item() == 0


def test_padding_does_not_change_the_answers(tiny_model: TopicParticipantModel) -> None:
    model = tiny_model.eval()
    ids = torch.tensor([[0, 5, 6, 7, 2]])
    padded = torch.tensor([[0, 5, 6, 7, 2, 1, 1, 1]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 0, 0, 0]])
    with torch.no_grad():
        plain, longer = model(ids, torch.ones_like(ids)), model(padded, mask)
    torch.testing.assert_close(plain["topic_logits"], longer["topic_logits"])
    torch.testing.assert_close(plain["tag_logits"], longer["tag_logits"][:, :5])


def test_mean_state_leaves_out_padding() -> None:
    states = torch.tensor([[[1.0, 3.0], [3.0, 5.0], [100.0, 100.0]]])
    assert mean_state(states, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 4.0]]


def test_topic_head_is_a_scaled_cosine_to_the_centre() -> None:
    head = TopicHead(2, 1).eval()
    with torch.no_grad():
        head.vectors.copy_(torch.tensor([[0.0, 4.0]]))
        head.center.copy_(torch.tensor([1.0, 0.0]))
        logits = head(torch.tensor([[[1.0, 2.0]]]), torch.ones(1, 1))
    assert logits.item() == pytest.approx(8.0 - 2.0)


@pytest.mark.parametrize(("topics", "tags"), [(0, 7), (12, 0)])
def test_one_task_alone(tiny_model: TopicParticipantModel, topics: int, tags: int) -> None:
    model = TopicParticipantModel(tiny_model.encoder, topics, tags)
    ids = torch.tensor([[0, 5, 2]])
    output = model(ids, torch.ones_like(ids), torch.zeros(1, topics), torch.zeros(1, 3, dtype=torch.long))
    assert set(output) == {"loss", "topic_logits" if topics else "tag_logits"}


def test_a_network_without_tasks_is_refused(tiny_model: TopicParticipantModel) -> None:
    with pytest.raises(ValueError, match="topics or tags"):
        TopicParticipantModel(tiny_model.encoder, 0, 0)
