-- Restores. The same tables as migrations/sqlite/0009.

CREATE TABLE restore_runs (
    id              UUID PRIMARY KEY,
    tenant_id       UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    backup_set_id   UUID NOT NULL,
    backup_set_name TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('draft', 'previewed', 'running', 'completed', 'failed', 'cancelled')),
    -- Whether assignments are replaced too.
    assignments     BOOLEAN NOT NULL,
    -- The groups chosen by hand, {id in the backup: id here}.
    group_map       JSONB NOT NULL,
    -- What was there before, once it is kept.
    safety_set_id   UUID,
    created_by_user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    created_by_name TEXT NOT NULL,
    confirmed_by_name TEXT,
    -- Why it failed as a whole.
    failure         JSONB,
    cancel_requested_at TIMESTAMPTZ,
    cancel_requested_by TEXT,
    -- Counts the takings: a write of an older one is refused.
    attempt         INTEGER NOT NULL,
    -- The taking that began to write; absent before.
    first_attempt   INTEGER,
    -- When whoever does it gave the last sign of life; absent while nobody does.
    beat_at         TIMESTAMPTZ,
    -- Numbers its events.
    version         BIGINT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    started_at      TIMESTAMPTZ,
    completed_at    TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX restore_runs_newest ON restore_runs (tenant_id, id DESC);
-- What is to be done: previews, and restores that were let go ahead.
CREATE INDEX restore_runs_open ON restore_runs (id) WHERE status IN ('draft', 'running');

CREATE TABLE restore_items (
    restore_run_id UUID NOT NULL REFERENCES restore_runs (id) ON DELETE CASCADE,
    tenant_id      UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family         TEXT NOT NULL,
    -- The policy's id in the backup.
    graph_id       TEXT NOT NULL,
    name           TEXT NOT NULL,
    -- What the preview found: pending (no preview yet), create, update, unchanged, blocked.
    plan           TEXT NOT NULL,
    -- What would change, and the groups with what became of them.
    changes        JSONB NOT NULL,
    groups_found   JSONB NOT NULL,
    -- The policy that it would become, and the state in which the preview saw it.
    target_id      TEXT,
    target_hash    TEXT,
    -- waiting; writing: a write may have been done; then created, updated, unchanged, failed, cancelled.
    state          TEXT NOT NULL,
    new_id         TEXT,
    code           TEXT,
    message        TEXT,
    PRIMARY KEY (restore_run_id, family, graph_id)
);

-- What happened to restores, in order: each event has the restore as it was then.
CREATE TABLE restore_events (
    restore_run_id UUID NOT NULL REFERENCES restore_runs (id) ON DELETE CASCADE,
    version        BIGINT NOT NULL,
    tenant_id      UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    event          JSONB NOT NULL,
    PRIMARY KEY (restore_run_id, version)
);

-- The operation runs that show restores on the ledger, and how far each has come.
CREATE TABLE restore_shadows (
    operation_run_id UUID PRIMARY KEY REFERENCES operation_runs (id) ON DELETE CASCADE,
    restore_run_id   UUID NOT NULL UNIQUE,
    version          BIGINT NOT NULL
);
