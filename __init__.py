"""Topics and participants of cooperation between states in Vietnamese news, sentence by sentence.

>>> import hoptac
>>> hoptac.predict("Hai bên thảo luận về an ninh hàng hải.").topics
('maritime',)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .data.article import Article as Article
    from .data.article import read_article as read_article
    from .data.event import Event as Event
    from .data.labels import CORE_TOPICS as CORE_TOPICS
    from .data.labels import TOPICS as TOPICS
    from .data.schema import DataError as DataError
    from .data.schema import Participant as Participant
    from .data.schema import Sentence as Sentence
    from .model.bulk import predict_files as predict_files
    from .model.cluster import predict_dataset as predict_dataset
    from .model.configuration import CheckpointError as CheckpointError
    from .model.event_files import extract_files as extract_files
    from .model.events import extract_events as extract_events
    from .model.predictor import Prediction as Prediction
    from .model.predictor import Predictor as Predictor
    from .model.predictor import predict as predict

__version__ = "0.1.0"

_HOME = {
    "Article": "data.article",
    "Event": "data.event",
    "read_article": "data.article",
    "extract_events": "model.events",
    "extract_files": "model.event_files",
    "CORE_TOPICS": "data.labels",
    "TOPICS": "data.labels",
    "DataError": "data.schema",
    "Participant": "data.schema",
    "Sentence": "data.schema",
    "CheckpointError": "model.configuration",
    "Prediction": "model.predictor",
    "Predictor": "model.predictor",
    "predict": "model.predictor",
    "predict_files": "model.bulk",
    "predict_dataset": "model.cluster",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `import hoptac` costs milliseconds.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
