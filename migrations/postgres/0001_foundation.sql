-- Tenants, people, the ledger and the first producer. The same tables as migrations/sqlite/0001.

CREATE TABLE tenants (
    id            UUID PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    directory_id  TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    -- XChaCha20-Poly1305 under the server's key: 24 bytes nonce, then the ciphertext.
    client_secret BYTEA NOT NULL,
    graph_url     TEXT NOT NULL,
    authority     TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE users (
    id            UUID PRIMARY KEY,
    -- Lower case.
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    -- argon2id in PHC form.
    password_hash TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE memberships (
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tenant_id  UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    role       TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'operator', 'readonly')),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, tenant_id)
);

CREATE TABLE sessions (
    -- SHA-256 of the cookie's token: the table does not let anyone in.
    token_hash BYTEA PRIMARY KEY,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE operation_runs (
    id                UUID PRIMARY KEY,
    tenant_id         UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    type              TEXT NOT NULL,
    run_identity_hash TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('queued', 'running', 'completed')),
    outcome           TEXT CHECK (outcome IN ('succeeded', 'partially_succeeded', 'failed', 'cancelled')),
    initiator_user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    initiator_name    TEXT NOT NULL,
    attempt           INTEGER NOT NULL,
    summary_counts    JSONB NOT NULL,
    progress          JSONB,
    failures          JSONB NOT NULL,
    context           JSONB NOT NULL,
    joined_count      INTEGER NOT NULL,
    sample            BOOLEAN NOT NULL,
    heartbeat_at      TIMESTAMPTZ,
    created_at        TIMESTAMPTZ NOT NULL,
    started_at        TIMESTAMPTZ,
    completed_at      TIMESTAMPTZ,
    updated_at        TIMESTAMPTZ NOT NULL,
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
    id      UUID PRIMARY KEY,
    run_id  UUID NOT NULL REFERENCES operation_runs (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    actor   TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    detail  JSONB NOT NULL
);
CREATE INDEX operation_run_events_run ON operation_run_events (run_id, id);

CREATE TABLE inventory_items (
    tenant_id       UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family          TEXT NOT NULL,
    -- Microsoft Graph's id of the object within its family.
    graph_id        TEXT NOT NULL,
    name            TEXT NOT NULL,
    odata_type      TEXT,
    -- SHA-256 of the canonical JSON of the normalised object.
    content_hash    TEXT NOT NULL,
    first_seen_at   TIMESTAMPTZ NOT NULL,
    last_changed_at TIMESTAMPTZ NOT NULL,
    -- The runs that saw it first, changed, and last. No foreign keys: runs are pruned, items stay.
    created_run_id  UUID NOT NULL,
    changed_run_id  UUID NOT NULL,
    last_run_id     UUID NOT NULL,
    -- The attempt of that run: a later one must not take what an earlier one saw for seen.
    last_attempt    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, family, graph_id)
);

CREATE TABLE inventory_sync_runs (
    id               UUID PRIMARY KEY,
    tenant_id        UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    operation_run_id UUID NOT NULL UNIQUE REFERENCES operation_runs (id) ON DELETE CASCADE,
    status           TEXT NOT NULL,
    outcome          TEXT,
    item_counts      JSONB NOT NULL,
    failures         JSONB NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    started_at       TIMESTAMPTZ,
    completed_at     TIMESTAMPTZ
);
