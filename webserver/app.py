"""The composition of the web server: reads the settings, builds the clients and registers the routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Flask, Response

from common.domain.access import Scope
from common.domain.kinds import KINDS
from common.redis.client.connections import make_redis_client
from common.redis.rate_windows import Quota
from common.redis.requests.records import Record
from common.redis.requests.results import Result, ResultStore
from common.redis.stores import RedisStores
from common.runtime.settings_loading import load_settings
from common.runtime.supervision import AnyLoop, make_liveness_checks, make_progress_checks
from common.s3.company_objects import CompanyObjects
from common.s3.incoming import IncomingFiles
from common.s3.objects import PriceObjects, make_s3_client
from common.service.health import encode_health, run_checks
from common.service.readiness import RedisReadiness
from common.sql.store import SqlStore
from webserver.access.admission import Admission
from webserver.access.audit_trail import AuditTrail
from webserver.access.credential_store import CredentialStore
from webserver.access.identification import Identification, client_address
from webserver.access.policy import AccessPolicy
from webserver.alerts.monitor import AlertMonitor
from webserver.alerts.outbox import Outbox
from webserver.alerts.routes import alerts_api
from webserver.alerts.service import AlertService
from webserver.alerts.settings import NotificationSettings
from webserver.batches.routes import batches_api
from webserver.batches.service import Batches
from webserver.companies.routes import companies_api
from webserver.companies.service import FETCH_S, CompanyFacts
from webserver.embedding.routes import embedding
from webserver.embedding.shown_forecasts import ShownForecasts
from webserver.evaluations.model_routes import evaluation_models_api
from webserver.evaluations.routes import EVALUATIONS
from webserver.forecasts.routes import FORECASTS
from webserver.http.cooperative_work import in_thread
from webserver.http.middleware.forwarded import behind_proxies
from webserver.http.middleware.host_check import HostCheck
from webserver.http.middleware.response_headers import ResponseHeaders
from webserver.http.middleware.traces import traced
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.problems import register_error_handlers
from webserver.http.rate_limits import AddressQuota, RateLimits
from webserver.http.request_parsing import MAX_BODY_BYTES
from webserver.http.request_validation import validate_requests
from webserver.http.routing import TickerConverter
from webserver.insights.expected_reports import ExpectedReports
from webserver.insights.language_model.composition import build_language_model
from webserver.insights.language_model.settings import LanguageModelSettings
from webserver.insights.news.routes import news_api
from webserver.insights.news.service import NewsReader
from webserver.insights.routes import insights_api
from webserver.insights.service import InsightService
from webserver.market.board.reader import BoardReader
from webserver.market.monitor import MarketMonitor
from webserver.market.routes import market_api
from webserver.market.sectors import texts_about_tickers
from webserver.mcp.routes import mcp_route
from webserver.openapi.routes import docs
from webserver.patterns.routes import PATTERNS
from webserver.people.composition import account_apis
from webserver.people.resources import Resources
from webserver.people.settings import PeopleSettings
from webserver.reports.routes import REPORTS
from webserver.request_deadlines import RequestDeadlines
from webserver.requests.events import EventStreams
from webserver.requests.outcome_metrics import OutcomeMetrics
from webserver.requests.record_cache import RecordCache
from webserver.requests.request_access import RequestAccess
from webserver.requests.routes import RequestApi, RequestServices, requests_api
from webserver.requests.service import RequestService
from webserver.requests.standard_api import standard_api
from webserver.schemas import Health
from webserver.server.backup_monitor import BackupMonitor
from webserver.server.connection_limits import MOST_STREAMING, MOST_WAITING
from webserver.server.metrics_route import add_metrics
from webserver.settings import WebSettings
from webserver.site.routes import page
from webserver.stocks.company_names import read_listings
from webserver.stocks.ingestion_client import IngestionClient
from webserver.stocks.price_reader import PriceReader, computing_in_pieces
from webserver.stocks.price_routes import prices_api
from webserver.stocks.recent_closes import RecentCloses
from webserver.stocks.refresh_monitor import RefreshMonitor
from webserver.stocks.ticker_routes import tickers_api
from webserver.stocks.uploads.service import PriceUploads
from webserver.track_record.drain import LedgerDrain
from webserver.track_record.monitor import TrackRecordMonitor
from webserver.track_record.routes import track_record_api
from webserver.track_record.standing_routes import standing_set_api
from webserver.track_record.standing_set import StandingSet
from webserver.watchlists.routes import watchlists_api
from webserver.watchlists.service import WatchlistService

SERVICE = "webserver"
REQUEST_APIS: tuple[RequestApi, ...] = (FORECASTS, EVALUATIONS, PATTERNS, REPORTS)
"""The routes of the kinds that add some of their own. Other kinds have the standard ones."""
LOOPS = "loops"
"""The name in ``app.extensions`` of the loops that start with the process, after its fork."""
NEWS_DEADLINE_S = 12.0
"""The most seconds of a request for headlines: two sources can fail first."""
BOARD = "market_board"
"""The name in ``app.extensions`` of the reader of the market's board."""


def create_app(settings: WebSettings | None = None) -> Flask:
    """Return the application for ``settings``, by default those of the environment."""
    settings = settings or load_settings(WebSettings)
    redis = make_redis_client(settings.redis_url)
    stores = RedisStores.of(redis)
    s3 = computing_in_pieces(make_s3_client(checksums=settings.sends_checksums))
    price_reader = PriceReader(PriceObjects(s3, settings.s3_bucket))
    ingestion = settings.ingestion_address.with_security(settings.credentials(), settings.token())
    ingestion_client = IngestionClient(ingestion, settings.request_deadline_s)
    sql = SqlStore(settings.sql_address(), in_thread)
    policy = AccessPolicy(settings.auth, is_public=settings.public_read == "on")
    address_quota = AddressQuota(stores.rate_windows, settings.rate_limit_per_client)
    identification = Identification(policy, CredentialStore(sql, stores.clock.now).look_up, address_quota.check)
    record_cache = RecordCache(stores.requests.read_all, stores.requests.check_unchanged)
    deadlines = RequestDeadlines.from_seconds(settings.request_deadline_s)
    access = RequestAccess(stores, record_cache, identification.owner, identification.quota_client)
    service = RequestService(stores, access, ingestion, deadlines, MOST_WAITING)

    streams = EventStreams(access.reader, MOST_STREAMING)
    closes = RecentCloses(price_reader)
    watchlists = WatchlistService(sql, closes, stores.clock.now)
    notifications = load_settings(NotificationSettings)
    outbox = Outbox(sql, notifications.senders(), stores.clock.now)
    alerts = AlertService(sql, closes, outbox, stores.clock.now, notifications.public_push_key())
    people = load_settings(PeopleSettings)
    resources = Resources.of(sql, stores.rate_windows, people.page_url, notifications.mail_server(), stores.clock.now)
    audit = AuditTrail(sql, identification.caller, stores.clock.now)
    limits = RateLimits(
        stores.rate_windows, settings.rate_limit_per_client, settings.rate_limit, identification.quota_client
    )
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.converters["ticker"] = TickerConverter
    app.register_blueprint(page())
    app.register_blueprint(docs(policy))
    apis = _add_request_apis(app, RequestServices(service, streams, limits.quota_check, settings.request_deadline_s))
    _add_batches(app, Batches(stores, access, deadlines), stores.results, identification.quota_client, apis)
    app.register_blueprint(
        prices_api(
            price_reader,
            ingestion_client,
            PriceUploads(IncomingFiles(s3, settings.s3_bucket), ingestion_client),
            stores.clock.now,
        )
    )
    listings = read_listings()
    app.register_blueprint(tickers_api(price_reader, listings, ingestion_client, stores.clock.now))
    board_reader = BoardReader(
        s3, settings.s3_bucket, texts_about_tickers(listings, CompanyObjects(s3, settings.s3_bucket))
    )
    for blueprint in (
        companies_api(
            CompanyFacts(
                CompanyObjects(s3, settings.s3_bucket),
                price_reader,
                IngestionClient(ingestion, FETCH_S),
                stores.clock.now,
            ),
            stores.clock.now,
        ),
        market_api(board_reader),
        insights_api(
            InsightService(
                price_reader,
                sql,
                stores.clock.now,
                ExpectedReports(CompanyObjects(s3, settings.s3_bucket)),
                build_language_model(load_settings(LanguageModelSettings), redis),
            )
        ),
        watchlists_api(watchlists, identification.account_id),
        alerts_api(alerts, identification.account_id, identification.may_reach_anybody),
        *account_apis(people, resources, policy, identification.caller, audit),
        track_record_api(sql),
        standing_set_api(StandingSet(sql, stores.clock.now)),
        evaluation_models_api(stores.user_models.names),
        _embedding(settings, policy, stores, record_cache, deadlines),
        mcp_route(),
        news_api(NewsReader(stores.news, IngestionClient(ingestion, NEWS_DEADLINE_S), stores.clock.now)),
    ):
        app.register_blueprint(blueprint)
    of_sql = (
        LedgerDrain(stores.ledger_outbox, sql, stores.clock.now).loop,
        AlertMonitor(stores.alert_runs, sql, stores.clock.now).loop,
        TrackRecordMonitor(stores.calibration).loop,
    )
    others = (
        MarketMonitor(stores.market_runs).loop,
        RefreshMonitor(stores.refresh_runs).loop,
        BackupMonitor(stores.backup_runs).loop,
        board_reader.loop,
    )
    app.extensions[BOARD] = board_reader
    app.extensions[LOOPS] = [*others, *(of_sql if settings.database_url is not None else ())]
    _add_probes(app, RedisReadiness(redis), (*service.loops, *of_sql, *others))
    add_metrics(app, OutcomeMetrics(stores.outcomes))
    register_error_handlers(app)
    Admission(settings.allowed_hosts, identification, limits, policy).guard(app)
    audit.follow(app)
    validate_requests(app)
    inner = traced(ResponseHeaders(HostCheck(app.wsgi_app, settings.allowed_hosts)))
    app.wsgi_app = behind_proxies(inner, settings.proxy_hops)  # type: ignore[method-assign,assignment]
    return app


def _embedding(
    settings: WebSettings,
    policy: AccessPolicy,
    stores: RedisStores,
    record_cache: RecordCache,
    deadlines: RequestDeadlines,
) -> Blueprint:
    """Return the routes of charts and badges, which ask for forecasts under nobody's account."""
    access = RequestAccess(stores, record_cache, lambda: "" if policy.has_owners else None, client_address)
    ingestion = settings.ingestion_address.with_security(settings.credentials(), settings.token())
    service = RequestService(stores, access, ingestion, deadlines, MOST_WAITING)
    limits = RateLimits(
        stores.rate_windows,
        settings.rate_limit_per_client,
        settings.rate_limit,
        client_address,
        [Quota(f"embeds-{window.seconds}s", "embeds", window) for window in settings.embed_forecasts],
    )
    chosen, is_open = settings.public_embeds, Scope.FORECAST in policy.without_credentials.scopes
    return embedding(
        ShownForecasts(service, stores.results.result, limits.quota_check, shows_uploads=is_open),
        is_public=is_open if chosen is None else chosen == "on",
        ancestors=settings.embed_ancestors,
    )


def _add_request_apis(app: Flask, services: RequestServices) -> list[RequestApi]:
    """Add the routes of every kind, and return them."""
    own = {api.kind.name: api for api in REQUEST_APIS}
    apis = [own.get(name) or standard_api(kind) for name, kind in KINDS.items()]
    for api in apis:
        app.register_blueprint(requests_api(api, services))
    return apis


def _add_batches(
    app: Flask, batches: Batches, results: ResultStore, client: Callable[[], str], apis: Sequence[RequestApi]
) -> None:
    def read(record: Record) -> Result:
        """Read a result without the result cache, which the hundred results of a batch would empty."""
        return results.result(record.result_key)

    bodies = {api.kind.name: api.body for api in apis}
    app.register_blueprint(batches_api(batches, read, client, bodies))


def _add_probes(app: Flask, redis: RedisReadiness, loops: Sequence[AnyLoop]) -> None:
    @app.get("/livez")
    @described(
        Operation(
            "probes",
            Scope.PUBLIC,
            {
                200: OperationResponse("The process is alive.", (Health,)),
                503: OperationResponse("A background loop has stopped.", (Health,)),
            },
        )
    )
    def livez() -> Response:
        """Return whether this process and its background loops run; no dependency is checked."""
        return _probe_response(run_checks(make_liveness_checks(loops)))

    @app.get("/readyz")
    @described(
        Operation(
            "probes",
            Scope.PUBLIC,
            {
                200: OperationResponse("The service accepts requests.", (Health,)),
                503: OperationResponse("The service cannot accept requests.", (Health,)),
            },
        )
    )
    def readyz() -> Response:
        """Return whether the service accepts requests."""
        return _probe_response(run_checks({"redis": redis.check, **make_progress_checks(loops)}))


def _probe_response(problems: Mapping[str, str]) -> Response:
    return Response(
        encode_health(SERVICE, problems),
        status=503 if problems else 200,
        mimetype="application/json",
        headers={"Cache-Control": "no-store"},
    )
