"""The exchange of a ticker: its trading calendar and its time zone. No other module reads a ticker's suffix.

The suffixes are Yahoo's, and those of Alpha Vantage's documentation: https://help.yahoo.com/kb/SLN2310.html and
https://www.alphavantage.co/documentation/#dailyadj. The time zones are those of exchange_calendars, which takes half a
second to import; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from types import MappingProxyType

from common.domain.markets.instruments import is_coin_pair, is_currency_pair, is_future

EVERY_DAY = "24/7"
"""The calendar of assets that trade on every day."""
WEEKDAYS = "24/5"
"""The calendar of assets that trade from Monday to Friday, holidays included."""


@dataclass(frozen=True)
class Exchange:
    """An exchange.

    ``calendar`` is its code in exchange_calendars, or :data:`EVERY_DAY` or :data:`WEEKDAYS`. Where the library has no
    calendar, it is the exchange's market identifier code (ISO 10383); ``week`` then has a 1 for each day of the week
    with a session, from Monday, and ``ends`` is the time at which the last closing auction is over.
    """

    calendar: str
    time_zone: str
    name: str
    week: str = ""
    ends: time = time.max


_MONDAY_TO_FRIDAY, _SUNDAY_TO_THURSDAY = "1111100", "1111001"
_EXCHANGES = (
    Exchange("ASEX", "Europe/Athens", "Athens Stock Exchange"),
    Exchange("BVMF", "America/Sao_Paulo", "B3 exchange of São Paulo"),
    Exchange("CMES", "America/Chicago", "Chicago Mercantile Exchange"),
    Exchange("XAMS", "Europe/Amsterdam", "Euronext Amsterdam"),
    Exchange("XASX", "Australia/Sydney", "Australian Securities Exchange"),
    Exchange("XBKK", "Asia/Bangkok", "Stock Exchange of Thailand"),
    Exchange("XBOG", "America/New_York", "Colombia Securities Exchange"),
    Exchange("XBOM", "Asia/Kolkata", "Bombay Stock Exchange"),
    Exchange("XBRU", "Europe/Brussels", "Euronext Brussels"),
    Exchange("XBSE", "Europe/Bucharest", "Bucharest Stock Exchange"),
    Exchange("XBUD", "Europe/Budapest", "Budapest Stock Exchange"),
    Exchange("XBUE", "America/Argentina/Buenos_Aires", "Buenos Aires Stock Exchange"),
    Exchange("XCSE", "Europe/Copenhagen", "Copenhagen Stock Exchange"),
    Exchange("XDUB", "Europe/Dublin", "Euronext Dublin"),
    Exchange("XDUS", "Europe/Brussels", "Düsseldorf Stock Exchange"),
    Exchange("XETR", "Europe/Berlin", "Xetra exchange"),
    Exchange("XFRA", "Europe/Berlin", "Frankfurt Stock Exchange"),
    Exchange("XHAM", "Europe/Brussels", "Hamburg Stock Exchange"),
    Exchange("XHEL", "Europe/Helsinki", "Helsinki Stock Exchange"),
    Exchange("XHKG", "Asia/Hong_Kong", "Hong Kong Stock Exchange"),
    Exchange("XICE", "Atlantic/Reykjavik", "Iceland Stock Exchange"),
    Exchange("XIDX", "Asia/Jakarta", "Indonesia Stock Exchange"),
    Exchange("XIST", "Europe/Istanbul", "Istanbul Stock Exchange"),
    Exchange("XJSE", "Africa/Johannesburg", "Johannesburg Stock Exchange"),
    Exchange("XKAR", "Asia/Karachi", "Pakistan Stock Exchange"),
    Exchange("XKLS", "Asia/Kuala_Lumpur", "Malaysian Stock Exchange"),
    Exchange("XKRX", "Asia/Seoul", "Korea Exchange"),
    Exchange("XLIS", "Europe/Lisbon", "Euronext Lisbon"),
    Exchange("XLIT", "Europe/Vilnius", "Vilnius Stock Exchange"),
    Exchange("XLON", "Europe/London", "London Stock Exchange"),
    Exchange("XMAD", "Europe/Madrid", "Madrid Stock Exchange"),
    Exchange("XMEX", "America/Mexico_City", "Mexican Stock Exchange"),
    Exchange("XMIL", "Europe/Rome", "Milan Stock Exchange"),
    Exchange("XMOS", "Europe/Moscow", "Moscow Exchange"),
    Exchange("XNYS", "America/New_York", "New York Stock Exchange"),
    Exchange("XNZE", "Pacific/Auckland", "New Zealand Stock Exchange"),
    Exchange("XOSL", "Europe/Oslo", "Oslo Stock Exchange"),
    Exchange("XPAR", "Europe/Paris", "Euronext Paris"),
    Exchange("XPHS", "Asia/Manila", "Philippine Stock Exchange"),
    Exchange("XPRA", "Europe/Prague", "Prague Stock Exchange"),
    Exchange("XRIS", "Europe/Riga", "Riga Stock Exchange"),
    Exchange("XSAU", "Asia/Riyadh", "Saudi Exchange"),
    Exchange("XSES", "Asia/Singapore", "Singapore Exchange"),
    Exchange("XSGO", "America/Santiago", "Santiago Stock Exchange"),
    Exchange("XSHG", "Asia/Shanghai", "Shanghai Stock Exchange"),
    Exchange("XSTO", "Europe/Stockholm", "Stockholm Stock Exchange"),
    Exchange("XSTU", "Europe/Berlin", "Stuttgart Stock Exchange"),
    Exchange("XSWX", "Europe/Zurich", "SIX Swiss Exchange"),
    Exchange("XTAE", "Asia/Tel_Aviv", "Tel Aviv Stock Exchange"),
    Exchange("XTAI", "Asia/Taipei", "Taiwan Stock Exchange"),
    Exchange("XTAL", "Europe/Tallinn", "Tallinn Stock Exchange"),
    Exchange("XTKS", "Asia/Tokyo", "Tokyo Stock Exchange"),
    Exchange("XTSE", "America/Toronto", "Toronto Stock Exchange"),
    Exchange("XWAR", "Europe/Warsaw", "Warsaw Stock Exchange"),
    Exchange("XWBO", "Europe/Vienna", "Vienna Stock Exchange"),
    Exchange("DSMD", "Asia/Qatar", "Qatar Stock Exchange", _SUNDAY_TO_THURSDAY, time(13, 15)),
    Exchange("XCAI", "Africa/Cairo", "Egyptian Exchange", _SUNDAY_TO_THURSDAY, time(14, 30)),
    Exchange("XDFM", "Asia/Dubai", "Dubai Financial Market", _MONDAY_TO_FRIDAY, time(15)),
    Exchange("XKUW", "Asia/Kuwait", "Boursa Kuwait", _SUNDAY_TO_THURSDAY, time(13)),
    Exchange("XSTC", "Asia/Ho_Chi_Minh", "Vietnamese stock exchange", _MONDAY_TO_FRIDAY, time(15)),
)
EXCHANGES: Mapping[str, Exchange] = MappingProxyType({exchange.calendar: exchange for exchange in _EXCHANGES})
"""The exchanges by their calendar."""
NEW_YORK = EXCHANGES["XNYS"]
CRYPTOCURRENCIES = Exchange(EVERY_DAY, "UTC", "cryptocurrency market")
CURRENCIES = Exchange(WEEKDAYS, "UTC", "currency market")
"""Sources end a day of the currency market at 17:00 in New York, or at midnight in London or UTC, which is the last."""

# The regional exchanges of Germany have Frankfurt's days, Shenzhen has Shanghai's, and Canada's others have Toronto's.
_SUFFIXES = """
    ASEX AT     BVMF SA     XAMS AS     XASX AX XA  XBKK BK     XBOG CL     XBOM NS BO BSE  XBRU BR     XBSE RO
    XBUD BD     XBUE BA     XCSE CO     XDUB IR     XDUS DU     XETR DE DEX XFRA F BE BM HA MU          XHAM HM
    XHEL HE     XHKG HK     XICE IC     XIDX JK     XIST IS     XJSE JO     XKAR KA XKLS KL XKRX KS KQ  XLIS LS
    XLIT VS     XLON L IL XC LON        XMAD MC     XMEX MX     XMIL MI TI  XMOS ME XNZE NZ XOSL OL     XPAR PA NX
    XPHS PS     XPRA PR     XRIS RG     XSAU SR SAU XSES SI     XSGO SN     XSHG SS SZ SHH SHZ          XSTO ST
    XSTU SG     XSWX SW VX  XTAE TA     XTAI TW TWO XTAL TL     XTKS T      XTSE TO V CN NE TRT TRV
    XWAR WA     XWBO VI     DSMD QA     XCAI CA     XDFM AE     XKUW KW     XSTC VN
"""
_INDICES = """
    XNYS GSPC DJI DJT DJU IXIC NDX RUT RUI RUA NYA XAX OEX MID SP400 SP600 SOX VIX VXN TNX TYX FVX IRX
    BVMF BVSP   XAMS AEX    XASX AXJO AORD          XBOM NSEI NSEBANK BSESN CNXIT   XBRU BFX    XBUE MERV
    XDUB ISEQ   XETR GDAXI MDAXI SDAXI TECDAX STOXX50E STOXX        XHEL OMXH25     XHKG HSI HSCE
    XIDX JKSE   XKLS KLSE   XKRX KS11 KQ11 KS200    XLON FTSE FTMC FTAS FTLC        XMAD IBEX   XMEX MXX
    XNZE NZ50   XPAR FCHI SBF120 CN20   XSES STI    XSGO IPSA   XSTO OMX OMXS30     XSWX SSMI   XTAI TWII
    XTKS N225   XTSE GSPTSE TX60        XWBO ATX
"""


def _calendars(table: str) -> dict[str, str]:
    """Return the calendar of each word that follows it in a table."""
    found: dict[str, str] = {}
    calendar = ""
    for word in table.split():
        if word in EXCHANGES:
            calendar = word
        else:
            found[word] = calendar
    return found


_CALENDAR_OF_SUFFIX = _calendars(_SUFFIXES)
_CALENDAR_OF_INDEX = _calendars(_INDICES)
_AMERICAN_CLASS = re.compile(r"[A-D]|P[A-Z]?|U|UN|W|WS|WT|R|RT")
"""Behind a dot: a share class, a preferred share, a unit, a warrant or a right of an American company."""
_CHINESE = re.compile(r"\d{6}")


def exchange_of(ticker: str) -> Exchange:
    """Return the exchange whose days and time zone a ticker has: New York's where its own is not known."""
    return _known_exchange(ticker) or NEW_YORK


def has_known_exchange(ticker: str) -> bool:
    """Return whether the days of a ticker are those of its own exchange, as far as its form shows."""
    return _known_exchange(ticker) is not None


@lru_cache(maxsize=4096)
def _known_exchange(ticker: str) -> Exchange | None:
    if other := _market_of_no_shares(ticker):
        return other
    name, dot, suffix = ticker.rpartition(".")
    if dot and suffix in _CALENDAR_OF_SUFFIX:
        return EXCHANGES[_CALENDAR_OF_SUFFIX[suffix]]
    if ticker.startswith("^"):
        calendar = _CALENDAR_OF_INDEX.get(ticker[1:])
        return EXCHANGES[calendar] if calendar else None
    if dot:
        return NEW_YORK if name.isalpha() and _AMERICAN_CLASS.fullmatch(suffix) else None
    return EXCHANGES["XSHG"] if _CHINESE.fullmatch(ticker) else NEW_YORK


def _market_of_no_shares(ticker: str) -> Exchange | None:
    """Return the market of a pair or a future."""
    if is_currency_pair(ticker):
        return CURRENCIES
    if is_coin_pair(ticker):
        return CRYPTOCURRENCIES
    return EXCHANGES["CMES"] if is_future(ticker) else None
