-- The tables after all migrations. Made by python -m tools.sqlite_tables.
BEGIN TRANSACTION;
CREATE TABLE accounts (
	id VARCHAR(36) NOT NULL,
	email VARCHAR(320),
	password_hash TEXT,
	is_admin BOOLEAN NOT NULL,
	created_at DATETIME NOT NULL,
	disabled_at DATETIME,
	password_changed_at DATETIME,
	email_verified_at DATETIME,
	CONSTRAINT pk_accounts PRIMARY KEY (id),
	CONSTRAINT uq_accounts_email UNIQUE (email)
);
INSERT INTO "accounts" VALUES('00000000-0000-0000-0000-000000000000',NULL,NULL,0,strftime('%Y-%m-%d %H:%M:%f000', 'now'),NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE alert_events (
	id VARCHAR(36) NOT NULL,
	alert_id VARCHAR(36) NOT NULL,
	close_date DATE NOT NULL,
	fired_at DATETIME NOT NULL,
	sentence TEXT NOT NULL,
	facts JSON NOT NULL,
	CONSTRAINT pk_alert_events PRIMARY KEY (id),
	CONSTRAINT fk_alert_events_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id) ON DELETE CASCADE,
	CONSTRAINT uq_alert_events_alert_id_close_date UNIQUE (alert_id, close_date)
);
CREATE TABLE alerts (
	id VARCHAR(36) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	ticker VARCHAR(24) NOT NULL,
	kind VARCHAR(40) NOT NULL,
	parameters JSON NOT NULL,
	channel_ids JSON NOT NULL,
	state VARCHAR(20) NOT NULL,
	enabled BOOLEAN NOT NULL,
	created_at DATETIME NOT NULL,
	judged_through DATE,
	bands JSON NOT NULL,
	note TEXT NOT NULL,
	CONSTRAINT pk_alerts PRIMARY KEY (id),
	CONSTRAINT fk_alerts_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE api_tokens (
	id VARCHAR(36) NOT NULL,
	hash VARCHAR(64) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	name VARCHAR(200) NOT NULL,
	prefix VARCHAR(32) NOT NULL,
	scopes VARCHAR(200) NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME,
	last_used_at DATETIME,
	revoked_at DATETIME,
	CONSTRAINT pk_api_tokens PRIMARY KEY (id),
	CONSTRAINT uq_api_tokens_hash UNIQUE (hash),
	CONSTRAINT fk_api_tokens_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE audit_log (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at DATETIME NOT NULL,
	actor VARCHAR(36),
	actor_kind VARCHAR(20) NOT NULL,
	action VARCHAR(100) NOT NULL,
	subject VARCHAR(500) NOT NULL,
	details JSON NOT NULL,
	address VARCHAR(100) NOT NULL
);
CREATE TABLE channels (
	id VARCHAR(36) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	kind VARCHAR(20) NOT NULL,
	name VARCHAR(200) NOT NULL,
	target JSON NOT NULL,
	signing_secret TEXT,
	created_at DATETIME NOT NULL,
	enabled BOOLEAN NOT NULL,
	CONSTRAINT pk_channels PRIMARY KEY (id),
	CONSTRAINT fk_channels_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE deliveries (
	id VARCHAR(36) NOT NULL,
	event_id VARCHAR(36),
	channel_id VARCHAR(36) NOT NULL,
	state VARCHAR(20) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at DATETIME NOT NULL,
	last_result TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	delivered_at DATETIME,
	lease_until DATETIME,
	CONSTRAINT pk_deliveries PRIMARY KEY (id),
	CONSTRAINT fk_deliveries_event_id FOREIGN KEY(event_id) REFERENCES alert_events (id) ON DELETE CASCADE,
	CONSTRAINT fk_deliveries_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id) ON DELETE CASCADE,
	CONSTRAINT uq_deliveries_event_id_channel_id UNIQUE (event_id, channel_id)
);
CREATE TABLE external_identities (
	issuer VARCHAR(500) NOT NULL,
	subject VARCHAR(255) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	CONSTRAINT pk_external_identities PRIMARY KEY (issuer, subject),
	CONSTRAINT fk_external_identities_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE invitations (
	hash VARCHAR(64) NOT NULL,
	email VARCHAR(320),
	created_by VARCHAR(36) NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	used_at DATETIME,
	CONSTRAINT pk_invitations PRIMARY KEY (hash),
	CONSTRAINT fk_invitations_created_by FOREIGN KEY(created_by) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE ledger_due (
	forecast_number BIGINT NOT NULL,
	ticker VARCHAR(24) NOT NULL,
	target_date DATE NOT NULL,
	CONSTRAINT pk_ledger_due PRIMARY KEY (forecast_number)
);
CREATE TABLE ledger_forecasts (
	number BIGINT NOT NULL,
	hash VARCHAR(64) NOT NULL,
	chain_hash VARCHAR(64) NOT NULL,
	recorded_at DATETIME NOT NULL,
	content TEXT NOT NULL,
	kind VARCHAR(20) NOT NULL,
	ticker VARCHAR(24) NOT NULL,
	days INTEGER NOT NULL,
	model VARCHAR(80) NOT NULL,
	target_date DATE NOT NULL,
	made_at DATETIME NOT NULL,
	CONSTRAINT pk_ledger_forecasts PRIMARY KEY (number),
	CONSTRAINT uq_ledger_forecasts_hash UNIQUE (hash)
);
CREATE TABLE ledger_heads (
	chain VARCHAR(20) NOT NULL,
	number BIGINT NOT NULL,
	chain_hash VARCHAR(64) NOT NULL,
	CONSTRAINT pk_ledger_heads PRIMARY KEY (chain)
);
INSERT INTO "ledger_heads" VALUES('forecasts',0,'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "ledger_heads" VALUES('outcomes',0,'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "ledger_heads" VALUES('replayed_forecasts',1000000000000,'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "ledger_heads" VALUES('replayed_outcomes',1000000000000,'0000000000000000000000000000000000000000000000000000000000000000');
CREATE TABLE ledger_outcomes (
	number BIGINT NOT NULL,
	hash VARCHAR(64) NOT NULL,
	chain_hash VARCHAR(64) NOT NULL,
	recorded_at DATETIME NOT NULL,
	content TEXT NOT NULL,
	kind VARCHAR(20) NOT NULL,
	ticker VARCHAR(24) NOT NULL,
	days INTEGER NOT NULL,
	model VARCHAR(80) NOT NULL,
	target_date DATE NOT NULL,
	forecast_number BIGINT NOT NULL,
	revision INTEGER NOT NULL,
	status VARCHAR(20) NOT NULL,
	actual FLOAT,
	error_pct FLOAT,
	crps_pct FLOAT,
	pit FLOAT,
	inside_50 BOOLEAN,
	inside_80 BOOLEAN,
	inside_95 BOOLEAN,
	brier_up FLOAT,
	last_price_error_pct FLOAT,
	last_price_crps_pct FLOAT,
	CONSTRAINT pk_ledger_outcomes PRIMARY KEY (number),
	CONSTRAINT uq_ledger_outcomes_forecast_number_revision UNIQUE (forecast_number, revision),
	CONSTRAINT uq_ledger_outcomes_hash UNIQUE (hash)
);
CREATE TABLE ledger_stocks (
	kind VARCHAR(20) NOT NULL,
	ticker VARCHAR(24) NOT NULL,
	model VARCHAR(80) NOT NULL,
	days INTEGER NOT NULL,
	scored BIGINT NOT NULL,
	inside_80 BIGINT NOT NULL,
	CONSTRAINT pk_ledger_stocks PRIMARY KEY (kind, ticker, model, days)
);
CREATE TABLE ledger_sums (
	kind VARCHAR(20) NOT NULL,
	model VARCHAR(80) NOT NULL,
	days INTEGER NOT NULL,
	target_date DATE NOT NULL,
	status VARCHAR(20) NOT NULL,
	entries BIGINT NOT NULL,
	inside_50 BIGINT NOT NULL,
	inside_80 BIGINT NOT NULL,
	inside_95 BIGINT NOT NULL,
	pit_0 BIGINT NOT NULL,
	pit_1 BIGINT NOT NULL,
	pit_2 BIGINT NOT NULL,
	pit_3 BIGINT NOT NULL,
	pit_4 BIGINT NOT NULL,
	pit_5 BIGINT NOT NULL,
	pit_6 BIGINT NOT NULL,
	pit_7 BIGINT NOT NULL,
	pit_8 BIGINT NOT NULL,
	pit_9 BIGINT NOT NULL,
	abs_error_pct BIGINT NOT NULL,
	error_pct BIGINT NOT NULL,
	crps_pct BIGINT NOT NULL,
	brier_up BIGINT NOT NULL,
	last_price_abs_error_pct BIGINT NOT NULL,
	last_price_crps_pct BIGINT NOT NULL,
	CONSTRAINT pk_ledger_sums PRIMARY KEY (kind, model, days, target_date, status)
);
CREATE TABLE password_resets (
	hash VARCHAR(64) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	used_at DATETIME,
	CONSTRAINT pk_password_resets PRIMARY KEY (hash),
	CONSTRAINT fk_password_resets_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE schema_support (
	oldest_revision VARCHAR(32) NOT NULL,
	CONSTRAINT pk_schema_support PRIMARY KEY (oldest_revision)
);
INSERT INTO "schema_support" VALUES('0001');
CREATE TABLE sessions (
	hash VARCHAR(64) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	created_at DATETIME NOT NULL,
	last_seen_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	user_agent TEXT NOT NULL,
	CONSTRAINT pk_sessions PRIMARY KEY (hash),
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE TABLE standing_forecasts (
	ticker VARCHAR(24) NOT NULL,
	days INTEGER NOT NULL,
	as_of DATE NOT NULL,
	CONSTRAINT pk_standing_forecasts PRIMARY KEY (ticker, days)
);
CREATE TABLE standing_set (
	ticker VARCHAR(24) NOT NULL,
	added_at DATETIME NOT NULL,
	CONSTRAINT pk_standing_set PRIMARY KEY (ticker)
);
INSERT INTO "standing_set" VALUES('AAPL',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('ADBE',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('AMD',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('AMGN',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('AMZN',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('AVGO',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('AXP',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('BA',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('BKNG',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('CAT',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('CMCSA',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('COST',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('CRM',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('CSCO',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('CVX',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('DIS',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('GILD',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('GOOG',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('GS',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('HD',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('HON',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('IBM',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('INTC',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('INTU',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('ISRG',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('JNJ',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('JPM',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('KO',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('LIN',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('MCD',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('MDLZ',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('META',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('MMM',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('MRK',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('MSFT',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('NFLX',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('NKE',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('NVDA',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('PEP',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('PG',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('PLTR',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('PYPL',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('QCOM',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('SBUX',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('TMUS',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('TSLA',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('TXN',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('UNH',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('V',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO "standing_set" VALUES('WMT',strftime('%Y-%m-%d %H:%M:%f000', 'now'));
CREATE TABLE watchlist_items (
	watchlist_id VARCHAR(36) NOT NULL,
	ticker VARCHAR(24) NOT NULL,
	position INTEGER NOT NULL,
	note TEXT NOT NULL,
	days INTEGER NOT NULL,
	level FLOAT NOT NULL,
	model VARCHAR(40) NOT NULL,
	chance_above FLOAT,
	added_at DATETIME NOT NULL,
	CONSTRAINT pk_watchlist_items PRIMARY KEY (watchlist_id, ticker),
	CONSTRAINT fk_watchlist_items_watchlist_id FOREIGN KEY(watchlist_id) REFERENCES watchlists (id) ON DELETE CASCADE
);
CREATE TABLE watchlists (
	id VARCHAR(36) NOT NULL,
	account_id VARCHAR(36) NOT NULL,
	name VARCHAR(200) NOT NULL,
	position INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_watchlists PRIMARY KEY (id),
	CONSTRAINT fk_watchlists_account_id FOREIGN KEY(account_id) REFERENCES accounts (id) ON DELETE CASCADE,
	CONSTRAINT uq_watchlists_account_id_name UNIQUE (account_id, name)
);
CREATE INDEX ix_external_identities_account_id ON external_identities (account_id);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_api_tokens_account_id ON api_tokens (account_id);
CREATE INDEX ix_invitations_created_by ON invitations (created_by);
CREATE INDEX ix_password_resets_account_id ON password_resets (account_id);
CREATE INDEX ix_audit_log_at ON audit_log (at);
CREATE INDEX ix_alerts_account_id ON alerts (account_id);
CREATE INDEX ix_alerts_ticker ON alerts (ticker);
CREATE INDEX ix_channels_account_id ON channels (account_id);
CREATE INDEX ix_deliveries_channel_id ON deliveries (channel_id);
CREATE INDEX ix_deliveries_state_next_attempt_at ON deliveries (state, next_attempt_at);
CREATE INDEX ix_ledger_forecasts_ticker_number ON ledger_forecasts (ticker, number);
CREATE INDEX ix_ledger_forecasts_kind_model_days_number_target_date ON ledger_forecasts (kind, model, days, number, target_date);
CREATE INDEX ix_ledger_forecasts_kind_model_days_target_date_number ON ledger_forecasts (kind, model, days, target_date, number);
CREATE INDEX ix_ledger_due_target_date ON ledger_due (target_date);
CREATE INDEX ix_ledger_outcomes_kind_target_date ON ledger_outcomes (kind, target_date);
CREATE INDEX ix_ledger_outcomes_kind_model_days_error_pct ON ledger_outcomes (kind, model, days, error_pct);
CREATE INDEX ix_ledger_outcomes_ticker_target_date ON ledger_outcomes (ticker, target_date);
DELETE FROM "sqlite_sequence";
COMMIT;
