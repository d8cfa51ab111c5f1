"""The lists of words by which a text of a language model is checked."""

from __future__ import annotations

from functools import cache
from importlib import resources


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@cache
def load_vocabulary() -> frozenset[str]:
    """Return the words that a text may have, in lower case."""
    text = (resources.files(__package__) / "vocabulary.txt").read_text(encoding="utf-8")
    return _words(" ".join(line for line in text.splitlines() if not line.startswith("#")))


NUMBERS = _words("""
    zero nil nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty ninety hundred
    hundreds thousand thousands million millions billion billions trillion trillions dozen dozens score scores
    couple pair several first second third thirds fourth fifth fifths sixth seventh eighth ninth tenth tenths
    hundredth hundredths half halves halved halving quarter quarters double doubled doubles doubling twofold
    threefold triple tripled treble quadruple quadrupled twice thrice once single percent percentage percentages
    pct per cent cents basis bps bp dollar dollars usd euro euros pound pounds times multiple multiples majority
    minority minus plus
""")
"""Words for numbers, parts and units. Only a slot may state a number."""

ROMAN = _words("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xx xxx xl l c d m")
"""Roman numerals in letters."""

ADVICE = _words("""
    accumulate add advise advisable advice allocate attractive avoid bargain bargains bet better best bullish
    bearish buy buyers buying bought cheap cheaply consider consult deserve dump enter entry exit expensive favour
    favourable good great grab hedge hold holding ideal invest investing investment investor investors load long
    must need needs opportunity opportunities ought overbought oversold overvalued own portfolio position positions
    profit profits profitable purchase recommend recommended recommendation reduce rewarding safe sell sellers
    selling short should sold stop target targets trade trader traders trim undervalued wise worth worthwhile you
    your yours
""")
"""Words of advice, or of a judgement that amounts to it."""

PREDICTIONS = _words("""
    ahead anticipate anticipated anticipates apt bound can chance chances coming could destined due eventually
    expect expectation expectations expected expects forthcoming future going gonna hope imminent imminently impend
    impending inevitable inevitably likelihood likely looming may maybe might momentarily next outlook perhaps
    poised possibility possible possibly potential potentially predict predicted prediction predicts probable
    probably project projected projection prospect prospects shall shortly signal signals soon suggest suggests
    threatens tomorrow unlikely upcoming upside downside will wont would
""")
"""Words about the future. Facts about coming events have these words in their own texts."""

CAUSES = _words(
    "after because cause caused causes driven explain explains explained hence reason reasons thanks therefore thus why"
)
"""Words for causes, which no fact states."""

NEGATIONS = _words("not no never without nor neither hardly barely scarcely none nothing nowhere cannot instead failed")
"""Words that turn the meaning of a word of direction or size."""

BEFORE_SLOT = _words("""
    than least most over under nearly near almost about around some beyond past within above below towards toward
    only even rather quite same other another against before far from like since
""")
"""Words that would change the value of a slot after them: "more than {move_day}" is another claim."""
BETWEEN = _words("a an the its that this at by in of on to")
"""Words that may stand between such a word and its slot."""
NEAR_TO = _words("close closes closed near nearer next back")
"""Words that would change it before "to"."""
MOVING = _words("change changed move moved went")
"""Words of moves. A price moves by a change, and to a level."""

UP = _words("""
    above advance advanced climb climbed gain gained grew grow growth higher increase increased jump jumped lifted
    positive rallied rally recovered recovering recovery rise risen rose surge surged up upward upwards
""")
DOWN = _words("""
    below decline declined decrease decreased down downward downwards drop dropped fall fallen fell lose loss
    losses lost lower negative plunge plunged sank shrank slid slide slipped slump slumped
""")
UNUSUAL = _words("""
    exceptional exceptionally extraordinary notable notably noticeable noticeably rare rarely unusual unusually
""")
LARGE = _words("""
    big bigger brisk busier busy elevated further heavier heavy large larger more sharp sharply steep strong stronger
    volatile wide wider
""")
SMALL = _words(
    "calm calmer light lighter modest muted narrow narrower quiet quieter slight slightly small smaller thin"
)
TYPICAL = _words("normal normally ordinary regular same typical typically")

INFINITIVES = _words("""
    advance climb gain grow increase jump rally rise surge decline decrease drop fall lose plunge slide slump change
    close come move show split spread swing test trend
""")
"""Verbs that after "to" would be about the future: "the price is to rise by {move_month}"."""
ADVERBS = _words("even further much more so rather quite")
"""Words that may stand between "to" and a verb, besides those that end in "ly"."""
PRICE = _words("price prices stock share shares close closes closed")
"""Words for the price."""
