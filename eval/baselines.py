"""What a researcher would try first, to compare the network with: fitted on the same sentences, answering in the same way.

Each baseline learns from training sentences, chooses its settings on development sentences and gives a `Prediction`, so that one
scorer reads them all. Boilerplate is left out; a sentence whose topics (or participants) are not labelled does not teach them.
"""

from __future__ import annotations

import importlib.util
import time
import unicodedata
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise, product
from typing import Any, Protocol

import numpy as np

from ..data.coverage import fold
from ..data.labels import TOPICS, TYPES, Span, spans_to_tags, tags_to_spans
from ..data.schema import Participant, Sentence
from ..model.decoding import calibrated_probabilities, select_topics
from ..model.predictor import Prediction
from ..model.segmentation import Syllables, Word, align
from ..model.tokenization import modern_tones, normalise
from .calibration import fit_calibration, fit_thresholds
from .evaluate import without_boilerplate
from .keywords import SIGNS, learn_needs, participants_named, topic_words, topics_named
from .metrics import indicator, score_spans, score_topics, spans_of


class Baseline(Protocol):
    """A fitted baseline."""

    @property
    def name(self) -> str:
        """One of `BASELINES`."""

    @property
    def description(self) -> str:
        """One line that says what it is and which settings were chosen."""

    @property
    def topics(self) -> bool:
        """Whether it answers with topics."""

    @property
    def participants(self) -> bool:
        """Whether it answers with participants."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One answer for each text; one without topics has no scores."""


class BaselineError(ValueError):
    """A baseline that cannot be fitted to these labels, or not on this machine; the message says why."""


Build = Callable[[Sequence[Sentence], Sequence[Sentence], Sequence[str], Sequence[str]], Baseline]
"""Training sentences, development sentences, topics and types to a fitted baseline."""


def fit_baselines(
    train: Sequence[Sentence],
    development: Sequence[Sentence],
    topics: Sequence[str],
    types: Sequence[str],
    names: Sequence[str] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Baseline]:
    """Baselines fitted on the training sentences, in the order of `BASELINES`.

    Args:
        development: what settings and thresholds are chosen on.
        topics, types: the labels to answer with; others in the sentences do not count.
        names: of `BASELINES`; None takes all that can be fitted here, and `say` tells which cannot.
        say: called with a line before and after each.

    Raises:
        ValueError: for an unknown name.
        BaselineError: if one of `names` cannot be fitted to these labels.
        ModuleNotFoundError: if one of `names` needs a package that is missing.

    >>> sentence = Sentence("1", "thăm Lào", (), (Participant("Lào", 5, 8, "GPE"),))
    >>> fitted = fit_baselines([sentence], [], TOPICS, TYPES, ["majority"])
    >>> fitted[0].predict(["Lào và Mỹ"])[0].participants[0].text
    'Lào'
    """
    for name in names or ():
        if name not in BASELINES:
            raise ValueError(f"unknown baseline {name!r}; known are {', '.join(BASELINES)}")
    fitted = []
    for name, build in BASELINES.items():
        if names is not None and name not in names:
            continue
        say(f"fitting the baseline {name}")
        begin = time.perf_counter()
        try:
            baseline = build(train, development, topics, types)
        except (BaselineError, ModuleNotFoundError) as error:
            if names is not None:
                raise
            say(f"left out: {error}")
            continue
        say(f"{name}: {time.perf_counter() - begin:.1f} s; {baseline.description}")
        fitted.append(baseline)
    return fitted


TopicAnswer = tuple[tuple[str, ...], dict[str, float]]
"""The topics given, and a score for every topic."""
SpanAnswer = list[tuple[Span, float]]


@dataclass(frozen=True)
class _Fitted:
    """A baseline made of what names topics and what finds participants; either may be missing."""

    name: str
    description: str
    name_topics: Callable[[Sequence[str]], Sequence[TopicAnswer]] | None = None
    find_participants: Callable[[str], SpanAnswer] | None = None

    @property
    def topics(self) -> bool:
        return self.name_topics is not None

    @property
    def participants(self) -> bool:
        return self.find_participants is not None

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        texts = list(texts)
        named = self.name_topics(texts) if self.name_topics and texts else [((), {}) for _ in texts]
        found = [self.find_participants(text) if self.find_participants else [] for text in texts]
        return [
            Prediction(text, topics, scores, tuple(Participant(text[s:e], s, e, kind, score) for (s, e, kind), score in spans))
            for text, (topics, scores), spans in zip(texts, named, found, strict=True)
        ]


def _with_topics(sentences: Iterable[Sentence]) -> list[Sentence]:
    return [sentence for sentence in without_boilerplate(list(sentences)) if sentence.topics is not None]


def _with_participants(sentences: Iterable[Sentence]) -> list[Sentence]:
    return [sentence for sentence in without_boilerplate(list(sentences)) if sentence.participants is not None]


def _need_package(name: str, module: str, package: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise ModuleNotFoundError(
            f"{name}: the package {package} is not installed; pip install 'hoptac[baselines]'", name=module
        )


def fit_majority(
    train: Sequence[Sentence], development: Sequence[Sentence], topics: Sequence[str], types: Sequence[str]
) -> Baseline:
    """For every text the most frequent set of topics; participants are names known from training.

    Raises:
        BaselineError: if no training sentence has labels.
    """
    labelled, spans = _with_topics(train), _with_participants(train)
    said, answer, memory = [], None, None
    if topics and labelled:
        sets = Counter(tuple(topic for topic in topics if topic in (s.topics or ())) for s in labelled)
        commonest = sets.most_common(1)[0][0]
        rates = dict(zip(topics, indicator([s.topics or () for s in labelled], topics).mean(axis=0).tolist(), strict=True))
        said.append(f"for every sentence the most frequent set of topics, {', '.join(commonest) or 'none'}")

        def answer(texts: Sequence[str]) -> list[TopicAnswer]:
            return [(commonest, dict(rates)) for _ in texts]

    if types and spans:
        memory = _Names(spans, types)
        said.append(f"the {len(memory.known):,} names that were participants in most of their occurrences in training")
    if not said:
        raise BaselineError("majority: no training sentence has labels")
    return _Fitted("majority", "; ".join(said), answer, memory.find if memory else None)


class _Names:
    """Names of participants as sequences of words, with the type that they mostly have and how often they have it.

    A name counts where it stands as whole words and is not part of a longer one.
    """

    def __init__(self, sentences: Sequence[Sentence], types: Collection[str]) -> None:
        kinds: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for sentence in sentences:
            for p in sentence.participants or ():
                if p.type in types:
                    kinds[tuple(_surfaces(p.text, Syllables().segment(p.text)))][p.type] += 1
        self.longest = max(map(len, kinds), default=0)
        self.known: Mapping[tuple[str, ...], tuple[str, float]] = dict.fromkeys(kinds, ("", 0.0))
        seen: Counter[tuple[str, ...]] = Counter()
        right: Counter[tuple[str, ...]] = Counter()
        for sentence in sentences:
            gold = {(p.start, p.end) for p in sentence.participants or () if p.type in types}
            for name, start, end in self._occurrences(sentence.text):
                seen[name] += 1
                right[name] += (start, end) in gold
        self.known = {
            name: (kind, min(1.0, count / seen[name]))
            for name, (kind, count) in ((name, counts.most_common(1)[0]) for name, counts in kinds.items())
            if right[name] > seen[name] / 2
        }

    def find(self, text: str) -> SpanAnswer:
        found = ((self.known[name], start, end) for name, start, end in self._occurrences(text))
        return [((start, end, kind), share) for (kind, share), start, end in found]

    def _occurrences(self, text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Names with start and end, the longest at each place; they do not overlap."""
        words = Syllables().segment(text)
        surfaces = _surfaces(text, words)
        first = 0
        while first < len(words):
            for length in range(min(self.longest, len(words) - first), 0, -1):
                name = tuple(surfaces[first : first + length])
                if name in self.known:
                    yield name, words[first][0], words[first + length - 1][1]
                    first += length
                    break
            else:
                first += 1


def _surfaces(text: str, words: Sequence[Word]) -> list[str]:
    """The words' letters, however Unicode and the writer compose them."""
    return [_plain(text[start:end]) for start, end in words]


def _plain(word: str) -> str:
    return modern_tones(unicodedata.normalize("NFC", word.encode("utf-8", "replace").decode("utf-8")))


def fit_keywords(
    train: Sequence[Sentence], development: Sequence[Sentence], topics: Sequence[str], types: Sequence[str]
) -> Baseline:
    """The lists and rules of `keywords`; only what a topic needs besides its words comes from training sentences.

    Raises:
        BaselineError: for a scheme that has none of the package's own topics and types.
    """
    own, kinds = [t for t in topics if t in TOPICS], [t for t in types if t in TYPES]
    if not own and not kinds:
        raise BaselineError("keywords: has lists for the package's own topics and types only, and the scheme has none of them")
    needs = learn_needs(_with_topics(train))
    said = []
    if own:
        said.append(f"{sum(len(topic_words(t)) for t in own)} expressions for {len(own)} of {len(topics)} topics")
        for sign in SIGNS[1:]:
            if also := [topic for topic in own if needs[topic] == sign]:
                said.append(f"{sign} must be named too for {', '.join(also)}")
    if kinds:
        said.append(f"names of countries, titles and nouns of offices for {', '.join(kinds)}")

    def answer(texts: Sequence[str]) -> list[TopicAnswer]:
        named = [set(topics_named(text, needs)) for text in texts]
        return [(tuple(t for t in topics if t in row), {t: float(t in row) for t in topics}) for row in named]

    def find(text: str) -> SpanAnswer:
        return [(span, 1.0) for span in participants_named(text) if span[2] in kinds]

    return _Fitted("keywords", "; ".join(said), answer if own else None, find if kinds else None)


def fit_tfidf(
    name: str, train: Sequence[Sentence], development: Sequence[Sentence], topics: Sequence[str], types: Sequence[str]
) -> Baseline:
    """A linear classifier per topic on the TF-IDF of one and two syllables: `tfidf-lr` or `tfidf-svm`.

    Raises:
        BaselineError: if training or development sentences have no topics.
        ModuleNotFoundError: without scikit-learn.
    """
    _need_package(name, "sklearn", "scikit-learn")
    from sklearn.feature_extraction.text import TfidfVectorizer

    learnt, tried = _topic_data(name, train, development, topics)
    vectoriser = TfidfVectorizer(
        preprocessor=lambda text: normalise(text)[0].lower(),
        token_pattern=r"[^\W_]+",
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=2,
    )
    try:
        vectoriser.fit([s.text for s in learnt])
    except ValueError as error:
        raise BaselineError(f"{name}: the training sentences share no words: {error}") from None
    classifier = _Linear(vectoriser.transform, learnt, tried, topics, _CLASSIFIERS[name])
    return _Fitted(
        name,
        f"TF-IDF of {len(vectoriser.vocabulary_):,} single syllables and pairs, {classifier.description}",
        classifier.answer,
    )


def fit_embeddings(
    train: Sequence[Sentence],
    development: Sequence[Sentence],
    topics: Sequence[str],
    types: Sequence[str],
    backbone: str = "embedded",
) -> Baseline:
    """Logistic regression per topic on the mean state of an encoder that stays as it was pre-trained.

    Args:
        backbone: as for `load_backbone`; `embedded` is multilingual-e5-small, from which the shipped network was trained too.

    Raises:
        BaselineError: if training or development sentences have no topics, or the encoder cannot be loaded.
        ModuleNotFoundError: without scikit-learn, torch or transformers.
    """
    name = "embeddings-lr"
    for module, package in (("sklearn", "scikit-learn"), ("torch", "torch"), ("transformers", "transformers")):
        _need_package(name, module, package)
    learnt, tried = _topic_data(name, train, development, topics)
    embed = _Embedder(name, backbone)
    classifier = _Linear(embed, learnt, tried, topics, _CLASSIFIERS[name])
    return _Fitted(name, f"mean state of the frozen encoder {backbone}, {classifier.description}", classifier.answer)


def _topic_data(
    name: str, train: Sequence[Sentence], development: Sequence[Sentence], topics: Sequence[str]
) -> tuple[list[Sentence], list[Sentence]]:
    """The sentences of either set whose topics are labelled."""
    learnt, tried = _with_topics(train), _with_topics(development)
    for part, sentences in (("training", learnt), ("development", tried)):
        if not any(set(topics).intersection(s.topics or ()) for s in sentences):
            raise BaselineError(f"{name}: no {part} sentence has a topic")
    return learnt, tried


def _logistic(**options: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="liblinear", random_state=1, max_iter=1000, **options)


def _support_vector(**options: Any) -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(random_state=1, max_iter=5000, **options)


def _scaled_logistic(**options: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **options))


_CLASSIFIERS: Mapping[str, tuple[str, Callable[..., Any], Sequence[float]]] = {
    "tfidf-lr": ("logistic regression", _logistic, (4, 16, 64, 256, 1024)),
    "tfidf-svm": ("linear SVM", _support_vector, (0.1, 0.3, 1, 3, 10)),
    "embeddings-lr": ("logistic regression", _scaled_logistic, (0.001, 0.003, 0.01, 0.03, 0.1)),
}
"""Name for the description, estimator, values of C to choose from."""


class _Linear:
    """One linear classifier per topic; its setting, calibration and thresholds come from development sentences.

    Args:
        encode: texts to a matrix with a row for each.
    """

    def __init__(
        self,
        encode: Callable[[Sequence[str]], Any],
        train: Sequence[Sentence],
        development: Sequence[Sentence],
        topics: Sequence[str],
        classifier: tuple[str, Callable[..., Any], Sequence[float]],
    ) -> None:
        self.encode = encode
        self.topics = topics
        called, make, strengths = classifier
        seen, tried = encode([s.text for s in train]), encode([s.text for s in development])
        labels = indicator([s.topics or () for s in train], topics)
        gold = [s.topics or () for s in development]
        best = -1.0
        for strength, weight in product(strengths, (None, "balanced")):
            models = [_fit_column(partial(make, C=strength, class_weight=weight), seen, column) for column in labels.T]
            fitted = _Scorer(models, tried, indicator(gold, topics))
            found = [select_topics(dict(zip(topics, row, strict=True)), fitted.limits(topics)) for row in fitted.scores(tried)]
            if (f1 := score_topics(gold, found, topics)["macro_f1"]) > best:
                best, self.scorer = f1, fitted
                self.description = f"{called}, C={strength:g}, class_weight={weight}"

    def answer(self, texts: Sequence[str]) -> list[TopicAnswer]:
        rows = [dict(zip(self.topics, row, strict=True)) for row in self.scorer.scores(self.encode(texts)).tolist()]
        limits = self.scorer.limits(self.topics)
        return [(select_topics(row, limits), row) for row in rows]


def _fit_column(make: Callable[[], Any], features: Any, column: np.ndarray) -> Any:
    """A classifier of one topic; where all training sentences have it, or none, that share of them."""
    if len(set(column.tolist())) < 2:
        return float(column[0])
    return make().fit(features, column)


class _Scorer:
    """Probabilities of fitted classifiers, with calibration and thresholds from development sentences."""

    def __init__(self, models: Sequence[Any], features: Any, labels: np.ndarray) -> None:
        self.models = models
        self.fixed = np.array([isinstance(model, float) for model in models])
        self.calibration = [(1.0, 0.0)] * len(models)
        if not self.fixed.all():
            free = ~self.fixed
            self.calibration = fit_calibration(self._decisions(features)[:, free], labels[:, free])[:1] * len(models)
        self.thresholds = fit_thresholds(self.scores(features), labels)

    def _decisions(self, features: Any) -> np.ndarray:
        """Distances from the classifiers' planes (texts, topics)."""
        rows = features.shape[0]
        return np.stack(
            [np.zeros(rows) if isinstance(m, float) else m.decision_function(features) for m in self.models], axis=1
        )

    def scores(self, features: Any) -> np.ndarray:
        """Probabilities (texts, topics)."""
        probabilities = calibrated_probabilities(self._decisions(features), self.calibration)
        for column, model in enumerate(self.models):
            if isinstance(model, float):
                probabilities[:, column] = model
        return probabilities

    def limits(self, topics: Sequence[str]) -> dict[str, float]:
        return dict(zip(topics, self.thresholds, strict=True))


class _Embedder:
    """Texts to the mean of an encoder's last states, of length 1, with the prefix that e5 was trained with.

    Source of the prefix: Wang et al., Multilingual E5 Text Embeddings, arXiv 2402.05672.
    """

    def __init__(self, name: str, backbone: str) -> None:
        from ..model.backbone import BackboneError, load_backbone

        try:
            loaded = load_backbone(backbone)
        except (BackboneError, OSError) as error:
            raise BaselineError(f"{name}: the encoder {backbone} cannot be loaded: {error}") from None
        if loaded.segmented:
            raise BaselineError(f"{name}: the encoder {backbone} reads segmented words; one that reads text is needed")
        self.encoder = loaded.encoder.eval()
        self.tokenizer = loaded.tokenizer
        self.tokenizer.enable_padding(pad_id=loaded.config["pad_token_id"])
        self.tokenizer.enable_truncation(loaded.positions or 512)

    def __call__(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        import torch
        from torch.nn import functional

        from ..model.modeling import mean_state
        from ..model.runtime import computes_bf16

        texts = [f"query: {normalise(text)[0]}" for text in texts]
        found = np.zeros((len(texts), self.encoder.config.hidden_size), np.float32)
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        for first in range(0, len(order), batch_size):
            numbers = order[first : first + batch_size]
            batch = self.tokenizer.encode_batch([texts[number] for number in numbers])
            ids = torch.tensor([encoding.ids for encoding in batch])
            mask = torch.tensor([encoding.attention_mask for encoding in batch])
            with torch.inference_mode():
                with torch.autocast("cpu", torch.bfloat16, enabled=computes_bf16("cpu")):
                    states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
                found[numbers] = functional.normalize(mean_state(states.float(), mask), dim=-1).numpy()
        return found


def fit_crf(
    train: Sequence[Sentence], development: Sequence[Sentence], topics: Sequence[str], types: Sequence[str]
) -> Baseline:
    """A conditional random field (Lafferty et al. 2001) over words and marks, with the usual features of their spelling.

    Raises:
        BaselineError: if training or development sentences have no participants.
        ModuleNotFoundError: without sklearn-crfsuite.
    """
    name = "crf"
    _need_package(name, "sklearn_crfsuite", "sklearn-crfsuite")
    from sklearn_crfsuite import CRF

    learnt, tried = _with_participants(train), _with_participants(development)
    for part, sentences in (("training", learnt), ("development", tried)):
        if not any(p.type in types for s in sentences for p in s.participants or ()):
            raise BaselineError(f"{name}: no {part} sentence has a participant")
    words = [Syllables().segment(s.text) for s in learnt]
    rows = [_word_features(_surfaces(s.text, row)) for s, row in zip(learnt, words, strict=True)]
    spans = [[span for span in spans_of(s.participants or ()) if span[2] in types] for s in learnt]
    tags = [spans_to_tags(own, row)[0] for own, row in zip(spans, words, strict=True)]
    gold = [spans_of(s.participants or ()) for s in tried]
    best, chosen, description = -1.0, None, ""
    for c1, c2 in _REGULARISATION:
        model = CRF(algorithm="lbfgs", c1=c1, c2=c2, max_iterations=80, all_possible_transitions=True).fit(rows, tags)
        found = [[span for span, _ in _tagged_by(model, s.text)] for s in tried]
        if (f1 := score_spans(gold, found, types)["f1"]) > best:
            best, chosen, description = f1, model, f"c1={c1:g}, c2={c2:g}"
    return _Fitted(
        name,
        f"conditional random field on words, their shapes, beginnings, endings and neighbours, {description}",
        find_participants=partial(_tagged_by, chosen),
    )


_REGULARISATION = ((0.03, 0.3), (0.1, 0.1))
"""Weights of the L1 and the L2 norm to choose from."""


def _tagged_by(model: Any, text: str) -> SpanAnswer:
    """Participants by the most probable tags; the score is the least marginal probability of its words' tags."""
    words = Syllables().segment(text)
    if not words:
        return []
    tagger = model.tagger_
    tags = tagger.tag(_word_features(_surfaces(text, words)))
    certain = [tagger.marginal(tag, number) for number, tag in enumerate(tags)]
    return [
        ((words[first][0], words[end - 1][1], kind), min(1.0, min(certain[first:end]))) for first, end, kind in _tagged(tags)
    ]


def _tagged(tags: Sequence[str]) -> list[Span]:
    """Spans of word numbers; an `I-` tag that continues no span of its type begins one, as CoNLL's own scorer reads it."""
    valid = [f"B{tag[1:]}" if tag[0] == "I" and before[1:] != tag[1:] else tag for before, tag in pairwise(["O", *tags])]
    return tags_to_spans(valid, [(number, number + 1) for number in range(len(valid))])


def _word_features(surfaces: Sequence[str]) -> list[list[str]]:
    """For each word what the field sees of it and of two words on either side."""
    padded = ["<", "<", *(surface.lower() for surface in surfaces), ">", ">"]
    shapes = ["<", *map(_shape, surfaces), ">"]
    rows = []
    for at, surface in enumerate(surfaces):
        row = [*_own_features(surface), f"shapes={'|'.join(shapes[at : at + 3])}"]
        for offset in (-2, -1, 1, 2):
            if 0 <= at + offset < len(surfaces):
                row += _neighbour_features(offset, surfaces[at + offset])
        row += [f"pair{offset}={padded[at + offset]}|{padded[at + offset + 1]}" for offset in range(4)]
        rows.append(row)
    return rows


@lru_cache(maxsize=100_000)
def _own_features(surface: str) -> tuple[str, ...]:
    word = surface.lower()
    ends = [f"{side}{n}={word[:n] if side == 'p' else word[-n:]}" for side in "ps" for n in (1, 2, 3) if n <= len(word)]
    return ("bias", f"w={surface}", f"l={word}", f"shape={_shape(surface)}", *ends)


@lru_cache(maxsize=100_000)
def _neighbour_features(offset: int, surface: str) -> tuple[str, ...]:
    return f"{offset}l={surface.lower()}", f"{offset}shape={_shape(surface)}"


def _shape(surface: str) -> str:
    if not any(map(str.isalnum, surface)):
        return "mark"
    if any(map(str.isdigit, surface)):
        return "digits" if not any(map(str.isalpha, surface)) else "letters and digits"
    if surface.isupper():
        return "capitals" if len(surface) > 1 else "capital"
    return "first capital" if surface[0].isupper() else "small" if surface.islower() else "mixed"


def fit_underthesea(
    train: Sequence[Sentence], development: Sequence[Sentence], topics: Sequence[str], types: Sequence[str]
) -> Baseline:
    """`underthesea.ner` (Apache-2.0) as it comes; its places are taken for countries, and nothing is fitted.

    Raises:
        BaselineError: for a scheme that has none of the types PER, ORG and GPE.
        ModuleNotFoundError: without underthesea.
    """
    name = "underthesea"
    _need_package(name, "underthesea", "underthesea")
    kinds = [kind for kind in _ENTITIES.values() if kind in types]
    if not kinds:
        raise BaselineError(f"{name}: finds {', '.join(TYPES)} only, and the scheme has none of them")
    import underthesea

    return _Fitted(
        name,
        f"underthesea {underthesea.__version__}'s recogniser of names as it comes; its places are taken for GPE",
        find_participants=lambda text: [(span, 1.0) for span in _entities(text) if span[2] in kinds],
    )


_ENTITIES = {"PER": "PER", "ORG": "ORG", "LOC": "GPE"}


def _entities(text: str) -> list[Span]:
    """The entities of underthesea, laid back onto the text."""
    from underthesea import ner

    # As in `segmentation`, its tokeniser gets syllables with spaces between them.
    syllables = _surfaces(text, Syllables().segment(text))
    if not syllables:
        return []
    answers = [(token, tag) for token, _, _, tag in ner(" ".join(syllables))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a text whose words are lost has no entities
        words = align(text, [token for token, _ in answers])
    tags = ["O"] * len(words)
    spelt = [fold(text[start:end]) for start, end in words]
    position = 0
    for token, tag in answers:
        if (key := fold(token)) in spelt[position:]:
            position = spelt.index(key, position) + 1
            tags[position - 1] = tag if tag[2:] in _ENTITIES else "O"
    return [(words[first][0], words[end - 1][1], _ENTITIES[kind]) for first, end, kind in _tagged(tags)]


BASELINES: Mapping[str, Build] = {
    "keywords": fit_keywords,
    "tfidf-lr": partial(fit_tfidf, "tfidf-lr"),
    "tfidf-svm": partial(fit_tfidf, "tfidf-svm"),
    "embeddings-lr": fit_embeddings,
    "crf": fit_crf,
    "underthesea": fit_underthesea,
    "majority": fit_majority,
}
"""What can be compared with, by the names of `hoptac evaluate --baselines`."""
