"""
The golden texts: what a tokenizer or a graph gets wrong is mostly at the edges, so most of these are edges.

All were written for this project. The first eight are short and of different kinds: a starting backend is probed with
them. Rules of the list are checked by record.py: no text twice, the first eight read as at most 16 tokens.
"""

ARTICLE = (
    "The harbour wakes before the town does. At four the ice machine starts to rattle, and by half past the first boats "
    "come round the mole with their lamps still burning. Nobody hurries. Crates are swung onto the quay, weighed, "
    "labelled and rolled into the hall, where the auction clock will begin at six sharp. Prices fall instead of rising: "
    "the hand moves down until somebody presses a button, and whoever presses first has bought the lot. It is over in "
    "seconds, and it is the whole economy of the place. "
    "My grandmother kept the books for one of the cooperatives for thirty-one years. She wrote weights in pencil and "
    "money in ink, because weights were often corrected and money never was. In the winter of the great frost she walked "
    "home across the frozen basin, and she told the story so often that we children could say it along with her: the "
    "lantern, the cracking sound, the dog that would not follow. What she never mentioned, and what I found out only from "
    "her notebooks, was that she had carried the wages of forty people in her coat. "
    "Today the ledgers are spreadsheets, and the clock is a web page. Buyers sit in offices two countries away and bid on "
    "fish they will not see. The quay is quieter for it. Yet the boats still come round the mole in the dark, the ice "
    "machine still rattles, and someone still has to say which crate is which. Machines have taken over the counting; the "
    "judging, so far, is done by people in rubber boots. "
    "There are those who think that this cannot last. A camera above the belt can already tell a sole from a plaice, and "
    "a model trained on a million photographs will grade freshness to a tenth of a point. I have watched it work. It is "
    "right more often than a tired man at five in the morning, and it does not mind the cold. But the same camera once "
    "graded a glove, with great confidence, as a small monkfish, and the crate was sold before anyone looked. The buyer "
    "kept the glove. It hangs framed in his office, and under it is written the price per kilo. "
    "So I do not know how to end this account. Perhaps with the tide tables, which have been printed by the same firm "
    "since 1887 and which everyone here still buys on paper, although the numbers are free. You can fold paper, my "
    "neighbour says, and put it in the pocket over your heart, and on the water that counts for something. He is eighty "
    "and has not been wrong about the weather for as long as I have known him. When I asked him what he thought of the "
    "camera, he looked for a long time at the place where the boats come in, and said that it depended on who was looking "
    "through it. Then he asked whether I had brought the bread, and that was all he had to say on the future of the trade. "
    "The bread, I should add, was from the bakery on the hill, which opens at three for the crews and closes when the last "
    "loaf is gone. There has been talk of a second oven for years, and of a shop near the station where visitors would "
    "find it. The baker nods at all of this and changes nothing. He says that a town needs one thing that is never "
    "improved, so that people can measure the rest against it."
)


def words(count: int) -> str:
    """Repeats a plain word: each is one token, so a text of n words is read as n + 2 tokens."""
    return " ".join(["river"] * count)


TEXTS = [
    # The start probe.
    "a",
    "The cat sat on the mat.",
    "東京は夜も明るい。",
    "Grüße aus Köln, João!",
    "x = f(y) // 2",
    "👩🏽‍🚀🚀",
    "42",
    "How do I reset my password?",
    # Short ones: one letter, one word, digits.
    "Z",
    "7",
    "é",
    "embedding",
    "Antidisestablishmentarianism",
    "3.14159265358979",
    "1234567890 0987654321",
    "+49 (0)30 1234-5678, ext. 9",
    "2031-02-29T25:61:00Z is not a date.",
    # Scripts.
    "北京烤鸭和四川火锅哪个更好吃?",
    "カタカナとひらがな、漢字がまざった文です。",
    "한국어 문장은 띄어쓰기가 중요합니다.",
    "القهوة في الصباح تفتح شهية الكلام.",
    "הספרייה נסגרת בשעה שמונה בערב.",
    "नदी के किनारे पुराना मंदिर है।",
    "ฝนตกหนักจนถนนน้ำท่วม",
    "Пётр поехал на дачу за ёлкой.",
    "Η θάλασσα ήταν ήσυχη το βράδυ.",
    "İstanbul'da ılık bir sabah; straße, ŒUVRE, ǅungla, ﬁne ﬂour.",
    "English, then русский, then 中文, then العربية, in one line.",
    "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝟙𝟚𝟛 𝒞𝓊𝓇𝓈𝒾𝓋𝑒 and ｆｕｌｌｗｉｄｔｈ",
    "𠮷野家で𩸽を食べる",
    # Marks, emoji, signs.
    "cafe\u0301 re\u0301sume\u0301 n\u0303andu\u0301 A\u030angstro\u0308m",
    "Z\u0351\u036b\u0343a\u0320\u0353l\u0316\u031dg\u0339o\u033a text that leaks off the line",
    "👨‍👩‍👧‍👦 went to 🏖️ with 👋🏿 and ❤️‍🔥",
    "🇯🇵🇧🇷🇺🇳 flags, 🏴󠁧󠁢󠁳󠁣󠁴󠁿 and 🏳️‍🌈",
    "∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−L|<ε",
    "€100 ≈ £85 ≈ ¥15,900 ± 2 % … “quoted” – ‘thus’ — «so»",
    "!?.,;:-_()[]{}<>/\\|@#$%^&*~`'\"",
    "...",
    # White space and control characters.
    "   leading and trailing   ",
    "tabs\tand\nnew lines\r\nand\u00a0no-break\u2003em\u3000ideographic spaces",
    "one\n\n\n\n\n          many          \t\t\t\tgaps",
    "bell\u0007, escape\u001b[31mred\u001b[0m, delete\u007f, nul-free",
    "zero\u200bwidth\u200dand\ufeffbyte order\u00adsoft hyphen\u2028line separator",
    "before\u0000after a null, and \ufffd a replacement character",
    "right\u202eto left override\u202c and back, a\u0085next line, \ue000 private use",
    # Letter case and odd words.
    "URGENT: ALL STAFF MUST LEAVE THE BUILDING BY THE NORTH STAIRS",
    "iPhone eBay McDonald LaTeX gRPC pH mRNA kWh",
    "do-it-yourself, state-of-the-art, rock'n'roll, O'Neill's, e.g. and i.e.",
    "lopadotemachoselachogaleokranioleipsanodrimhypotrimmatosilphioparaomelitokatakechymenokichlepikossyphophattoperister",
    "a" * 100 + " " + "b" * 101,
    "the [CLS] and [SEP] of a [MASK] with [PAD] or [UNK], and a [cls] in small letters",
    # Code and markup.
    "def mean(xs):\n    return sum(xs) / len(xs) if xs else float('nan')",
    "const total = rows.reduce((sum, { price, n }) => sum + price * n, 0) // cents",
    "fn main() { let v: Vec<u8> = std::env::args().flat_map(String::into_bytes).collect(); }",
    "SELECT c.name, COUNT(*) FROM orders o JOIN customers c USING (customer_id) GROUP BY 1 HAVING COUNT(*) > 3;",
    '{"id": 17, "tags": ["a", "b"], "nested": {"ok": true, "ratio": 1.5e-3, "none": null}}',
    '<div class="card"><a href="/cart?id=9&amp;n=2">Add to cart</a><br/></div>',
    "https://example.org:8443/a/b%20c/?q=caf%C3%A9&page=2#section-3",
    "Write to jane.doe+invoices@mail.example.com before Friday.",
    "git rebase -i HEAD~3 && grep -rnE '^(TODO|FIXME)' src/ | wc -l > /tmp/count.txt",
    # Prose of several trades.
    "The lessee shall indemnify and hold harmless the lessor against all claims arising from the use of the premises, "
    "save to the extent that such claims are caused by the lessor's gross negligence or wilful misconduct.",
    "A 63-year-old man presented with crushing retrosternal chest pain radiating to the left arm; troponin was raised "
    "and the ECG showed ST elevation in leads II, III and aVF.",
    "Photosynthesis turns carbon dioxide and water into glucose and oxygen, using light that chlorophyll absorbs mostly "
    "in the blue and the red.",
    "Quarterly revenue rose 8 % to 1.2 billion, but margins narrowed as freight and energy costs went up.",
    "Whisk two eggs with a spoonful of cold water, season, and pour into foaming butter; fold while the middle is soft.",
    "Which of the two proofs is shorter, and does the longer one say anything that the shorter one hides?",
    "what's the diffrence betwen afect and effect?? pls explane quikly thx",
    "Wann fährt der letzte Zug nach Hamburg, und muss ich in Hannover umsteigen?",
    "¿Dónde está la estación? Il fait déjà nuit à Orléans. Zażółć gęślą jaźń. Příliš žluťoučký kůň.",
    # Lengths: 100 words, around the limit (tokens = words + 2), and far beyond it.
    " ".join(ARTICLE.split()[:100]),
    words(252),
    words(253),
    words(254),
    words(255),
    " ".join(ARTICLE.split()[:230]),
    ARTICLE,
    "人工知能" * 80,
]
