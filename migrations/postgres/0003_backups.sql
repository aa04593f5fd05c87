-- Backup sets. The same tables as migrations/sqlite/0003.

CREATE TABLE backup_sets (
    id           UUID PRIMARY KEY,
    tenant_id    UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    -- open: policies are being added; complete: whole and unchangeable; incomplete: some policies could not be read.
    status       TEXT NOT NULL CHECK (status IN ('open', 'complete', 'incomplete')),
    -- captured: from the tenant by a run; safety: before a restore; loaded: from a file.
    source       TEXT NOT NULL CHECK (source IN ('captured', 'safety', 'loaded')),
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
    -- As Graph gave them, each with the display name of its group where it is known.
    assignments  JSONB NOT NULL,
    -- SHA-256 of the canonical JSON of the normal form.
    content_hash TEXT NOT NULL,
    run_id       UUID,
    captured_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (set_id, family, graph_id)
);
