-- Directory groups, who is in them, and their syncs. The same tables as migrations/postgres/0006.

CREATE TABLE directory_groups (
    tenant_id         BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- Microsoft Graph's id of the group.
    graph_id          TEXT NOT NULL,
    name              TEXT NOT NULL,
    -- The name in lower case: what lists are sorted and searched by.
    name_key          TEXT NOT NULL,
    description       TEXT,
    kind              TEXT NOT NULL CHECK (kind IN ('microsoft_365', 'security', 'mail_enabled_security', 'distribution')),
    -- Whether a rule decides who is in it.
    dynamic           BOOLEAN NOT NULL,
    membership_rule   TEXT,
    -- A change may leave out what did not change: these are needed to tell the kind again.
    mail_enabled      BOOLEAN NOT NULL,
    security_enabled  BOOLEAN NOT NULL,
    -- The number of its rows in directory_group_members.
    member_count      INTEGER NOT NULL,
    first_seen_at     TEXT NOT NULL,
    last_changed_at   TEXT NOT NULL,
    -- When a sync found it gone. The row stays, because assignments still point to it; a group that comes back is there again.
    removed_at        TEXT,
    -- deleted: for good; changed: it can still be restored; absent where it was just not there any more.
    removed_reason    TEXT,
    -- The syncs that found it first, changed and gone, and that saw it last. No foreign keys: runs are pruned, groups stay.
    created_run_id    BLOB NOT NULL,
    changed_run_id    BLOB NOT NULL,
    removed_run_id    BLOB,
    last_run_id       BLOB NOT NULL,
    -- The pass of that run: an attempt's read of changes is pass 2n, its read of everything 2n + 1.
    last_pass         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, graph_id)
);
CREATE INDEX directory_groups_name ON directory_groups (tenant_id, name_key, graph_id);

CREATE TABLE directory_group_members (
    tenant_id    BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    group_id     TEXT NOT NULL,
    -- Microsoft Graph's id of a user, a device, a group or an app; nothing else is kept of them.
    member_id    TEXT NOT NULL,
    -- The full read that saw it, or the sync that added it.
    last_run_id  BLOB NOT NULL,
    last_pass    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, group_id, member_id)
) WITHOUT ROWID;

CREATE TABLE directory_group_links (
    tenant_id BLOB PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    -- Where the next sync goes on, encrypted under the server's key; absent: it has to read everything.
    link      BLOB,
    -- Where the sync that stored the link had begun: a repeated attempt of it begins there again.
    former    BLOB,
    run_id    BLOB NOT NULL,
    stored_at TEXT NOT NULL
);

CREATE TABLE directory_group_sync_runs (
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
CREATE INDEX directory_group_sync_runs_newest ON directory_group_sync_runs (tenant_id, operation_run_id DESC);
