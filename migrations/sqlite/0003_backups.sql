-- Backup sets. The same tables as migrations/postgres/0003.

CREATE TABLE backup_sets (
    id           BLOB PRIMARY KEY,
    tenant_id    BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    -- open: policies are being added; complete: whole and unchangeable; incomplete: some policies could not be read.
    status       TEXT NOT NULL CHECK (status IN ('open', 'complete', 'incomplete')),
    -- captured: from the tenant by a run; safety: before a restore; loaded: from a file.
    source       TEXT NOT NULL CHECK (source IN ('captured', 'safety', 'loaded')),
    created_by_user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    created_by_name    TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    completed_at TEXT,
    -- When retention removes it; absent: kept until somebody deletes it.
    expires_at   TEXT
);
CREATE INDEX backup_sets_newest ON backup_sets (tenant_id, id DESC);
CREATE INDEX backup_sets_expires_at ON backup_sets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE backup_items (
    set_id       BLOB NOT NULL REFERENCES backup_sets (id) ON DELETE CASCADE,
    tenant_id    BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family       TEXT NOT NULL,
    graph_id     TEXT NOT NULL,
    name         TEXT NOT NULL,
    odata_type   TEXT,
    -- The body as Graph gave it, and its normal form.
    raw          TEXT NOT NULL,
    body         TEXT NOT NULL,
    -- As Graph gave them, each with the display name of its group where it is known.
    assignments  TEXT NOT NULL,
    -- SHA-256 of the canonical JSON of the normal form.
    content_hash TEXT NOT NULL,
    run_id       BLOB,
    captured_at  TEXT NOT NULL,
    PRIMARY KEY (set_id, family, graph_id)
);
