"""Speed and memory of event extraction, against prediction of the same sentences."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from ..data.article import read_article
from ..data.corpus import load_corpus
from ..model.bulk import predict_files
from ..model.event_files import extract_files
from ..model.events import spoken
from .benchmark import run_process
from .benchmark_output import plain_table

_TEASERS = (
    "Khai mạc lễ hội hoa xuân bên bờ sông",
    "Giá rau xanh tăng nhẹ sau đợt mưa kéo dài",
    "Đội tuyển bóng chuyền tập trung trước giải trẻ",
    "Thêm tuyến xe buýt điện phục vụ khu đô thị mới",
)


def benchmark_events(
    articles: int = 10_000, rounds: int = 1, progress: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Articles to events, and the sentences of these articles to predictions, each from files to Parquet in a fresh process.

    The articles are made of the shipped corpus's sentences in ever other order, with headlines, dates, captions and teasers.

    Args:
        articles: how many; a tenth of them is measured too, to show whether memory grows.
        rounds: the two are measured in turn so often; figures are medians.
        progress: is told what begins.

    Returns:
        `articles`, `sentences` (those that are predicted), `seconds` by what was done, `megabytes` (peak resident memory) of all
        articles and of a tenth, `ratio`: the speed of extraction divided by that of prediction.

    Raises:
        ValueError: for fewer than 10 articles.

    >>> benchmark_events(100)["ratio"]  # doctest: +SKIP
    0.85
    """
    if articles < 10:
        raise ValueError(f"articles: {articles} is fewer than 10")
    with tempfile.TemporaryDirectory(prefix="hoptac-benchmark-") as folder:
        place = Path(folder)
        progress(f"making {articles:,} articles")
        sentences = _write_articles(place, articles)
        seconds: dict[str, list[float]] = {"events": [], "predict": []}
        megabytes: dict[str, list[float]] = {"events": [], "predict": [], "events of a tenth": []}
        for number in range(1, rounds + 1):
            for name in megabytes:
                progress(f"round {number} of {rounds}: {name}")
                run = run_process(f"from hoptac.eval.event_benchmark import measure as m; m({folder!r}, {name!r})")
                megabytes[name].append(run.megabytes)
                if name in seconds:
                    seconds[name].append(float(run.output.splitlines()[-1]))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "articles": articles,
        "sentences": sentences,
        "rounds": rounds,
        "seconds": medians,
        "megabytes": {name: statistics.median(values) for name, values in megabytes.items()},
        "ratio": medians["predict"] / medians["events"],
    }


def measure(folder: str, name: str) -> None:
    """Do one of the jobs once, and print its seconds."""
    job: Any = predict_files if name == "predict" else extract_files
    report = job([f"{folder}/{name}.jsonl"], f"{folder}/{name.replace(' ', '-')}.parquet", restart=True)
    print(report.seconds)


def events_table(figures: dict[str, Any]) -> Table:
    """The figures of `benchmark_events`."""
    table = plain_table("Events of articles, against prediction of their sentences", "what", "seconds", "peak MB", "speed")
    for name, megabytes in figures["megabytes"].items():
        spent = figures["seconds"].get(name)
        ratio = {"events": f"{figures['ratio']:.2f}", "predict": "1"}.get(name, "")
        table.add_row(name, "" if spent is None else f"{spent:.1f}", f"{megabytes:.0f}", ratio)
    table.caption = f"{figures['articles']:,} articles, {figures['sentences']:,} sentences that are no boilerplate"
    return table


def _write_articles(folder: Path, count: int) -> int:
    """Files of articles, a tenth of them, and their sentences; gives the number of the sentences."""
    total = 0
    with (
        (folder / "events.jsonl").open("w", encoding="utf-8") as whole,
        (folder / "events of a tenth.jsonl").open("w", encoding="utf-8") as tenth,
        (folder / "predict.jsonl").open("w", encoding="utf-8") as sentences,
    ):
        for number, text in enumerate(_articles(count)):
            line = json.dumps({"id": f"a{number}", "text": text, "published": "2025-10-15"}, ensure_ascii=False) + "\n"
            whole.write(line)
            if number < count // 10:
                tenth.write(line)
            for sentence in spoken(read_article(text, "2025-10-15")):
                sentences.write(json.dumps({"text": sentence.text}, ensure_ascii=False) + "\n")
                total += 1
    return total


def _articles(count: int) -> Iterator[str]:
    """Articles as they are scraped; the same ones each time."""
    draw = random.Random(0)
    texts = [sentence.text for sentence in load_corpus() if sentence.kind == "body"]
    draw.shuffle(texts)
    position = 0
    for _ in range(count):
        size = draw.randint(6, 14)
        if position + size > len(texts):
            draw.shuffle(texts)
            position = 0
        yield _article(texts[position : position + size], draw)
        position += size


def _article(body: Sequence[str], draw: random.Random) -> str:
    day, month = draw.randint(1, 28), draw.randint(1, 12)
    title = f"Hai nước trao đổi về hợp tác, ngày {day}/{month}"
    caption = f"Quang cảnh cuộc gặp ngày {day}/{month}. (Ảnh: Minh Hà/TTXVN)"
    teasers = [line for teaser in draw.sample(_TEASERS, 3) for line in (teaser, teaser)]
    lead = f"Chiều {day}/{month}, tại Hà Nội, {body[0]}"
    return "\n\n".join(["date 2025-10-15", title, lead, *body[1:3], caption, *body[3:], "M.H", "Tin liên quan", *teasers])
