-- Policies and their versions. The same tables as migrations/postgres/0002.

CREATE TABLE policies (
    tenant_id       BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family          TEXT NOT NULL,
    -- Microsoft Graph's id of the policy within its family.
    graph_id        TEXT NOT NULL,
    name            TEXT NOT NULL,
    odata_type      TEXT,
    -- The newest of its versions, from 1.
    version         INTEGER NOT NULL,
    -- SHA-256 of the canonical JSON of the normalised policy, and of its assignments.
    content_hash    TEXT NOT NULL,
    assignments_hash TEXT NOT NULL,
    first_seen_at   TEXT NOT NULL,
    last_changed_at TEXT NOT NULL,
    -- When a sync found it gone; a policy that comes back is there again.
    removed_at      TEXT,
    -- The runs that found it first (or again, after it was gone), changed, and last. No foreign keys: runs are pruned,
    -- policies stay.
    created_run_id  BLOB NOT NULL,
    changed_run_id  BLOB NOT NULL,
    last_run_id     BLOB NOT NULL,
    -- The attempt of that run: a later one must not take what an earlier one saw for seen.
    last_attempt    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, family, graph_id)
);
CREATE INDEX policies_name ON policies (tenant_id, family, lower(name), graph_id);

-- The inventory by name, for its page.
CREATE INDEX inventory_items_name ON inventory_items (tenant_id, family, lower(name), graph_id);
CREATE INDEX inventory_sync_runs_newest ON inventory_sync_runs (tenant_id, operation_run_id DESC);

-- One row each time a policy's content or assignments change. The state of a tenant after a sync is, of each policy, the
-- newest version whose run is that sync or an earlier one: run ids are UUIDv7, and a tenant has one sync at a time.
CREATE TABLE policy_versions (
    tenant_id        BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    family           TEXT NOT NULL,
    graph_id         TEXT NOT NULL,
    version          INTEGER NOT NULL,
    -- The sync that found it.
    run_id           BLOB NOT NULL,
    recorded_at      TEXT NOT NULL,
    name             TEXT NOT NULL,
    odata_type       TEXT,
    content_hash     TEXT NOT NULL,
    assignments_hash TEXT NOT NULL,
    -- The normal form. Absent in the version that says the policy is gone.
    body             TEXT,
    -- The assignments as Graph gave them, sorted by target.
    assignments      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, family, graph_id, version)
);
CREATE INDEX policy_versions_run ON policy_versions (tenant_id, run_id);

-- The policies' own record of each sync, written beside its operation run.
CREATE TABLE policy_sync_runs (
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
CREATE INDEX policy_sync_runs_newest ON policy_sync_runs (tenant_id, operation_run_id DESC);
