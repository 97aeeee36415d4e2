"""What is to be read: files, folders, glob patterns, standard input and texts that are here, each as a `Source`."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from .schema import DataError
from .sentences import sample_article

FORMS = {".jsonl": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".txt": "text", ".ndjson": "jsonl"}
"""Formats by the endings that tell them. A file without an ending, or with one that tells nothing, is read as text."""
_OTHERS = re.compile(
    r"\.(json5?|ya?ml|xml|x?html?|pdf|docx?|odt|rtf|epub|xls[xmb]?|ods|pptx?"
    r"|bz2|xz|lzma|lz4|br|zip|7z|rar|tar|tgz|avro|orc|arrow|feather|pickle|pkl|np[yz]|db|sqlite3?)"
)
"""Endings of what is no plain text: to read it as such would predict its marks and bytes."""
COMPRESSIONS = {".gz": "gz", ".zst": "zst"}
PAGES = (".html", ".htm", ".xhtml")
"""Endings of web pages, which are read as articles only."""
_ERRORS_ENDING = ".errors.jsonl"


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a file, standard input (`-`), or texts that are here already."""

    name: str
    form: str
    """One of the values of `FORMS`, or `page`; of texts that are here: `given`, each is a row, or `article`, sentences are found."""
    compression: str = ""
    texts: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether this can be read again: not a pipe and not a terminal."""
        return not self.texts and Path(self.name).is_file()

    def identity(self) -> dict[str, Any]:
        """What changes when the input does: of a file its name, size and time of change.

        >>> Source("text", "given", texts=("Lào",)).identity()["name"]
        'text'
        """
        if self.texts:
            return {"name": self.name, "sha256": sha256("\0".join(self.texts).encode("utf-8", "surrogatepass")).hexdigest()}
        if not self.is_file:
            return {"name": self.name}
        status = os.stat(self.name)
        return {"name": self.name, "size": status.st_size, "changed": status.st_mtime_ns}


def is_page(name: str) -> bool:
    """Whether the ending of a file says that it is a web page.

    >>> is_page("a/b.html.gz"), is_page("b.txt")
    (True, False)
    """
    return _ending(name)[0] in PAGES


def given_texts(texts: Sequence[str]) -> Source:
    """Texts that are here already, each read as one sentence."""
    return Source("text", "given", texts=tuple(texts))


def sample() -> Source:
    """The article that ships with the package."""
    return Source("sample", "article", texts=(sample_article(),))


def find_sources(
    inputs: Sequence[str | os.PathLike[str] | Source],
    form: str = "text",
    leave_out: Sequence[str | os.PathLike[str]] = (),
    pages: bool = False,
) -> list[Source]:
    """All inputs as single files: folders and patterns give the files in them, sorted.

    Of a folder and of all below it come the files whose endings tell a format; hidden files and errors files are passed over.

    Args:
        inputs: files, folders, glob patterns, `-` for standard input, or sources.
        form: how standard input is read, `text` or `jsonl`.
        leave_out: outputs; what stands there is not taken from folders and patterns.
        pages: whether web pages are taken too.

    Raises:
        ValueError: for another format of standard input.
        FileNotFoundError: if nothing has a name or fits a pattern.
        DataError: for a folder without such files, an input named twice, one that is an output too, or one whose ending tells
            a format that is not read, such as .json or .pdf.
    """
    if form not in ("text", "jsonl"):
        raise ValueError(f"standard_input: {form!r} is neither text nor jsonl")
    avoided = {os.path.realpath(path) for path in leave_out}
    sources: list[Source] = []
    for given in inputs:
        if isinstance(given, Source):
            sources.append(given)
        elif os.fspath(given) == "-":
            sources.append(Source("-", form))
        else:
            sources += [_file_source(name, pages) for name in _files(os.fspath(given), avoided, pages)]
    seen: set[str] = set()
    for source in sources:
        place = source.name if source.texts or source.name == "-" else os.path.realpath(source.name)
        if not source.texts and place in seen:
            raise DataError([f"{source.name}: is named twice among the inputs"])
        seen.add(place)
    return sources


def _files(name: str, avoided: set[str], pages: bool) -> list[str]:
    """The files that a name means: itself, those of a folder, or those that fit a pattern."""
    if os.path.isdir(name):
        found = [path for path in _files_below(name, pages) if not _is_below(path, avoided)]
        if not found:
            endings = " ".join([*FORMS, *(PAGES if pages else ())])
            raise DataError([f"{name}: no file below this folder has one of the endings {endings} (also with .gz or .zst)"])
        return found
    if os.path.exists(name):
        if _is_below(name, avoided):
            raise DataError([f"{name}: is to be read and to be written; name another file for the output"])
        return [name]
    if not glob.has_magic(name):
        raise FileNotFoundError(f"{name}: no such file{'' if pages else ' (for a text on the command line: --text)'}")
    found = []
    for match in sorted(glob.glob(name, recursive=True)):
        found += _files_below(match, pages) if os.path.isdir(match) else [match]
    found = [path for path in found if not _is_below(path, avoided)]
    if not found:
        raise FileNotFoundError(f"{name}: no file fits this pattern")
    return found


def _files_below(folder: str, pages: bool) -> list[str]:
    endings = {*FORMS, *PAGES} if pages else FORMS
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if _ending(name)[0] in endings and not name.startswith(".") and not name.endswith(_ERRORS_ENDING):
                found.append(os.path.join(parent, name))
    return sorted(found)


def _is_below(path: str, avoided: set[str]) -> bool:
    real = Path(os.path.realpath(path))
    return any(str(place) in avoided for place in (real, *real.parents))


def _ending(name: str) -> tuple[str, str]:
    """The ending that tells the format, and that of a compression.

    >>> _ending("a/b.jsonl.gz"), _ending("notes")
    (('.jsonl', '.gz'), ('', ''))
    """
    path = Path(name.lower())
    compression = path.suffix if path.suffix in COMPRESSIONS else ""
    return (path.with_suffix("") if compression else path).suffix, compression


def _file_source(name: str, pages: bool) -> Source:
    ending, compression = _ending(name)
    if ending == ".parquet" and compression:
        raise DataError([f"{name}: a Parquet file is compressed inside; unpack it"])
    if pages and is_page(name):
        return Source(name, "page", COMPRESSIONS.get(compression, ""))
    if _OTHERS.fullmatch(ending):
        raise DataError(
            [
                f"{name}: {ending} is not read; {' '.join([*FORMS, *(PAGES if pages else ())])} are (also with .gz or .zst). What is text or JSON Lines "
                "all the same goes in by standard input"
            ]
        )
    return Source(name, FORMS.get(ending, "text"), COMPRESSIONS.get(compression, ""))
