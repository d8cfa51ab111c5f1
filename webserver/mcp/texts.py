"""The texts of the tools' results: short, each with its dates, its source and what to keep in mind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from common.domain.fields import Field, field_noun, format_value, naive_noun
from common.domain.formats import format_change, format_date, format_days, format_named_price
from common.domain.markets.currencies import format_currency
from common.domain.markets.dates import is_stale
from common.domain.price_chances import chance_words
from common.domain.source_names import display_name

Json = Mapping[str, Any]

NO_ADVICE = "This is not investment advice."
LONGEST_LIST = 12
"""The rows of a list that a person and a model can read."""
_OLD = "The prices are old: the last one is of {day}, and everything is counted from there."
_SAMPLE = "These are bundled sample prices that end on {day}. They say nothing about today's market."


def text_of(*lines: str | None) -> str:
    """Return the lines that are not empty, and that it is no advice."""
    return "\n".join([*(line for line in lines if line), NO_ADVICE])


def forecast_text(body: Json) -> str:
    """Return a forecast: the range with its probability, the median, chances, how good it was, and its prices."""
    unit, interval, field = value_unit(body), body["interval"], _field_of(body)
    return text_of(
        f"{body['ticker']}: the {field_noun(field)} on {_day(body['target_date'])}, {format_days(body['days'])} after "
        f"{_day(body['counted_from'])}.",
        f"Range with a probability of {_percent(interval['level'])}: {format_value(interval['lower'], unit)} to "
        f"{format_value(interval['upper'], unit)}. Median: {format_value(body['predicted_price'], unit)}.",
        f"Last {field}: {format_value(body['last_close'], unit)} on {_day(body['as_of'])}.",
        _large_moves(body),
        body["verdict"],
        *data_lines(body),
    )


def _large_moves(body: Json) -> str | None:
    chances = body.get("chances")
    if not chances:
        return None
    above, gain, loss = (
        chance_words(chances[name]) for name in ("above_last_close", "gain_over_10_pct", "loss_over_10_pct")
    )
    return f"Chances: above the last value {above}, a rise of more than 10 % {gain}, a fall of more than 10 % {loss}."


def chances_text(body: Json, forecast: Json) -> str:
    """Return the chances of prices in a forecast."""
    unit, day = value_unit(forecast), _day(body["target_date"])
    above, touch = body.get("above"), body.get("touch")
    return text_of(
        above
        and f"Chance that {body['ticker']} closes above {_named(above['price'], unit)} on {day}: "
        f"{chance_words(above['probability'])}.",
        touch
        and f"Chance that a close of {body['ticker']} reaches {_named(touch['price'], unit)} by {day}: "
        f"{chance_words(touch['probability'])}.",
        f"Last close: {format_value(body['last_close'], unit)} on {_day(forecast['as_of'])}. Prices within a day do "
        "not count, and a chance below 1 % is a rough one.",
        *data_lines(forecast),
    )


def _named(price: float, unit: str) -> str:
    """Return a price that the model named, with all its digits."""
    return f"{format_named_price(price)} {format_currency(unit)}"


def backtest_text(body: Json) -> str:
    """Return how past forecasts of the same stock and horizon came out."""
    found, field = body.get("backtest"), _field_of(body)
    if found is None:
        return text_of(f"The history of {body['ticker']} is too short to test a forecast on it.", *data_lines(body))
    naive = naive_noun(field)
    comparison = {"better": f"better than the {naive}", "worse": f"worse than the {naive}"}.get(
        found.get("comparison"), f"not to be told apart from the {naive}"
    )
    fit = {
        "too_narrow": "the ranges were too narrow",
        "too_wide": "the ranges were too wide",
        "as_said": "this fits their level",
    }.get(found.get("calibration"), "there are too few tests to judge their level")
    return text_of(
        f"{body['ticker']}, forecasts over {format_days(body['days'])} that the model would have made in the past: "
        f"{found['scored']} are scored, which are worth {found['independent_tests']:.0f} without a common day.",
        f"Ranges of {_percent(body['interval']['level'])}: {_percent(found['coverage'])} contained the "
        f"{field_noun(field)}; {fit}.",
        f"Mean error: {found['mae_pct']:.1f} %; with the {naive} as the forecast: {found['naive_mae_pct']:.1f} %. "
        f"The forecasts were {comparison}.",
        _direction(found),
        *data_lines(body),
        "Each past forecast used the prices up to its day only. The past of one stock promises nothing.",
    )


def _direction(found: Json) -> str | None:
    rate = found.get("direction_hit_rate")
    return None if rate is None else f"Direction: right in {_percent(rate)} of the tests; a coin is right in 50 %."


def evaluation_text(body: Json, today: date) -> str:
    """Return the scores of compared models.

    Args:
        body: the evaluation.
        today: the day at the stock's exchange, which decides whether its prices are old.
    """
    level, last = _percent(body["level"]), _day(body["as_of"])
    return text_of(
        f"{body['ticker']}, models compared on forecasts over {format_days(body['days'])} from {len(body['origins'])} "
        "past days. Mean error and score (CRPS) in percent: lower is better.",
        *(_model_line(model, level) for model in body["models"][:LONGEST_LIST]),
        body["summary"],
        f"Prices: {display_name(body['source'])}, {_day(body['first'])} to {last}.",
        _age(body["source"], last, is_stale=is_stale(date.fromisoformat(body["as_of"]), today)),
        "No difference means that chance explains what is seen. The verdicts allow for the number of compared models.",
    )


def _model_line(model: Json, level: str) -> str:
    if model.get("failure"):
        return f"- {model['label']}: no result. {model['failure']['detail']}"
    verdict = str(model["verdict"]).replace("_", " ") if model.get("verdict") else None
    return (
        f"- {model['label']}: error {model['mae_pct']:.2f}, score {model['crps_pct']:.2f}, range of {level} held in "
        f"{_percent(model['coverage'])}; {f'beside the last price: {verdict}' if verdict else 'the yardstick'}"
    )


def patterns_text(body: Json, stored: Json) -> str:
    """Return what followed patterns.

    Args:
        body: the search in one stock.
        stored: the source and age of its prices.
    """
    searched = body["searched"]
    return text_of(
        *(line for pattern in body["patterns"] for line in _pattern_lines(pattern)),
        f"Prices: {stored['source_name']}, {searched['prices']} days from {_day(searched['first'])} to "
        f"{_day(searched['last'])}.",
        _age(stored["source"], _day(searched["last"]), is_stale=stored["stale"]),
        "Most patterns announce nothing: no difference means that what followed was as on any other day.",
        *body["caveats"],
    )


def _pattern_lines(pattern: Json) -> Iterable[str]:
    yield f"{pattern['name']}: {pattern['total']} hits. {pattern['summary']}"
    for each in pattern["followed"]:
        if each["difference_pct"] is not None:
            interval = f", 95 % interval {format_change(each['lower_pct'])} to {format_change(each['upper_pct'])}"
            yield (
                f"- {each['days']} trading days later: {format_change(each['difference_pct'])} beside the usual move"
                f"{interval if each['lower_pct'] is not None else ''}; {str(each['verdict']).replace('_', ' ')} "
                f"({each['hits']} hits)"
            )
    newest = [hit["known"] for hit in pattern["hits"] if hit.get("known")]
    if newest:
        yield f"- last seen on {_day(max(newest))}"


def insights_text(body: Json) -> str:
    """Return what is unusual about a stock now."""
    sentiment, model = body.get("sentiment"), body.get("language_model")
    last = _day(body["as_of"])
    return text_of(
        f"{body['ticker']}, what is unusual on {last}:",
        *(f"- {each['text']}" for each in body["sentences"]),
        sentiment and f"Mood of these facts: {sentiment['mood']}. {sentiment['caveat']}",
        model and f"The sentences were worded by the language model {model} from the server's facts.",
        f"Prices: {body['source_name']}, {body['rows']} days to {last}.",
        _age(body["source"], last, is_stale=body["stale"]),
    )


def _age(source: str, last: str, *, is_stale: bool) -> str | None:
    """Return the warning about prices that are a sample or old."""
    if source == "sample":
        return _SAMPLE.format(day=last)
    return _OLD.format(day=last) if is_stale else None


def board_text(body: Json) -> str:
    """Return stocks of the board of the nightly run."""
    rows = body["rows"]
    return text_of(
        f"The market on {_day(body['as_of'] or body['date'])}: {body['matching']} of {body['total']} stocks match; the "
        f"first {len(rows)}.",
        *map(_stock_line, rows),
        _board_source(body),
    )


def movers_text(body: Json) -> str:
    """Return the most unusual moves of the nightly run."""
    lists = {"Largest rises": "up", "Largest falls": "down", "Outside of the day's range of 95 %": "broken"}
    lines = [line for title, name in lists.items() for line in (f"{title}:", *map(_stock_line, body[name][:5]))]
    return text_of(
        f"The market on {_day(body['as_of'] or body['date'])}, {body['total']} stocks. Moves are in units of each "
        "stock's usual daily move.",
        *lines,
        f"{body['broken_total']} stocks broke their range; about {body['expected_broken']:.0f} do on a usual day.",
        _board_source(body),
    )


def _stock_line(row: Json) -> str:
    name = f" ({row['name']})" if row.get("name") else ""
    if row.get("last_close") is None:
        return f"- {row['ticker']}{name}: {row.get('detail') or 'no prices'}"
    parts = [f"- {row['ticker']}{name}: {format_value(row['last_close'], row.get('currency') or 'XXX')}"]
    if row.get("change_pct") is not None:
        parts.append(format_change(row["change_pct"]))
    if row.get("usual_moves") is not None:
        parts.append(f"{row['usual_moves']:.1f} usual moves")
    if row.get("stale"):
        parts.append(f"old, of {_day(row['as_of'])}")
    return ", ".join(parts)


def _board_source(body: Json) -> str:
    sources = ", ".join(map(display_name, body["sources"]))
    sample = " Sample prices are old, and say nothing about today's market." if "sample" in body["sources"] else ""
    return f"Board of the nightly run of {_day(body['date'])}; sources of the prices: {sources}.{sample}"


def track_record_text(body: Json) -> str:
    """Return how published forecasts came out."""
    kind = {"live": "live forecasts", "sample": "forecasts from the bundled sample"}.get(
        body["kind"], f"{body['kind'].replace('_', ' ')} forecasts"
    )
    horizon = f" over {body['horizon']['words']}" if body.get("horizon") else ""
    head = (
        f"Record of {kind}{horizon}: {body['forecasts']} made, {body['waiting']} wait for their day, {body['scored']} "
    )
    means = body.get("means")
    if not body["is_enough"] or means is None:
        return text_of(head + "scored. These are too few for a figure: 20 are needed.", _months(body), _RECORD)
    return text_of(
        f"{head}scored ({body['tickers']} stocks, {body['target_days']} target days).",
        _months(body),
        *(
            f"Range of {_percent(each['level'])}: {_percent(each['fraction'])} of the closes were inside."
            for each in body["coverage"]
            if each["fraction"] is not None
        ),
        f"Mean error {means['abs_error_pct']:.2f} %; with the last price as the forecast "
        f"{means['last_price_abs_error_pct']:.2f} %. Score (CRPS) {means['crps_pct']:.2f}, of the last price "
        f"{means['last_price_crps_pct']:.2f}; lower is better.",
        _RECORD,
    )


def _months(body: Json) -> str | None:
    months = [each["month"] for each in body["months"]]
    return f"Target days from {months[0]} to {months[-1]}, by month." if months else None


_RECORD = (
    "Each forecast was recorded when it was made, unchanged since, and scored against the close of its target day. "
    "Forecasts whose periods overlap are not independent."
)


def matches_text(body: Json) -> str:
    """Return the tickers that match a text."""
    if not body["tickers"]:
        return text_of(f"No company matches {body['query']!r}. Try another spelling, or the ticker itself.")
    lines = (
        f"- {each['ticker']}: {each['name'] or 'name unknown'}{', prices are stored' if each['stored'] else ''}"
        for each in body["tickers"]
    )
    return text_of(
        f"Tickers for {body['query']!r}, the best match first:",
        *lines,
        "Source: the server's list of company names. The price source may know others, too.",
    )


def progress_text(body: Json, tool: str, *, takes_id: bool) -> str:
    """Return that a result is not there yet, and how to get it.

    Args:
        body: the progress.
        tool: the name of the tool.
        takes_id: whether the tool takes the id of a request. The server joins equal questions of the others.
    """
    done = body.get("progress")
    share = f", {_percent(done)} done" if isinstance(done, int | float) else ""
    step = f" ({body['step']})" if body.get("step") else ""
    identity = f" and request_id {body['request_id']}" if takes_id else ""
    return (
        f"Not finished yet: {body['status']}{share}{step}. Call {tool} again with the same arguments{identity} to get "
        "the result."
    )


def data_lines(body: Json) -> Sequence[str]:
    """Return the source and dates of a forecast's prices, and what is unusual about them."""
    data = body["data"]
    last = _day(data["last"])
    lines = [f"Prices: {data['source_name']}, {_day(data['first'])} to {last}."]
    age = _age(data["source"], last, is_stale=data["stale"])
    return [*lines, *([age] if age else []), *data["flags"][:5]]


def value_unit(body: Json) -> str:
    """Return the unit of a forecast's values."""
    return str(body.get("unit") or body["currency"])


def _field_of(body: Json) -> Field:
    """Return the field of a forecast's values. A result of an early version has none, and is of the close."""
    field: Field = body.get("field") or "close"
    return field


def _day(text: str) -> str:
    return format_date(date.fromisoformat(text[:10]))


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %"
