-- Backup sets. The same tables as migrations/sqlite/0003.

CREATE TABLE backup_sets (
    id           UUID PRIMARY KEY,
    tenant_id    UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    -- open: policies are being added, or may be; complete: whole, unchangeable; incomplete: some could not be read.
    status       TEXT NOT NULL CHECK (status IN ('open', 'complete', 'incomplete')),
    -- captured: from the tenant by a run; safety: before a restore; loaded: from a file.
    source       TEXT NOT NULL CHECK (source IN ('captured', 'safety', 'loaded')),
    -- Whether it stays open once everything that was asked for is in it.
    keep_open    BOOLEAN NOT NULL,
    created_by_user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    created_by_name    TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    completed_at TIMESTAMPTZ,
    -- When retention removes it; absent: kept until somebody deletes it.
    expires_at   TIMESTAMPTZ
);
CREATE INDEX backup_sets_newest ON backup_sets (tenant_id, id DESC);
CREATE INDEX backup_sets_expires_at ON backup_sets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE backup_items (
    set_id       UUID NOT NULL REFERENCES backup_sets (id) ON DELETE CASCADE,
    tenant_id    UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family       TEXT NOT NULL,
    graph_id     TEXT NOT NULL,
    name         TEXT NOT NULL,
    odata_type   TEXT,
    -- The body as Graph gave it, and its normal form.
    raw          JSONB NOT NULL,
    body         JSONB NOT NULL,
    -- As Graph gave them.
    assignments  JSONB NOT NULL,
    -- The groups that the policy names, {id: display name, or null where it is not known}: ids mean nothing elsewhere.
    group_names  JSONB NOT NULL,
    -- SHA-256 of the canonical JSON of the normal form.
    content_hash TEXT NOT NULL,
    run_id       UUID,
    captured_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (set_id, family, graph_id)
);

-- What was asked for and is not in the set, with the reason; gone when it gets in later.
CREATE TABLE backup_missing (
    set_id     UUID NOT NULL REFERENCES backup_sets (id) ON DELETE CASCADE,
    tenant_id  UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family     TEXT NOT NULL,
    graph_id   TEXT NOT NULL,
    name       TEXT,
    code       TEXT NOT NULL,
    message    TEXT NOT NULL,
    run_id     UUID NOT NULL,
    PRIMARY KEY (set_id, family, graph_id)
);

CREATE TABLE backup_add_policies_runs (
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

-- Which run adds to which set.
CREATE TABLE backup_set_runs (
    run_id    UUID PRIMARY KEY REFERENCES operation_runs (id) ON DELETE CASCADE,
    set_id    UUID NOT NULL REFERENCES backup_sets (id) ON DELETE CASCADE,
    tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX backup_set_runs_set ON backup_set_runs (set_id);
