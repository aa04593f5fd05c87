-- Tenants, people, the ledger and the first producer. The same tables as migrations/postgres/0001.

CREATE TABLE tenants (
    id            BLOB PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    directory_id  TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    -- XChaCha20-Poly1305 under the server's key: 24 bytes nonce, then the ciphertext.
    client_secret BLOB NOT NULL,
    graph_url     TEXT NOT NULL,
    authority     TEXT NOT NULL,
    created_at    TEXT NOT NULL
);

CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    -- Lower case.
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    -- argon2id in PHC form.
    password_hash TEXT NOT NULL,
    created_at    TEXT NOT NULL
);

CREATE TABLE memberships (
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tenant_id  BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    role       TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'operator', 'readonly')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, tenant_id)
);

CREATE TABLE sessions (
    -- SHA-256 of the cookie's token: the table does not let anyone in.
    token_hash BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE operation_runs (
    id                BLOB PRIMARY KEY,
    tenant_id         BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    type              TEXT NOT NULL,
    run_identity_hash TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('queued', 'running', 'completed')),
    outcome           TEXT CHECK (outcome IN ('succeeded', 'partially_succeeded', 'failed', 'cancelled')),
    initiator_user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    initiator_name    TEXT NOT NULL,
    attempt           INTEGER NOT NULL,
    summary_counts    TEXT NOT NULL,
    progress          TEXT,
    failures          TEXT NOT NULL,
    context           TEXT NOT NULL,
    joined_count      INTEGER NOT NULL,
    sample            BOOLEAN NOT NULL,
    heartbeat_at      TEXT,
    created_at        TEXT NOT NULL,
    started_at        TEXT,
    completed_at      TEXT,
    updated_at        TEXT NOT NULL,
    CHECK ((status = 'completed') = (outcome IS NOT NULL)),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);
-- The same work asked for twice is one run.
CREATE UNIQUE INDEX operation_runs_active_identity
    ON operation_runs (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running');
-- The list, its cursor and its date range: ids are UUIDv7.
CREATE INDEX operation_runs_newest ON operation_runs (tenant_id, id DESC);
-- What pruning looks for.
CREATE INDEX operation_runs_completed_at ON operation_runs (completed_at) WHERE status = 'completed';

CREATE TABLE operation_run_events (
    id      BLOB PRIMARY KEY,
    run_id  BLOB NOT NULL REFERENCES operation_runs (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX operation_run_events_run ON operation_run_events (run_id, id);

CREATE TABLE inventory_items (
    tenant_id       BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family          TEXT NOT NULL,
    -- Microsoft Graph's id of the object within its family.
    graph_id        TEXT NOT NULL,
    name            TEXT NOT NULL,
    odata_type      TEXT,
    -- SHA-256 of the canonical JSON of the normalised object.
    content_hash    TEXT NOT NULL,
    first_seen_at   TEXT NOT NULL,
    last_changed_at TEXT NOT NULL,
    -- The runs that saw it first, changed, and last. No foreign keys: runs are pruned, items stay.
    created_run_id  BLOB NOT NULL,
    changed_run_id  BLOB NOT NULL,
    last_run_id     BLOB NOT NULL,
    -- The attempt of that run: a later one must not take what an earlier one saw for seen.
    last_attempt    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, family, graph_id)
);

CREATE TABLE inventory_sync_runs (
    id               BLOB PRIMARY KEY,
    tenant_id        BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    operation_run_id BLOB NOT NULL UNIQUE REFERENCES operation_runs (id) ON DELETE CASCADE,
    status           TEXT NOT NULL,
    outcome          TEXT,
    item_counts      TEXT NOT NULL,
    failures         TEXT NOT NULL,
    created_at       TEXT NOT NULL,
    started_at       TEXT,
    completed_at     TEXT
);
