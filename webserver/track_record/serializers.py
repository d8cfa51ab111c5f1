"""The JSON of the track record, made from its rows and sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from common.domain.horizons import horizon_group
from common.domain.monthly_scores import MonthScore
from common.domain.outcomes import Outcome
from common.domain.results import QUANTILE_LEVELS
from common.domain.stock_records import StockRecord
from common.domain.track_record import LEAST_SCORED, LEVELS
from common.sql.repositories.ledger.chain import Head
from common.sql.repositories.ledger.queries import ForecastRow, Sums
from webserver.http.cooperative_work import in_pieces
from webserver.track_record.models import (
    ChainHead,
    HorizonView,
    LevelCoverage,
    MeanScores,
    MonthView,
    OutcomeView,
    RecordedForecasts,
    RecordedForecastsQuery,
    RecordedForecastView,
    TrackRecord,
    TrackRecordQuery,
)

_DECIMALS = 4
_SHOWN = [LEVELS.index(level) for level in QUANTILE_LEVELS]


def track_record(
    query: TrackRecordQuery, sums: Sums, months: Sequence[MonthScore], heads: Mapping[str, Head]
) -> TrackRecord:
    """Return the counts and means; below :data:`LEAST_SCORED` scored forecasts only the counts."""
    scored = sums.outcomes.get("scored", 0)
    is_enough = scored >= LEAST_SCORED
    return TrackRecord.model_validate(
        {
            "kind": query.kind,
            "horizon": None if query.horizon is None else _horizon(query.horizon),
            "sentence": _sentence(query, StockRecord(forecasts=scored, inside_80=sums.inside.get(80, 0))),
            "forecasts": sums.forecasts,
            "waiting": sums.forecasts - sum(sums.outcomes.values()),
            "outcomes": sums.outcomes,
            "scored": scored,
            "tickers": sums.tickers,
            "target_days": sums.target_days,
            "is_enough": is_enough,
            "coverage": [
                LevelCoverage(
                    level=percent / 100, inside=count, fraction=round(count / scored, _DECIMALS) if is_enough else None
                )
                for percent, count in sums.inside.items()
            ],
            "means": MeanScores(**_rounded(sums.means)) if is_enough else None,
            "pit": list(sums.pit),
            "months": [_month(month) for month in months],
            "chains": {name: ChainHead(entries=head.entries, hash=head.chain_hash) for name, head in heads.items()},
        }
    )


def forecast_page(rows: Sequence[ForecastRow], query: RecordedForecastsQuery, most: int) -> RecordedForecasts:
    """Return a page of up to ``most`` rows; one more row shows that another page follows."""
    page = rows[:most]
    following = None
    if len(rows) > most:
        asked = query.model_dump(mode="json", exclude_none=True) | {"before": page[-1].number}
        following = f"/api/v1/track-record/forecasts?{urlencode(asked)}"
    return RecordedForecasts(forecasts=forecast_views(page), next=following)


def forecast_views(rows: Sequence[ForecastRow]) -> list[RecordedForecastView]:
    """Return forecasts as the API shows them. A damaged one is left out; the export has it."""
    return [view for view in map(_forecast, in_pieces(rows)) if view is not None]


def _forecast(row: ForecastRow) -> RecordedForecastView | None:
    entry, outcome = row.entry, row.outcome
    if entry is None or (outcome is None and row.outcome_content is not None):
        return None
    named = {name: getattr(entry, name) for name in RecordedForecastView.model_fields if hasattr(entry, name)}
    return RecordedForecastView.model_validate(
        named
        | {"number": row.number, "hash": row.hash, "made_at": row.made_at, "recorded_at": row.recorded_at}
        | {"quantiles": [entry.quantiles[index] for index in _SHOWN], "outcome": _outcome(row, outcome)}
    )


def _outcome(row: ForecastRow, outcome: Outcome | None) -> OutcomeView | None:
    if outcome is None:
        return None
    return OutcomeView.model_validate(
        {name: getattr(outcome, name) for name in OutcomeView.model_fields if hasattr(outcome, name)}
        | {"number": row.outcome_number, "revision": row.outcome_revision, "recorded_at": row.outcome_recorded_at}
    )


def _month(month: MonthScore) -> MonthView:
    return MonthView(
        month=month.month.isoformat()[:7],
        forecasts=month.forecasts,
        target_days=month.target_days,
        crps_difference=None if month.difference is None else round(month.difference, _DECIMALS),
        standard_error=None if month.standard_error is None else round(month.standard_error, _DECIMALS),
    )


def _sentence(query: TrackRecordQuery, record: StockRecord) -> str | None:
    if query.ticker is None or query.horizon is None:
        return None
    return record.sentence(query.ticker, horizon_group(query.horizon))


def _horizon(days: int) -> HorizonView:
    group = horizon_group(days)
    return HorizonView(first_days=group.first, last_days=group.last, words=group.words)


def _rounded(means: Mapping[str, float | None]) -> dict[str, float]:
    return {name: round(mean, _DECIMALS) for name, mean in means.items() if mean is not None}
