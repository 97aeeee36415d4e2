"""Topics and participants by lists of Vietnamese words: what a reader of the guidelines writes down in an afternoon.

Training sentences were looked at, for what the lists lacked; no others were.

The lists know the package's own labels only. Words are matched as whole syllables, in any case, wherever tone marks stand and
whatever punctuation is between them (`phòng, chống` is `phòng chống`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial

from ..data.coverage import countries, fold
from ..data.labels import TOPICS, Span
from ..data.schema import Sentence
from ..model.segmentation import Syllables

SIGNS = ("nothing", "something foreign", "a country or body")
"""What a topic's words may need besides: nothing, a word such as `hai bên`, or a country other than Vietnam, or a body."""


def topic_words(topic: str) -> list[str]:
    """The expressions for one of the package's topics.

    >>> "tiền chất" in topic_words("narcotics")
    True
    """
    return [" ".join(words.split()) for words in _TOPIC_WORDS[topic].split(",")]


def topics_named(text: str, needs: Mapping[str, str]) -> tuple[str, ...]:
    """The package's topics of which `text` has a word, outside names of organisations, and what the topic needs besides.

    Args:
        needs: one of `SIGNS` for each topic, as `learn_needs` finds them.

    >>> topics_named("Việt Nam và Lào bàn về phòng, chống ma tuý.", dict.fromkeys(TOPICS, "a country or body"))
    ('narcotics',)
    """
    reading = _Reading(text)
    signs = reading.signs()
    named = reading.topics()
    return tuple(topic for topic in TOPICS if topic in named and needs[topic] in signs)


def learn_needs(sentences: Iterable[Sentence]) -> dict[str, str]:
    """For each topic what its words need besides to be right most often: the best F1 on these sentences, the least if equal."""
    gold: Counter[str] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        if sentence.topics is None:
            continue
        reading = _Reading(sentence.text)
        answers = [(topic, sign) for topic in reading.topics() for sign in reading.signs()]
        gold.update(sentence.topics)
        found.update(answers)
        right.update((topic, sign) for topic, sign in answers if topic in sentence.topics)

    def f1(topic: str, sign: str) -> float:
        return 2 * right[topic, sign] / max(gold[topic] + found[topic, sign], 1)

    return {topic: max(SIGNS, key=partial(f1, topic)) for topic in TOPICS}


def participants_named(text: str) -> list[Span]:
    """Persons after titles or with a Vietnamese surname, organisations by their first noun, countries by name; sorted.

    >>> participants_named("Thứ trưởng Bộ Ngoại giao Lê Anh Tuấn tiếp Đại sứ Lào.")
    [(11, 24, 'ORG'), (25, 36, 'PER'), (49, 52, 'GPE')]
    """
    reading = _Reading(text)
    return [(reading.words[first][0], reading.words[end - 1][1], kind) for first, end, kind in reading.participants]


class _Reading:
    """The words of a text, and what the rules see in them. Places are numbers of words, lengths are counts of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [(s, e) for s, e in Syllables().segment(text) if any(map(str.isalnum, text[s:e]))]
        self.surfaces = [text[start:end] for start, end in self.words]
        self.keys = [_folded(surface) for surface in self.surfaces]
        # In a text of capitals no word is a name for being written with one.
        self.cased = not text.isupper()
        self.capital = [surface[0].isupper() for surface in self.surfaces]
        self.participants = self._participants()

    def topics(self) -> set[str]:
        """The topics whose words stand outside names of offices: what an office is for is not what the sentence is about.

        Specific beats general: an expression inside a longer one does not count (`công nghệ cao` in `tội phạm công nghệ cao`).
        """
        keys = list(self.keys)
        for first, end, kind in self.participants:
            if kind == "ORG" and keys[first] in _keys(_OFFICES):
                keys[first:end] = [""] * (end - first)
        found: set[str] = set()
        reached = 0
        for at in range(len(keys)):
            end = at + _phrases(_ALL_TOPIC_WORDS).at(keys, at)
            if end > max(at, reached):
                found.update(topic for topic in TOPICS if tuple(keys[at:end]) in _phrases(_TOPIC_WORDS[topic]).keys)
                reached = end
        return found

    def signs(self) -> tuple[str, ...]:
        """Those of `SIGNS` that the text has."""
        if any(self._country(at, foreign=True) or self._body(at) for at in range(len(self.keys))):
            return SIGNS
        return SIGNS[:2] if _phrases(_FOREIGN_WORDS).within(self.keys) else SIGNS[:1]

    def _participants(self) -> list[tuple[int, int, str]]:
        """First word, last word (exclusive) and type."""
        found: list[tuple[int, int, str]] = []
        titled = False
        at = 0
        while at < len(self.keys):
            kind = "O"
            if length := self._organisation(at):
                kind = "ORG"
            elif length := self._country(at):
                kind = "O" if self._is_only_where(at) else "GPE"
            elif length := self._is(_TITLES, at):
                titled = True
            elif length := self._person(at, titled):
                kind, titled = "PER", False
            elif not (length := self._is(_FIELDS, at)):
                length = 1
                titled = titled and self.keys[at] in _keys(_BETWEEN_TITLE_AND_NAME)
            if kind != "O":
                found.append((at, at + length, kind))
            at += length
        return found

    def _country(self, at: int, foreign: bool = False) -> int:
        """The length of a country's name that begins here; of one other than Vietnam, if `foreign`."""
        length = _countries(foreign).at(self.keys, at)
        if not length or not self.capital[at] or not all(self._follows(at + i, "-") for i in range(1, length)):
            return 0
        if self._is(_NO_COUNTRIES, at) >= length or any(self._is(longer, at) > length for longer in (_FIELDS, _TITLES)):
            return 0
        # Anh, Đức, Nga … are given names too: not before another syllable of a Vietnamese name.
        after = at + length
        if length == 1 and self.cased and self._has_capital(after) and not self.surfaces[after].isascii():
            return length if self._begins_name(after) else 0
        return length

    def _is_only_where(self, at: int) -> bool:
        before = self.keys[at - 1] if at else ""
        return before in _keys(_WHERE) or (self._is(_CAPITALS, at) > 0 and before in _keys(_WHERE_OF_CITIES))

    def _begins_name(self, at: int) -> bool:
        """Whether a country, body, title, surname or an organisation's first noun stands here."""
        return bool(_countries().at(self.keys, at) or any(self._is(w, at) for w in (_BODIES, _TITLES, _HEADS, _SURNAMES)))

    def _body(self, at: int) -> int:
        """The length of the name of an organisation that is known by itself."""
        return self._is(_BODIES, at) if any(map(str.isupper, self.surfaces[at])) or self.keys[at] == "al" else 0

    def _organisation(self, at: int) -> int:
        """The length of an organisation's name: one known by itself, a noun and what continues it, or an acronym."""
        body = self._body(at)
        if not self.capital[at] or not self.cased:
            return body
        head = self._is(_HEADS, at)
        if any(self._is(longer, at) > head for longer in (_TITLES, _NO_COUNTRIES)):
            head = 0
        known = max(head, body)
        length = self._continued(at, known) if known else 0
        if length > head or body:
            return length
        if self._country(at):
            return 0
        word = self.surfaces[at]
        return int(word.isupper() and word[0].isalpha() and len(word) > 2 and self.keys[at] not in _keys(_NO_ORGANISATIONS))

    def _continued(self, at: int, length: int) -> int:
        """The length of the organisation's name whose first `length` words begin it."""
        end = at + length
        while end < len(self.keys) and self._follows(end):
            if country := self._country(end):
                return end + country - at
            if self.keys[end] in _keys(_PLACE_KINDS) and self._has_capital(end + 1):
                end += 2
                while self._has_capital(end):
                    end += 1
                return end - at
            if self.capital[end] and self._is(_HEADS, end) and (inner := self._organisation(end)):
                return end + inner - at
            if field := self._is(_FIELDS if self.capital[end] else _LOWER_FIELDS, end):
                end += field
            elif self.keys[end] == _folded("và") and self._has_capital(end + 1) and (field := self._is(_FIELDS, end + 1)):
                if self._is(_HEADS, end + 1):
                    break
                end += 1 + field
            elif self._is_proper(end) or (self.surfaces[end][0].isdigit() and end == at + length):
                end += 1
            else:
                break
        return end - at

    def _is_proper(self, at: int) -> bool:
        """Whether a word with a capital stands here that begins neither a title nor a person's name."""
        return self.capital[at] and not self._is(_TITLES, at) and not self._person(at, titled=False)

    def _person(self, at: int, titled: bool) -> int:
        """The length of a person's name: after a title any words with capitals, else two or more that a surname begins."""
        surname = self.keys[at] in _keys(_SURNAMES)
        if (
            not (self.cased and self.capital[at] and (titled or surname))
            or self._is(_NO_COUNTRIES, at)
            or self._is(_FIELDS, at) > 1
        ):
            return 0
        end = at + 1
        while end < min(len(self.keys), at + 6) and self._continues_person(end):
            end += 1
        return end - at if titled or end - at > 1 else 0

    def _continues_person(self, at: int) -> bool:
        if not self._follows(at):
            # Min-woo, John F. Kennedy
            return self._follows(at, "-") or (self.capital[at] and len(self.surfaces[at - 1]) == 1 and self._follows(at, "."))
        return self.capital[at] and not self._body(at) and self._is(_HEADS, at) < 2

    def _is(self, words: str, at: int) -> int:
        """The length of the longest of these expressions that begins here."""
        return _phrases(words).at(self.keys, at)

    def _has_capital(self, at: int) -> bool:
        """Whether a word with a capital stands here, with nothing but white space before it."""
        return at < len(self.keys) and self.capital[at] and self._follows(at)

    def _follows(self, at: int, mark: str = " ") -> bool:
        """Whether this word is separated from the one before it by white space or `mark` only."""
        return at > 0 and self.text[self.words[at - 1][1] : self.words[at][0]].strip() in ("", mark)


class _Phrases:
    """Expressions of one or more words, found by the folded spelling of each."""

    def __init__(self, expressions: Iterable[str]) -> None:
        self.keys = {tuple(map(_folded, expression.replace("-", " ").split())) for expression in expressions}
        self.longest = max(map(len, self.keys))

    def at(self, keys: Sequence[str], first: int) -> int:
        """How many words the longest expression that begins at `first` has; 0 if none begins there."""
        for length in range(min(self.longest, len(keys) - first), 0, -1):
            if tuple(keys[first : first + length]) in self.keys:
                return length
        return 0

    def within(self, keys: Sequence[str]) -> bool:
        return any(self.at(keys, first) for first in range(len(keys)))


@cache
def _phrases(words: str) -> _Phrases:
    return _Phrases(words.split(","))


@cache
def _keys(words: str) -> frozenset[str]:
    """The folded single words of a list."""
    return frozenset(key for keys in _phrases(words).keys for key in keys)


@cache
def _countries(foreign: bool = False) -> _Phrases:
    names = countries()
    return _Phrases(name for code, spellings in names.items() for name in spellings if not (foreign and code == "VNM"))


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    return fold(word)


# One expression between two commas; topics in the order of the taxonomy.
_TOPIC_WORDS = {
    "cybercrime": """
        an ninh mạng, an toàn mạng, an ninh thông tin, tội phạm mạng, tội phạm công nghệ cao, sử dụng công nghệ cao,
        không gian mạng, tấn công mạng, tin tặc, hacker, mã độc, mã độc tống tiền, ransomware, phần mềm độc hại,
        phần mềm gián điệp, lừa đảo trực tuyến, lừa đảo qua mạng, lừa đảo trên mạng, lừa đảo công nghệ cao,
        lừa đảo viễn thông, lừa đảo xuyên biên giới, trung tâm lừa đảo, phòng chống lừa đảo, chống lừa đảo,
        chiếm đoạt tài sản qua mạng, gián điệp mạng, phòng thủ mạng, đánh cắp dữ liệu, tên miền giả, trang web giả, deepfake,
        lỗ hổng bảo mật, cờ bạc trực tuyến, đánh bạc qua mạng, web đen, dark web, botnet, ddos, công ước hà nội,
        ứng cứu sự cố, lừa qua mạng, lừa đảo qua điện thoại, ổ lừa đảo, tiền mã hóa, tiền số, ví điện tử, ví tiền số,
        bitcoin, usdt, sàn giao dịch tiền số, đánh sập máy chủ, máy chủ, trên mạng, tấn công mạng vào, tống tiền,
        an toàn an ninh mạng, phòng chống tội phạm mạng, chống tội phạm mạng, phòng chống tội phạm sử dụng công nghệ cao""",
    "mia": """
        mia, mất tích trong chiến tranh, quân nhân mất tích, người mất tích, lính mất tích, binh sĩ mất tích,
        bộ đội mất tích, phi công mất tích, tù binh, hài cốt, bộ hài cốt, cốt liệt sĩ, hài cốt liệt sĩ, mộ liệt sĩ,
        mộ tập thể, mộ chí, phần mộ, hồi hương hài cốt, tìm kiếm quy tập, quy tập, cất bốc, khai quật, danh tính liệt sĩ,
        danh tính hài cốt, giám định adn, xét nghiệm adn, đối chiếu adn, nhận dạng hài cốt, thi thể binh sĩ,
        thi thể quân nhân, trao trả thi thể, tro cốt, hy sinh tại lào, hy sinh tại campuchia, kỷ vật chiến tranh, kỷ vật,
        đội k, quân tình nguyện, chôn cất, nơi chôn cất, hố chôn, tìm mộ, mẫu xương, xương cốt, thẻ bài, cựu binh mỹ,
        lính mỹ mất tích, phi công mỹ, hy sinh, quan tài phủ cờ""",
    "trade": """
        thương mại, kim ngạch, xuất khẩu, nhập khẩu, xuất nhập khẩu, thuế quan, thuế đối ứng, thuế nhập khẩu, áp thuế,
        đánh thuế, chống bán phá giá, chống trợ cấp, phòng vệ thương mại, đầu tư, nhà đầu tư, fdi, vốn đầu tư,
        hiệp định thương mại tự do, fta, evfta, cptpp, rcep, kinh tế thị trường, mở cửa thị trường, tiếp cận thị trường,
        chuỗi cung ứng, hợp tác kinh tế, quan hệ kinh tế, nông sản, nông sản sang, thủy sản sang, hàng hóa, hợp đồng mua,
        mua máy bay, đặt mua, mua bán hàng, cán cân thương mại, thặng dư, thâm hụt thương mại, xuất xứ, hạn ngạch,
        trừng phạt kinh tế, cấm vận, kinh tế số, doanh nghiệp hai nước, lng, khí hóa lỏng, đậu tương, thông quan, thẻ vàng,
        mở cửa cho, mức thuế, hợp đồng, dầu thô, góp vốn, rót vốn, mua thêm, đơn hàng, sầu riêng, cá tra, thịt bò, tôm, gạo,
        mặt hàng, kinh tế và thương mại""",
    "maritime": """
        biển đông, hàng hải, an ninh hàng hải, tự do hàng hải, an ninh biển, trên biển, unclos, luật biển,
        công ước luật biển, bộ quy tắc ứng xử, quy tắc ứng xử, coc, cảnh sát biển, tuần duyên, hải cảnh,
        lực lượng bảo vệ bờ biển, bảo vệ bờ biển, kiểm ngư, tuần tra biển, tuần tra trên biển, vùng biển,
        vùng đặc quyền kinh tế, đặc quyền kinh tế, thềm lục địa, phân định biển, ranh giới biển, chồng lấn, hoàng sa,
        trường sa, bãi cạn, scarborough, bãi cỏ mây, chủ quyền biển, tàu cá, ngư dân, đánh bắt trái phép,
        đánh bắt bất hợp pháp, khai thác bất hợp pháp, iuu, cướp biển, hải tặc, tàu tuần tra, cáp ngầm, phán quyết trọng tài,
        bờ biển, tàu dầu, tàu hàng, tàu chiến, thẻ vàng, vùng nước lịch sử, hải phận, lãnh hải, tuần tra chung trên biển""",
    "narcotics": """
        ma túy, chất ma túy, tiền chất, heroin, cocaine, cocain, methamphetamine, ma túy đá, ma túy tổng hợp, thuốc phiện,
        cần sa, ketamine, fentanyl, thuốc lắc, chất gây nghiện, cây thuốc phiện, cai nghiện, nghiện ma túy, trùm ma túy,
        hàng trắng, bánh heroin, viên hồng phiến, hồng phiến, thuốc hướng thần, hướng thần, bột trắng, hàng đá, lá coca,
        captagon, phòng chống ma túy, phòng chống tội phạm ma túy, tội phạm ma túy""",
    "trafficking": """
        mua bán người, buôn bán người, buôn người, buôn bán phụ nữ, mua bán phụ nữ, mua bán trẻ em, mua bán trẻ sơ sinh,
        bị bán, bị lừa bán, lừa bán, nạn nhân mua bán, đường dây mua bán, mua bán nội tạng, mua bán bộ phận cơ thể, nô lệ,
        nô lệ hiện đại, cưỡng bức lao động, lao động cưỡng bức, bóc lột tình dục, cưỡng bức bán dâm, ép bán dâm, ép làm vợ,
        cô dâu, giải cứu nạn nhân, giải cứu các nạn nhân, sàng lọc nạn nhân, xác định nạn nhân, nạn nhân bị mua bán,
        bán phụ nữ, môi giới bán, bị ép bán, đem bán, bị bán vào, báo cáo tip, lấy chồng trung quốc, bán người, đi bán,
        phòng chống mua bán người, chống mua bán người""",
    "migration": """
        di cư, người di cư, di cư trái phép, di cư bất hợp pháp, nhập cư trái phép, nhập cư bất hợp pháp,
        nhập cảnh trái phép, xuất cảnh trái phép, cư trú trái phép, cư trú bất hợp pháp, vượt biên, đưa người trái phép,
        đưa người vượt biên, nhận trở lại, tiếp nhận trở lại, nhận trở lại công dân, hồi hương công dân, hồi hương,
        đưa công dân về nước, đưa về nước, về nước an toàn, trục xuất, xin tị nạn, tị nạn, người tị nạn, quá hạn thị thực,
        quá hạn visa, lao động bất hợp pháp, trao trả công dân, trao trả người, trả về nước, thuyền nhân, bảo hộ công dân,
        về nước, nhận lại người, nhận lại công dân, giấy thông hành, trả về, quá hạn, người vượt biên, thuyền vượt biên,
        không giấy tờ, trao trả đối tượng""",
    "terrorism": """
        khủng bố, chống khủng bố, phòng chống khủng bố, tài trợ khủng bố, chủ nghĩa khủng bố, phần tử khủng bố,
        tổ chức khủng bố, cực đoan, cực đoan bạo lực, chủ nghĩa cực đoan, thánh chiến, al qaeda, al shabaab, boko haram,
        nhà nước hồi giáo, is, isis, đánh bom liều chết, đánh bom tự sát, phiến quân hồi giáo, jihad, abu sayyaf, is k,
        đánh bom, tay súng, phiến quân""",
    "law_enforcement": """
        thực thi pháp luật, hợp tác cảnh sát, hợp tác tư pháp, tội phạm xuyên quốc gia, tội phạm xuyên biên giới,
        xuyên quốc gia, tội phạm có tổ chức, tội phạm kinh tế, phòng chống tội phạm, đấu tranh chống tội phạm, truy bắt,
        truy nã, truy nã quốc tế, truy nã đỏ, lệnh truy nã, thông báo đỏ, lệnh đỏ, dẫn độ, tương trợ tư pháp,
        tương trợ tư pháp về hình sự, chuyển giao người bị kết án, người bị kết án phạt tù, rửa tiền, phòng chống rửa tiền,
        thu hồi tài sản, an ninh trật tự, an ninh và trật tự, trật tự an toàn xã hội, hợp tác an ninh, đối thoại an ninh,
        bàn giao đối tượng, bàn giao nghi phạm, trao trả đối tượng, tội phạm tài chính, buôn lậu, mafia,
        hợp tác giữa lực lượng công an, hợp tác giữa hai bộ công an, đào tạo cảnh sát, an ninh phi truyền thống, áp giải,
        dẫn giải, bắt giữ nghi phạm, nghi phạm, băng nhóm, lệnh bắt, tiền bẩn, trật tự, xuyên biên giới,
        hợp tác phòng chống tội phạm, hợp tác chống tham nhũng""",
    "war_legacy": """
        hậu quả chiến tranh, khắc phục hậu quả, hậu quả bom mìn, di sản chiến tranh, chất độc da cam, da cam, dioxin,
        nạn nhân da cam, tẩy độc, xử lý ô nhiễm dioxin, sân bay biên hòa, bom mìn, vật nổ, vật liệu nổ, vật liệu chưa nổ,
        vật nổ chưa nổ, bom chùm, bom bi, bom đạn, đạn chùm, chưa nổ, rà phá, rà phá bom mìn, gỡ mìn, rà mìn, bãi mìn,
        mìn sát thương, mìn chống người, nạn nhân bom mìn, tồn sót, tồn lưu, ô nhiễm bom mìn, ô nhiễm dioxin, uxo,
        hóa chất độc, vũ khí hóa học, mìn, dò mìn, máy dò, dò bom, phun rải, đất nhiễm, nhiễm độc, khuyết tật""",
    "defense": """
        quốc phòng, hợp tác quốc phòng, quân sự, hợp tác quân sự, tập trận, diễn tập chung, tập trận chung, vũ khí, khí tài,
        công nghiệp quốc phòng, gìn giữ hòa bình, mũ nồi xanh, phái bộ, bệnh viện dã chiến, giao lưu sĩ quan,
        quân đội hai nước, giao lưu biên giới, tàu chiến, tàu ngầm, tàu khu trục, tàu hải quân, hải quân, chiến đấu cơ,
        máy bay chiến đấu, tiêm kích, xe tăng, tên lửa, tên lửa đạn đạo, phi hạt nhân hóa, không phổ biến vũ khí,
        vũ khí hạt nhân, giải trừ quân bị, giải trừ, hạt nhân iran, làm giàu uranium, liên minh quân sự, căn cứ quân sự,
        an ninh quốc phòng, ngừng bắn, khinh hạm, hộ vệ hạm, quân y, thanh sát viên, không kích, huấn luyện, radar,
        giao lưu sĩ quan trẻ, diễn tập quân sự, diễn tập hải quân, diễn tập chung trên biển, đào tạo sĩ quan""",
    "technology": """
        công nghệ, chuyển giao công nghệ, công nghệ cao, khoa học công nghệ, khoa học và công nghệ, hợp tác công nghệ,
        công nghệ sinh học, công nghệ lượng tử, bán dẫn, vi mạch, chip, chip ai, thiết kế chip, trí tuệ nhân tạo,
        đổi mới sáng tạo, chuyển đổi số, lưỡng dụng, kiểm soát xuất khẩu, đất hiếm, điện hạt nhân, năng lượng hạt nhân,
        lò phản ứng, lò phản ứng nhỏ, không gian vũ trụ, viễn thám, 5g, 6g, siêu máy tính, quang khắc, danh sách thực thể,
        máy bay không người lái, nvidia, khoa học kỹ thuật, bản vẽ, bí quyết, mã nguồn, thuật toán, cảm biến, dây chuyền,
        bản quyền, linh kiện, mô hình ngôn ngữ, hợp tác ai, về ai, mô hình ai, công nghệ ai, phát triển ai, phóng vệ tinh,
        công nghệ vũ trụ""",
}

_ALL_TOPIC_WORDS = ",".join(_TOPIC_WORDS.values())

_BODIES = """
    ASEAN, EU, Liên minh châu Âu, Ủy ban châu Âu, EC, Liên hợp quốc, Liên hiệp quốc, LHQ, NATO, Interpol, Europol, ASEANAPOL,
    Eurojust, Frontex, UNODC, IOM, UNDP, UNICEF, UNESCO, UNHCR, WTO, WHO, IMF, ADB, WB, Ngân hàng Thế giới, IAEA, FATF, ICRC,
    ICMP, OPCW, IMO, ILO, FAO, BRICS, G7, G20, SCO, AU, Liên minh châu Phi, ICC, Tòa án Hình sự quốc tế,
    Tòa án Công lý quốc tế, Tòa Trọng tài thường trực, Hội đồng Bảo an, Hội đồng Bảo an Liên hợp quốc,
    Đại hội đồng Liên hợp quốc, Mercosur, EFTA, OPEC, OPEC+, WCO, AIPA, APEC, Nhà Trắng, Lầu Năm Góc, Điện Kremlin, FBI, CIA,
    DEA, USAID, DPAA, KOICA, JICA, MAG, Hamas, Hezbollah, Houthi, Taliban, IS, al-Qaeda, al-Shabaab, Boko Haram,
    Cơ quan Việt Nam tìm kiếm người mất tích, Abu Sayyaf, Lockheed Martin, Nhà nước Hồi giáo, Quốc hội, Bộ Chính trị,
    Ban Bí thư, Trung ương Đảng, Hạ viện, Thượng viện, Quốc vụ viện, Nghị viện châu Âu, Bộ Tổng Tham mưu, Quân ủy Trung ương,
    Ban Chấp hành Trung ương Đảng, Bộ Tư lệnh Cảnh sát biển, Bộ Tư lệnh Bộ đội Biên phòng, Samsung, Boeing, Nvidia, Intel,
    Huawei, Google, Meta, Apple, Microsoft, Viettel, FPT, Vietnam Airlines, Vietjet, OpenAI, TSMC, ASML"""
"""Organisations whose name needs no head noun."""

_FOREIGN_WORDS = """
    hai nước, hai bên, ba nước, các nước, nước ngoài, nước bạn, nước láng giềng, nước sở tại, phía bạn, đối tác, quốc tế,
    song phương, đa phương, xuyên quốc gia, xuyên biên giới, khu vực, toàn cầu, châu âu, châu á, châu phi, trung đông,
    hội đàm, điện đàm, đại sứ, ngoại trưởng, tổng thống, đồng cấp, bờ biển tây, đông nam á, mê công, mekong, thế giới,
    liên chính phủ, hiệp định, công ước, liên minh, nước này"""

_HEADS = """
    Bộ, Cục, Tổng cục, Chi cục, Vụ, Ủy ban, Uỷ ban, Tập đoàn, Tổng công ty, Công ty, Công ty cổ phần, Đại sứ quán,
    Lãnh sự quán, Tổng Lãnh sự quán, Tổng lãnh sự quán, Chính phủ, Quốc hội, Hạ viện, Thượng viện, Nghị viện, Đảng, Ban, Hội,
    Hội đồng, Hiệp hội, Liên minh, Liên đoàn, Liên hiệp, Viện, Viện kiểm sát, Trung tâm, Trường, Đại học, Học viện,
    Bệnh viện, Tòa án, Tòa, Ngân hàng, Quỹ, Tổ chức, Cơ quan, Văn phòng, Công an, Hải quân, Không quân, Lục quân, Quân đội,
    Quân khu, Quân chủng, Binh chủng, Bộ Tư lệnh, Bộ Chỉ huy, Bộ đội, Lữ đoàn, Sư đoàn, Trung đoàn, Tiểu đoàn, Đồn,
    Đồn Biên phòng, Hải quan, Sở, UBND, TAND, VKSND, TAND tối cao, VKSND tối cao, HĐND, BĐBP, Phòng, Đội, Hải đội, Hải đoàn,
    Vùng, Hạm đội, Mặt trận, Lực lượng, Phái đoàn, Bảo tàng, Ty, Tuần duyên, Vệ binh, Cảnh sát, Cảnh sát biển, Hải cảnh,
    Tỉnh ủy, Thành ủy, Nhóm, Đoàn, Biên phòng, Trại giam, Nhà máy, Tổng thanh tra, Thanh tra, Tòa thánh"""
"""Nouns that begin the name of an organisation, if written with a capital."""

_FIELDS = """
    Công an, Ngoại giao, Quốc phòng, Tài chính, Tư pháp, Nội vụ, Công Thương, Công thương, Thương mại, Kinh tế, Công nghiệp,
    Nông nghiệp, Môi trường, Y tế, Giáo dục, Đào tạo, Khoa học, Công nghệ, Thông tin, Truyền thông, Xây dựng, Giao thông,
    Vận tải, Lao động, Xã hội, Văn hóa, Thể thao, Du lịch, Kế hoạch, Đầu tư, An ninh, Cảnh sát, Cảnh sát biển, Biên phòng,
    Tư lệnh, Chỉ huy, Chỉ đạo, Hải quan, Hải quân, Quản lý, Quản lý xuất nhập cảnh, Quân sự, Đối ngoại, Điều tra,
    Cảnh sát điều tra, An ninh điều tra, Phòng chống ma túy, Phòng chống tội phạm, Phòng chống,
    Cảnh sát điều tra tội phạm về ma túy, Hợp tác, Hợp tác quốc tế, Bảo vệ, Di cư, Di cư quốc tế, Di trú, Hàn lâm, Thực thi,
    Thực thi pháp luật, Hàng hải, Hàng không, Kiểm sát, Tối cao, Pháp y, Hữu nghị, Chính trị, Kiểm soát, Thủy sản,
    Chính sách, Ma túy, Tội phạm, Công tác, Nghiên cứu, Cộng sản, Nhân dân, Lãnh sự, Hồi giáo, Cựu chiến binh, Năng lượng,
    Phòng vệ, Công lý, Quốc tế, An toàn, Đặc biệt, Phụ nữ, Cách mạng, Tham mưu, Thế giới, Tình báo, Trung ương, Hình sự,
    Kỹ thuật, Dân chủ, Bách khoa, Ngoại vụ, Gìn giữ hòa bình, Gìn giữ hòa bình Việt Nam, Thương binh, Trọng tài, Hòa bình,
    Công binh, Giám định, Chống khủng bố, Chiến lược, Biên giới, Phòng không, Nhân quyền, Công tố, Hóa học, Sĩ quan,
    Khoáng sản, Quân y, Nhiệt đới, Tác chiến, Nghề cá, Giải phóng, Kiểm tra, Dữ liệu, Viện trợ, Đặc nhiệm, Hải dương,
    Pháp luật, Lịch sử, Lương thực, Vũ trụ, Liên bang, Quốc gia, Hoàng gia, Bảo an, Hành động, Bom mìn,
    Nạn nhân chất độc da cam, Chữ thập đỏ, Phát triển, Nhà nước, Xuất nhập cảnh, Nhập cư, Hạt nhân, Hợp tác phát triển, Thuế,
    Trật tự, Đường sắt, Dầu khí, Điện lực, Mặt trận Tổ quốc, Cửa khẩu, Cửa khẩu quốc tế, Kiểm ngư, An ninh mạng, Thanh niên,
    Lục quân, Không quân, Đối ngoại Trung ương, Điều phối, Tổng hợp, Luật, Cơ yếu, Hậu cần, Viễn thông, Thống kê, Bưu chính,
    Liên hợp quốc, Liên Hợp Quốc, Châu Âu, châu Âu, châu Á, châu Phi, Nhân dân tối cao, Tổng Tham mưu, Tiền tệ,
    Người mất tích, Tìm kiếm người mất tích, Tội phạm quốc gia, Thường vụ Quốc hội, Thường vụ, Đại đoàn kết,
    Đối ngoại Quốc hội, Thượng thẩm, Cảnh vệ, Bảo an Liên hợp quốc, Biên phòng Cửa khẩu quốc tế, Dân tộc, Quân đội,
    Quân đội nhân dân, Công tố viên, Tổng Chưởng lý, Công an nhân dân, Đại diện Thương mại, An ninh nội địa, An ninh Nội địa,
    Cựu binh, Ngư nghiệp, Cảnh sát Hình sự, Hàng rào, Kiểm soát Ma túy, Bảo vệ bờ biển, Bảo vệ Bờ biển, Thực thi hàng hải,
    An ninh mạng và phòng chống tội phạm sử dụng công nghệ cao, Chống gian lận, Bảo thủ, Phòng vệ thương mại,
    Hành động bom mìn, Hàn lâm Khoa học, Hiến pháp, Biên giới quốc gia, Kiểm kê tù binh, Cảnh sát cơ động,
    Phòng chống rửa tiền, Điều tra chống buôn lậu, Khoa học hình sự, An toàn thông tin, Nạn nhân chất độc da cam dioxin,
    Chế biến và Xuất khẩu thủy sản, Văn phòng, Hàng hải và Đường thủy, Môi trường và Xã hội, Đường thủy"""
"""What ministries and agencies are of; these continue a name."""

_NO_COUNTRIES = """
    An Giang, Bà Rịa, Bạc Liêu, Bắc Giang, Bắc Kạn, Bắc Ninh, Bến Tre, Bình Dương, Bình Định, Bình Phước, Bình Thuận, Cà Mau,
    Cần Thơ, Cao Bằng, Đà Nẵng, Đắk Lắk, Đắk Nông, Điện Biên, Đồng Nai, Đồng Tháp, Gia Lai, Hà Giang, Hà Nam, Hà Tĩnh,
    Hà Tiên, Hà Khẩu, Lý Sơn, Hội An, Trường Sơn, Cao Miên, Mai Châu, Hải Dương, Hải Phòng, Hậu Giang, Hòa Bình, Hồ Chí Minh,
    HCM, Hưng Yên, Khánh Hòa, Kiên Giang, Kon Tum, Lai Châu, Lâm Đồng, Lạng Sơn, Lào Cai, Long An, Nam Định, Nghệ An,
    Ninh Bình, Ninh Thuận, Phú Thọ, Phú Yên, Quảng Bình, Quảng Nam, Quảng Ngãi, Quảng Ninh, Quảng Trị, Sóc Trăng, Sơn La,
    Tây Ninh, Thái Bình, Thái Nguyên, Thanh Hóa, Thừa Thiên Huế, Huế, Tiền Giang, Trà Vinh, Tuyên Quang, Vĩnh Long,
    Vĩnh Phúc, Vũng Tàu, Yên Bái, Sài Gòn, Phú Quốc, Nha Trang, Quảng Tây, Quảng Đông, Vân Nam, Hải Nam, Hủa Phăn,
    Xiêng Khoảng, Savannakhet, Khăm Muộn, Thái Bình Dương, Đại Tây Dương, Ấn Độ Dương, Biển Đông, Trường Sa, Hoàng Sa,
    Trung Đông, Đông Nam Á, Nam Á, Bắc Âu, Trung Á, Tây Nguyên, Biên Hòa, Đài Truyền hình, sát, trung ương, trung tâm,
    trung bình, trung đoàn, trung đội, pháp luật, pháp lý, ý kiến, ý nghĩa, ý định, anh hùng, anh em, việt kiều, mỹ thuật,
    thái độ, áo dài, nhật ký, hàn gắn, đức tin, trung thu, trung học, trung hòa, ý thức, anh trai, anh ta, nga mi,
    đài phát thanh, đài truyền hình"""
"""Places and words that begin like a country."""

_SURNAMES = """
    Nguyễn, Trần, Lê, Phạm, Hoàng, Huỳnh, Phan, Vũ, Võ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý, Tô, Đinh, Trịnh, Lương, Đoàn, Mai,
    Đào, Tạ, Hà, Lâm, Tống, Châu, Cao, Tăng, Quách, Thái, Lưu, Nghiêm, Kiều, Trương, Phùng, Vương, Chu, La, Đàm, Thân, Triệu,
    Hứa, Bành, Tôn, Tập, Giáp, Từ, Diệp, Nông, Doãn, Khuất, Mạc, Văn, Thạch, Lò, Vi, Quàng, Giàng, Vàng, Sùng, Ksor"""

_TITLES = """
    ông, bà, anh, chị, ngài, đồng chí, tổng thống, thủ tướng, phó thủ tướng, chủ tịch, phó chủ tịch, chủ tịch nước,
    phó chủ tịch nước, chủ nhiệm, phó chủ nhiệm, trưởng phòng, đội trưởng, bộ trưởng, thứ trưởng, đại sứ, phó đại sứ,
    tổng bí thư, ngoại trưởng, tổng lãnh sự, tham tán, tùy viên, tùy viên quốc phòng, tướng, đại tướng, thượng tướng,
    trung tướng, thiếu tướng, đại tá, thượng tá, trung tá, thiếu tá, đại úy, thượng úy, trung úy, thiếu úy, đô đốc,
    phó đô đốc, chuẩn đô đốc, chuẩn tướng, thống tướng, hạ sĩ, trung sĩ, thượng sĩ, binh nhất, cục trưởng, phó cục trưởng,
    tổng cục trưởng, vụ trưởng, giám đốc, phó giám đốc, tổng giám đốc, phó tổng giám đốc, viện trưởng, trưởng ban,
    phó trưởng ban, trưởng phái đoàn, trưởng đoàn, trưởng đại diện, tổng thư ký, phó tổng thư ký, thư ký, bí thư, phó bí thư,
    ủy viên, nghị sĩ, thượng nghị sĩ, hạ nghị sĩ, dân biểu, nhà vua, quốc vương, hoàng tử, thái tử, công chúa, nữ hoàng,
    giáo hoàng, hồng y, giáo sư, tiến sĩ, bác sĩ, luật sư, kỹ sư, họa sĩ, ca sĩ, diễn viên, đạo diễn, hoa hậu, nhà báo,
    nhà văn, chuyên gia, cựu binh, phi công, liệt sĩ, chánh án, thẩm phán, công tố viên, tổng chưởng lý,
    viện kiểm sát trưởng, tư lệnh, phó tư lệnh, tham mưu trưởng, tổng tham mưu trưởng, phó tổng tham mưu trưởng, chính ủy,
    thị trưởng, thống đốc, đặc phái viên, đặc sứ, người phát ngôn, phát ngôn viên, phát ngôn, cố vấn, trợ lý, quốc vụ khanh,
    cao ủy, cao ủy viên, thống chế, thuyền trưởng, bị cáo, bị can, nghi phạm, nghi can, đối tượng, ông trùm, trùm,
    doanh nhân, tỷ phú, ông chủ, chủ tọa, phu nhân, cựu tổng thống, cựu thủ tướng, cố tổng bí thư, đồng cấp, người đồng cấp,
    hiệu trưởng, phó hiệu trưởng, thủ hiến, trung sỹ, thượng nghị sỹ, nghị sỹ, tổng cố vấn, cảnh sát trưởng, tài xế, ngư dân,
    hlv, huấn luyện viên, tiền đạo, nhà khoa học, phó, kiêm"""

_NO_ORGANISATIONS = """
    AI, USD, ADN, DNA, MIA, COC, DOC, IUU, UNCLOS, GDP, FTA, EVFTA, CPTPP, RCEP, UAV, LNG, TTXVN, VND, ADMM, ARF, EEZ, PCA,
    COVID, FDI, ODA, TP, TPHCM, HCM, POW, CEO, RFID, VNA, CPI, SJC, VN, COP, STEM, GPS, ATM, OTP, SMS, UXO, TNT, MOU, HIV,
    VIP, QR, KRW, EUR, JPY, CNY, SGD, THB, AUD, TIP, USMCA, IPEF, NPT, CTBT, APT, PIN, PCCC, CSGT, TV, VTV, VOV, SUV, HLV,
    SEA, VAR, MVP, UBND, NSND, NSUT, ATGT, HĐXX, TAND, VKS, QL, SIM, KCN, TNHH, CP, II, III, IV, VI, VII, VIII, IX, XI, XII,
    XIII, XIV, XV, CSB, H20, USDT, USS, HMS, BRP, TPP, CTV, CERT, INS, VMS, AUKUS, CHDCND, NDT, PGS"""
"""Words in capitals that name no organisation, or one that the guidelines leave out."""

_LOWER_FIELDS = """
    nhân dân, nhân dân tối cao, nhân dân tỉnh, tối cao, xuất nhập cảnh, quản lý xuất nhập cảnh, điều tra,
    điều tra tội phạm về ma túy, tội phạm về ma túy, chống ma túy, châu Âu, châu Phi, châu Á, chất độc da cam,
    chất độc da cam dioxin, biển, bờ biển, quốc tế, quốc gia, liên bang, biên phòng, Liên hợp quốc, quy tập, về Người tị nạn,
    về Ma túy và Tội phạm, về người mất tích, nguyên tử quốc tế, cổ phần, tư nhân, dân tộc, điều hành, thương mại, hàng hải,
    hình sự, thông tin, quân sự, bom mìn, rửa tiền, buôn lậu, tội phạm, tội phạm mạng, sử dụng công nghệ cao,
    phòng chống tội phạm, phòng chống rửa tiền, phòng chống ma túy, chống rửa tiền, chống buôn lậu, chống khủng bố, cơ động,
    sinh học, mạng, tìm kiếm người mất tích, nội địa, hạt nhân, thủy sản, tự do, đặc biệt, trung ương, cửa khẩu,
    cửa khẩu quốc tế"""
"""What continues a name although it is written without a capital."""

_OFFICES = """
    Bộ, Cục, Tổng cục, Chi cục, Vụ, Ủy, Cơ, Văn, Hội, Ban, Trung, Viện, Học, Phòng, Đội, Công, Tập, Trường, Đại, Quỹ, Hiệp,
    Sở, Ngân, Tòa, Đảng"""
"""First words of names that tell of an office."""

_CAPITALS = """
    Hà Nội, Bắc Kinh, Washington, Paris, London, Tokyo, Seoul, Moskva, Moscow, Bangkok, Phnom Penh, Vientiane, Viêng Chăn,
    New Delhi, Jakarta, Manila, Kuala Lumpur, Berlin, Rome, Madrid, Vienna, Athens, Santiago, Colombo, Lima, Ottawa,
    Canberra, Kiev, Kyiv, Hồng Kông, Hong Kong, Doha, Cairo, Tehran, Brasilia, Praha, Budapest, Warszawa, Stockholm,
    Copenhagen, Oslo, Helsinki, Wellington, Bern, La Hay, Tbilisi"""

_WHERE = "tại, ở, tiếng"
"""Words after which a country takes no part."""

_WHERE_OF_CITIES = (
    "từ, đến, tới, về, ra, sang, vào, rời, qua, thủ, đô, thành, phố, TP, sân, bay, gần, quanh, đại, học, công, an"
)
"""Words after which a capital is a place and does not stand for its government."""

_BETWEEN_TITLE_AND_NAME = "tại, nước, quốc, gia, nhân, dân, thường, trực, về, hưu, cấp, cao, và, gốc"

_PLACE_KINDS = "tỉnh, TP, huyện, quận, phường, xã, bang"
