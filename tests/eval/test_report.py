"""A study of any shape becomes a page that shows what it holds, runs nothing that stands in users' texts, and asks no one for anything."""

from __future__ import annotations

import base64
import copy
import json
import os
import random
import re
import select
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from hoptac.data.corpus import load_corpus
from hoptac.data.coverage import fold
from hoptac.data.labels import TYPES, bio_tags
from hoptac.data.schema import Participant, Sentence, read_sentences
from hoptac.eval import report, report_blocks, report_results
from hoptac.eval.baselines import Baseline
from hoptac.eval.contenders import Contender, open_contenders
from hoptac.eval.report import write_report
from hoptac.eval.report_blocks import score_name, signed
from hoptac.eval.report_results import _pieces
from hoptac.eval.study import study
from hoptac.model.configuration import CheckpointConfig
from hoptac.model.predictor import Prediction, Predictor

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{ 7*7 }}"
LONG = "một_nhãn_rất_dài_" * 12


class Answers:
    """A checkpoint, or a baseline, that answers with the gold and errs in a share of it."""

    name, description, topics, participants = "majority", "the most frequent answer", True, True

    def __init__(
        self, gold: Sequence[Sentence], topics: Sequence[str], types: Sequence[str], errs: float, name: str = "majority"
    ):
        self.gold = {s.text: s for s in gold}
        self.errs, self.name = errs, name
        self.config = CheckpointConfig(
            {"model_type": "bert"},
            "phobert-base",
            tuple(topics),
            tuple(types),
            bio_tags(types),
            operating_points={"0.95": dict.fromkeys(topics, 0.8)},
            files={"model.onnx": "0123456789abcdef" * 4},
        )

    def predict(self, texts: Sequence[str], batch_size: int = 32) -> list[Prediction]:
        found = []
        for text in texts:
            gold, draw = self.gold.get(text), random.Random(f"{self.name} {text}")
            own = set(gold.topics or () if gold else ())
            topics = [t for t in self.config.topics if (t in own) != (draw.random() < self.errs)]
            scores = {t: draw.uniform(0.5, 1) if t in topics else draw.uniform(0, 0.5) for t in self.config.topics}
            spans = [p for p in (gold.participants or () if gold else ()) if draw.random() > self.errs]
            found.append(Prediction(text, tuple(topics), scores, tuple(spans)))
        return found


def sentences(topics: Sequence[str], types: Sequence[str], number: int = 30, word: str = "Lào") -> list[Sentence]:
    draw = random.Random(7)
    found = []
    for n in range(number):
        text = f"Việt Nam thăm {word} lần thứ {n}"
        start = text.index(word)
        spans = [Participant("Việt Nam", 0, 8, types[n % len(types)]), Participant(word, start, start + len(word), types[-1])]
        own = tuple(t for t in topics if draw.random() < 0.4)
        found.append(Sentence(f"s{n}", text, own, tuple(spans) if types else (), writer=f"w{n % 3}"))
    return found


def make(
    topics: Sequence[str] = ("trade", "mia"),
    types: Sequence[str] = TYPES,
    gold: list[Sentence] | None = None,
    names: Sequence[str] = ("default",),
    data: str = "corpus:test",
    baselines: Sequence[tuple[str, float]] = (),
    errs: float = 0.1,
    **options: Any,
) -> dict[str, Any]:
    """A study of made-up answers, the later checkpoints and baselines with more errors than the first."""
    gold = sentences(topics, types) if gold is None else gold
    own = [
        Contender(name, cast(Predictor, Answers(gold, topics, types, errs * (n + 1), name)), None)
        for n, name in enumerate(names)
    ]
    fitted = [cast(Baseline, Answers(gold, topics, types, wrong, name)) for name, wrong in baselines]
    found = study(own, {data: gold}, fitted, known_names={name: {fold("Lào")} for name in names}, draws=20, **options)
    return cast(dict[str, Any], json.loads(json.dumps(found)))


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return make(names=("first", "second"), baselines=[("keywords", 0.3), ("perfect", 0.0)], perturb=True)


@pytest.fixture(scope="module")
def drawn(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What is written of `small`."""
    return write_report(small, tmp_path_factory.mktemp("report"))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made but not rendered, which is what takes time."""
    monkeypatch.setattr(report_blocks, "inline_svg", lambda figure, name: "<svg></svg>")
    monkeypatch.setattr(report_blocks, "write_png", lambda figure, path: Path(path).write_bytes(b""))


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch, undrawn: None) -> None:
    for make_figure in ("dots", "threshold_curves", "reliability_plot"):
        for module in (report, report_results):
            monkeypatch.setattr(module, make_figure, lambda *given: Figure(), raising=False)


class Page(HTMLParser):
    """What a page has: its headings, words, elements, and the places it would load something from."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.ids: list[str] = []
        self._words: list[str] = []
        self.feed(source)

    @property
    def words(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._words.append(" ")
        self.attributes += [name for name, _ in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.loads += [v for name, v in attrs if name in ("src", "href", "srcset", "data", "action", "poster") and v]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self._words.append(data)
        if self.headings and self.lasttag.startswith("h") and self.lasttag[1:].isdigit() and data.strip():
            self.headings[-1] += data


def page_of(found: dict[str, Any], folder: Path) -> Page:
    return Page(write_report(found, folder)[0].read_text(encoding="utf-8"))


def test_what_a_study_holds_is_shown_in_order(small: dict[str, Any], tmp_path: Path, without_figures: None) -> None:
    page = page_of(small, tmp_path)
    inner = ["Topics", "Thresholds and probabilities", "Participants", "Slices", "Robustness", "Worst errors"]
    assert page.headings == [
        "Evaluation of first, second",
        "What was measured",
        "Where a baseline beats the network",
        "corpus:test",
        "Comparison",
        "Baselines",
        "Results of first",
        *inner,
        "Results of second",
        *inner,
        "What the scores mean",
        "Sources",
    ]
    for words in (
        "phobert-base",
        "0123456789ab…",
        "3 writers drawn with replacement",
        "20 draws, seed 1",
        "exchanging the answers to each sentence",
    ):
        assert words in page.words
    scores = small["data"]["corpus:test"]["results"]["first"]["scores"]
    for score in ("topics/macro_f1", "topics/trade/average_precision", "participants/partial/ORG/recall"):
        assert f"{scores[score]['value']:.3f}" in page.words
    assert "thresholds=predictor.thresholds_at(0.95)" in page.words
    f1 = scores["participants/exact/f1"]
    assert f"participants, exact F1 {f1['value']:.3f} {f1['low']:.3f}–{f1['high']:.3f}" in page.words


def test_everything_written_is_returned(drawn: list[Path]) -> None:
    folder = drawn[0].parent
    assert sorted(drawn) == sorted(path for path in folder.rglob("*") if path.is_file())
    assert drawn[0].name == "report.html"
    assert {path.name for path in drawn[1:]} >= {"corpus-test-baselines.png", "corpus-test-first-topics.png"}
    page = Page(drawn[0].read_text(encoding="utf-8"))
    assert page.tags.count("figure") == len(drawn) - 1
    assert len(set(page.ids)) == len(page.ids)
    assert {target[1:] for target in page.loads} <= set(page.ids)


def test_the_same_study_gives_the_same_page(small: dict[str, Any], tmp_path: Path, undrawn: None) -> None:
    first, again = (write_report(small, tmp_path / name) for name in "ab")
    assert first[0].read_bytes() == again[0].read_bytes()


def test_a_page_that_fails_leaves_the_old_one(small: dict[str, Any], tmp_path: Path, without_figures: None) -> None:
    write_report(small, tmp_path)
    before = (tmp_path / "report.html").read_bytes()
    broken = copy.deepcopy(small)
    del (
        broken["data"]["corpus:test"]["results"]["second"]["sentences"],
        broken["data"]["corpus:test"]["results"]["first"]["sentences"],
    )
    with pytest.raises(KeyError):
        write_report(broken, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == before


def hostile() -> dict[str, Any]:
    """Markup in every name and text that a user gives, and names too long for any line."""
    topics, types = (EVIL, LONG, "trade", 'a"b&c'), ("PER<i>", LONG)
    gold = [
        Sentence(
            s.id + EVIL,
            s.text,
            s.topics,
            s.participants,
            kind="body",
            doc="",
            writer=s.writer + EVIL,
            extra={"register": EVIL + s.id[-1]},
        )
        for s in sentences(topics, types, word=EVIL)
    ]
    found = make(topics, types, gold, (EVIL, LONG), EVIL, [("<u>base", 0.0)], perturb=True)
    found["baselines"] = {"<u>base": EVIL}
    found["hoptac"] = EVIL
    for outcomes in found["data"][EVIL]["robustness"].values():
        outcomes[0] |= {"name": EVIL, "description": EVIL}
    return found


def test_markup_in_users_texts_is_shown_as_text(hostile_page: Path) -> None:
    page = Page(hostile_page.read_text(encoding="utf-8"))
    assert page.words.count(" ".join(EVIL.split())) > 30
    assert not {"script", "img", "u"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(target.startswith("#") for target in page.loads)


def test_a_lone_surrogate_and_control_characters_are_written(tmp_path: Path, undrawn: None) -> None:
    assert "\\ud800" in page_of(make(data="\ud800\x00\x1b"), tmp_path).words


def test_nothing_in_the_page_loads_anything(drawn: list[Path]) -> None:
    source = drawn[0].read_text(encoding="utf-8")
    page = Page(source)
    assert page.loads
    assert all(target.startswith("#") for target in page.loads)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert not re.search(r"@import|url\((?!#)|https?:", source)
    assert "default-src 'none'" in source


@pytest.mark.parametrize(
    ("errs", "other", "words"), [(0.2, 0.0, "perfect in"), (0.0, 0.4, "none of 1 baseline scores higher than first")]
)
def test_the_head_says_whether_a_baseline_beats_the_network(
    errs: float, other: float, words: str, tmp_path: Path, without_figures: None
) -> None:
    found = make(names=("first",), errs=errs, baselines=[("perfect", other)])
    source = write_report(found, tmp_path)[0].read_text(encoding="utf-8")
    head = Page(source[: source.index("<main>")]).words
    assert words in head
    beaten = found["data"]["corpus:test"]["beaten_by"]
    assert bool(beaten) == (errs > other)
    assert (f"higher than first in {len(beaten)} comparison" in head) == bool(beaten)
    body = Page(source[source.index("<main>") :]).words
    if beaten:
        certain = [row for row in beaten if row["high"] is not None and row["high"] < 0]
        assert certain
        assert f"in {len(certain)} of them" in head
        assert f"In {len(certain)} of {len(beaten)} the interval" in body
        assert body.count("below zero") == len(certain) + 1
        assert body.count("includes zero") == len(beaten) - len(certain)


def test_without_baselines_nothing_is_said_of_them(tmp_path: Path, without_figures: None) -> None:
    page = page_of(make(), tmp_path)
    assert not [heading for heading in page.headings if "aseline" in heading]
    assert "The network beside" not in page.words


@pytest.mark.parametrize("groups", [9, 10])
def test_few_groups_are_said_prominently(groups: int, tmp_path: Path, without_figures: None) -> None:
    gold = [
        Sentence(s.id, s.text, s.topics, s.participants, writer=f"w{n % groups}")
        for n, s in enumerate(sentences(("trade",), TYPES))
    ]
    source = write_report(make(("trade",), gold=gold), tmp_path)[0].read_text(encoding="utf-8")
    assert (source.count('class="box warning"') == 2) == (groups < 10)


def without(*path: str) -> Callable[[dict[str, Any]], None]:
    """Takes away a part of the data set's results, or of each result."""

    def change(found: dict[str, Any]) -> None:
        for data in found["data"].values():
            for part in [data, *data["results"].values()]:
                for name in path:
                    part.pop(name, None)

    return change


@pytest.mark.parametrize(
    "part",
    [
        "comparisons",
        "baselines",
        "robustness",
        "slices",
        "names",
        "errors",
        "curves",
        "reliability",
        "operating_points",
        "confusions",
        "thresholds",
    ],
)
def test_a_part_may_be_absent(part: str, small: dict[str, Any], tmp_path: Path, without_figures: None) -> None:
    found = copy.deepcopy(small)
    without(part, *(["beaten_by"] if part == "baselines" else []))(found)
    assert found != small
    words = page_of(found, tmp_path).words
    assert not re.search(r"\bNone\b|\bnan\b|\bundefined\b", words)


def test_values_that_are_none_are_dashes(small: dict[str, Any], tmp_path: Path, undrawn: None) -> None:
    def emptied(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: emptied(item) for key, item in value.items()}
        if isinstance(value, list):
            return [emptied(item) for item in value]
        return None if isinstance(value, float) else value

    found = copy.deepcopy(small)
    for data in found["data"].values():
        for result in data["results"].values():
            for part in ("scores", "slices", "names", "operating_points", "reliability"):
                result[part] = emptied(result[part])
        for part in ("comparisons", "baselines", "robustness"):
            data[part] = emptied(data[part])
        data["beaten_by"] = []
    words = page_of(found, tmp_path).words
    assert not re.search(r"\bNone\b|\bnan\b", words)
    assert "topics, macro-F1 – no interval" in words


@pytest.mark.parametrize("labelled", ["topics", "participants"])
def test_one_side_may_be_unlabelled(labelled: str, tmp_path: Path, undrawn: None) -> None:
    other = {"topics": "participants", "participants": "topics"}[labelled]
    gold = [Sentence(s.id, s.text, **{labelled: getattr(s, labelled), other: None}) for s in sentences(("trade",), TYPES)]
    page = page_of(make(("trade",), gold=gold, perturb=True, baselines=[("keywords", 0.4)]), tmp_path)
    assert ("Topics" in page.headings, "Participants" in page.headings) == (labelled == "topics", labelled != "topics")
    assert f"{other} not labelled" in page.words
    assert not re.search(r"\bNone\b|\bnan\b", page.words)


@pytest.mark.parametrize(("topics", "types"), [(1, 1), (40, 8), (0, 2), (2, 0)])
def test_own_labels_of_any_number(topics: int, types: int, tmp_path: Path, undrawn: None) -> None:
    own = [f"chủ đề/{n}" for n in range(topics)], [f"loại {n}" for n in range(types)]
    gold = sentences(*own, number=12) if types else [Sentence("1", "Lào", tuple(own[0]), ())]
    page = page_of(make(*own, gold=gold), tmp_path / "a folder" / "that is new")
    for label in (*own[0], *own[1]):
        assert label in page.words


def test_one_sentence_is_enough(tmp_path: Path, undrawn: None) -> None:
    found = make(gold=[Sentence("1", "Lào", ("trade",), (Participant("Lào", 0, 3, "GPE"),))], names=("a", "b"), perturb=True)
    assert not re.search(r"\bNone\b|\bnan\b", page_of(found, tmp_path).words)


def test_seeds_are_summed_up(tmp_path: Path, undrawn: None) -> None:
    found = make(names=("seed-1", "seed-2", "seed-3"), seeds=True)
    page = page_of(found, tmp_path)
    row = found["data"]["corpus:test"]["seeds"]["scores"]["topics/macro_f1"]
    assert "Seeds" in page.headings
    assert "Comparison" not in page.headings
    shown = [
        f"{row['mean']:.3f}",
        f"± {row['deviation']:.3f}",
        f"{row['low']:.3f}–{row['high']:.3f}",
        *(f"{v:.3f}" for v in row["values"]),
    ]
    assert " ".join(shown[:2]) in page.words.replace("topics, macro-F1 ", "")
    assert all(figure in page.words for figure in shown)


def test_one_seed_has_no_deviation(tmp_path: Path, undrawn: None) -> None:
    assert "± None" not in page_of(make(names=("seed-1",), seeds=True), tmp_path).words


def test_files_of_pictures_never_collide(tmp_path: Path, without_figures: None) -> None:
    found = make(data="数据")
    found["data"] |= {"a b": found["data"]["数据"], "A:B": found["data"]["数据"]}
    written = write_report(found, tmp_path)
    assert len(set(written)) == len(written)
    assert all(re.fullmatch(r"[a-z0-9-]+\.png", path.name) for path in written[1:])


def test_worst_errors_show_what_is_missed_and_what_is_wrong(tmp_path: Path, without_figures: None) -> None:
    found = make()
    text = "Bộ Công an thăm Lào"
    found["data"]["corpus:test"]["results"]["default"]["errors"] = [
        {
            "id": "e1",
            "text": text,
            "wrong": 2.5,
            "gold": {"topics": ["trade"], "participants": [[0, 10, "ORG"], [16, 19, "GPE"]]},
            "found": {"topics": ["mia"], "participants": [[0, 6, "ORG"], [16, 19, "GPE"]]},
            "scores": {"trade": 0.125, "mia": 0.75},
        }
    ]
    source = write_report(found, tmp_path)[0].read_text(encoding="utf-8")
    article = source[source.index('<article class="error">') : source.index("</article>")]
    assert '<span class="chip missed"><span>trade</span> <b>missed</b> 0.12</span>' in article
    assert '<span class="chip wrong"><span>mia</span> <b>wrong</b> 0.75</span>' in article
    assert 'off">Bộ Công an<small>ORG</small></mark> thăm <mark class="k2">Lào<small>GPE</small></mark>' in article
    assert 'off">Bộ Côn<small>ORG</small></mark>g an thăm <mark class="k2">Lào<small>GPE</small></mark>' in article


SPAN = st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["PER", "ORG"])).filter(lambda span: span[0] < span[1])


@given(st.text(min_size=0, max_size=10), st.lists(SPAN, max_size=4))
def test_pieces_are_the_text(text: str, spans: list[tuple[int, int, str]]) -> None:
    assert "".join(piece for piece, _, _ in _pieces(text, spans, None)) == text


def test_scores_of_labels_with_slashes_and_telling_names_are_named() -> None:
    assert score_name("topics/a/b/f1") == "a/b, F1"
    assert score_name("participants/exact/x/y/precision") == "x/y, exact precision"
    assert score_name("topics/micro_precision") == "topics, micro-precision"
    assert signed(-0.0004) == signed(0.0) == "0.000"


class Browser:
    """Chromium without a window, told what to do through a pipe (Chrome DevTools Protocol).

    All that its pages ask a network for goes to a proxy that answers nothing and remembers it in `asked`. What Chromium asks on its own
    account, its start page and the time, goes to a port where nobody listens.
    """

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self._proxy = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()
        here, self._write = os.pipe()
        self._read, there = os.pipe()
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        flags += "--disable-component-update --disable-sync --disable-default-apps --hide-scrollbars --remote-debugging-pipe "
        flags += f"--proxy-server=http://127.0.0.1:9 --user-data-dir={folder}"

        def pipes_as_three_and_four() -> None:
            os.dup2(os.dup2(here, 63), 3)
            os.dup2(os.dup2(there, 64), 4)

        self._process = subprocess.Popen(
            [cast(str, CHROMIUM), *flags.split()],
            preexec_fn=pipes_as_three_and_four,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(here)
        os.close(there)
        self._number = 0
        self._buffer = b""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        proxy = "http://{}:{}".format(*self._proxy.getsockname())
        pages = self.call("Target.createBrowserContext", proxyServer=proxy, proxyBypassList="<-loopback>")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=pages)["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._proxy.accept()
            except OSError:
                return
            self.asked.append(connection.recv(4096).split(b"\r\n")[0].decode("latin-1"))
            connection.sendall(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.close()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], 60)[0]:
                raise TimeoutError("the browser said nothing for a minute")
            received = os.read(self._read, 1 << 20)
            if not received:
                raise EOFError("the browser has ended")
            self._buffer += received
        message, self._buffer = self._buffer.split(b"\0", 1)
        return cast(dict[str, Any], json.loads(message))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return cast(dict[str, Any], answer["result"])
            self.events.append(answer)

    def open(self, path: Path, width: int, **media: Any) -> list[str]:
        """Show a page; what it asked for, itself included."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", **media)
        self.events, self.asked[:] = [], []
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())
        self.call("Page.captureScreenshot")  # all is painted, and what painting needs has been asked for
        time.sleep(0.2)
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def value(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def close(self) -> None:
        self._session = None
        try:
            self.call("Browser.close")
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            self._proxy.close()
            os.close(self._read)
            os.close(self._write)


CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("the browser chromium is not installed")
    folder = tmp_path_factory.mktemp("chromium")
    found = Browser(folder)
    yield found
    found.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def page(drawn: list[Path]) -> Path:
    return drawn[0]


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(hostile(), tmp_path_factory.mktemp("hostile"))[0]


def test_a_browser_shows_the_report_and_asks_no_one_for_anything(browser: Browser, page: Path) -> None:
    assert browser.open(page, 1280) == [page.as_uri()]
    assert browser.asked == []
    assert [e for e in browser.events if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")] == []
    assert browser.value("document.querySelector('h1').innerText") == "Evaluation of first, second"
    headings = browser.value("[...document.querySelectorAll('h2')].map(h => h.innerText)")
    assert headings == ["What was measured", "Where a baseline beats the network", "corpus:test", "What the scores mean"]
    assert browser.value("[...document.querySelectorAll('figure svg')].every(s => s.getBBox().width > 100)") is True
    assert browser.value("document.compatMode") == "CSS1Compat"


def test_a_browser_shows_the_shipped_checkpoint_on_held_out_writers_and_real_articles(
    browser: Browser, shared: Path, tmp_path: Path
) -> None:
    data = {"corpus:test": load_corpus("test")}
    data |= {name: read_sentences(shared / "dev" / name) for name in ("sentences.jsonl", "leads.jsonl")}
    found = study(open_contenders([], Predictor.from_pretrained), data, draws=100)
    [page, *_] = write_report(found, tmp_path)
    assert browser.open(page, 1280) == [page.as_uri()]
    assert browser.asked == []
    headings = browser.value("[...document.querySelectorAll('h2')].map(h => h.innerText)")
    assert headings == ["What was measured", *data, "What the scores mean"]
    assert browser.value("document.documentElement.scrollWidth") <= 1280
    assert browser.value("document.querySelectorAll('svg').length") >= 9


def test_a_page_that_does_ask_is_found_out(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "asks.html"
    page.write_text('<!DOCTYPE html><img src="http://elsewhere.invalid/a.png"><img src="http://127.0.0.1:8099/b.png">')
    assert browser.open(page, 1280) == [page.as_uri(), "http://elsewhere.invalid/a.png", "http://127.0.0.1:8099/b.png"]
    assert sorted(browser.asked) == ["GET http://127.0.0.1:8099/b.png HTTP/1.1", "GET http://elsewhere.invalid/a.png HTTP/1.1"]


WIDER = """[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll *, svg *') &&
    e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))"""
UNFOLD = "document.querySelectorAll('details').forEach(d => d.open = true)"


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (400, "screen"), (680, "print")])
def test_nothing_is_wider_than_the_page(browser: Browser, page: Path, width: int, media: str) -> None:
    browser.open(page, width, media=media)
    browser.value(UNFOLD)
    assert browser.value(WIDER) == []
    assert browser.value("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (400, "screen"), (680, "print")])
def test_nor_with_markup_and_endless_names(browser: Browser, hostile_page: Path, width: int, media: str) -> None:
    assert browser.open(hostile_page, width, media=media) == [hostile_page.as_uri()]
    browser.value(UNFOLD)
    assert browser.value(WIDER) == []
    assert browser.value("document.documentElement.scrollWidth") == width


def test_a_page_that_is_too_wide_is_found_out(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "wide.html"
    page.write_text(
        '<!DOCTYPE html><meta name="viewport" content="width=device-width"><body style="margin: 0"><main><p style="width: 2000px">x</p></main>'
    )
    browser.open(page, 1280)
    assert browser.value("document.documentElement.scrollWidth") == 2000
    assert len(browser.value(WIDER)) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_stands_out_on_its_paper_in_both_schemes(browser: Browser, page: Path, scheme: str) -> None:
    browser.open(page, 1280, features=[{"name": "prefers-color-scheme", "value": scheme}])
    ink, paper = (
        [int(n) for n in re.findall(r"\d+", browser.value(f"getComputedStyle(document.body).{what}"))[:3]]
        for what in ("color", "backgroundColor")
    )
    assert (sum(ink) < sum(paper)) == (scheme == "light")
    assert abs(sum(ink) - sum(paper)) > 450
    stroke = browser.value("getComputedStyle(document.querySelector('figure svg use')).stroke")
    assert (sum(int(n) for n in re.findall(r"\d+", stroke)[:3]) < 384) == (scheme == "light")


def test_it_prints_on_a4_with_no_table_or_figure_beyond_the_paper(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    content = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    boxes = set(re.findall(rb"/MediaBox ?\[([^\]]*)\]", content))
    assert {tuple(round(float(n)) for n in box.split()) for box in boxes} == {(0, 0, 595, 842)}
