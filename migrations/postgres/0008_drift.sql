-- Drift: what differs from a baseline, what people decided about it, and the runs that looked. The same tables as
-- migrations/sqlite/0008.

CREATE TABLE drift_runs (
    id               UUID PRIMARY KEY,
    tenant_id        UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    operation_run_id UUID NOT NULL UNIQUE REFERENCES operation_runs (id) ON DELETE CASCADE,
    status           TEXT NOT NULL,
    outcome          TEXT,
    item_counts      JSONB NOT NULL,
    failures         JSONB NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    started_at       TIMESTAMPTZ,
    completed_at     TIMESTAMPTZ,
    -- What was compared with what, once the job has settled it: the sync whose state was looked at, and the baseline with
    -- the moment that it shows.
    snapshot_run_id  UUID,
    snapshot_at      TIMESTAMPTZ,
    baseline_kind    TEXT,
    baseline_id      TEXT,
    baseline_name    TEXT,
    baseline_at      TIMESTAMPTZ
);
CREATE INDEX drift_runs_newest ON drift_runs (tenant_id, operation_run_id DESC);

-- One row for each place that differs or once differed. The row stays the same from run to run.
CREATE TABLE drift_findings (
    id            UUID PRIMARY KEY,
    tenant_id     UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    baseline_kind TEXT NOT NULL CHECK (baseline_kind IN ('previous', 'backup_set', 'tenant')),
    -- The set's id or the other tenant's slug; empty for the previous sync.
    baseline_id   TEXT NOT NULL,
    -- How people call it, as of the last run.
    baseline_name TEXT NOT NULL,
    family        TEXT NOT NULL,
    -- What tells the policy apart within its family: its Graph id, and across tenants its name and kind.
    policy_key    TEXT NOT NULL,
    -- The policy's Graph id in this tenant; absent where only the baseline has it.
    graph_id      TEXT,
    policy_name   TEXT NOT NULL,
    -- Where in the policy; empty for the policy as a whole.
    path          TEXT NOT NULL,
    -- Policy's name and path in lower case: what is searched.
    search_key    TEXT NOT NULL,
    -- SHA-256 over baseline, family, policy and path: the identity from run to run.
    key_hash      TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('added', 'removed', 'changed')),
    before_value  JSONB,
    after_value   JSONB,
    -- SHA-256 over both values: what an acceptance is for.
    value_hash    TEXT NOT NULL,
    severity      TEXT NOT NULL CHECK (severity IN ('high', 'medium', 'low')),
    state         TEXT NOT NULL CHECK (state IN ('new', 'accepted', 'ignored', 'resolved')),
    -- Who decided, when and why. Absent while nobody has.
    reason        TEXT,
    decided_by_user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    decided_by_name    TEXT,
    decided_at    TIMESTAMPTZ,
    -- Runs. No foreign keys: runs are pruned, findings stay.
    first_seen_run    UUID NOT NULL,
    first_seen_at     TIMESTAMPTZ NOT NULL,
    last_seen_run     UUID NOT NULL,
    -- The attempt of that run: a later one must not take what an earlier one saw for seen.
    last_seen_attempt INTEGER NOT NULL,
    last_seen_at      TIMESTAMPTZ NOT NULL,
    -- The run that made it new: found it first, found it again after it was gone, or found an accepted value changed.
    opened_run        UUID NOT NULL,
    resolved_run      UUID,
    resolved_at       TIMESTAMPTZ
);
CREATE UNIQUE INDEX drift_findings_identity ON drift_findings (tenant_id, key_hash);
-- The list in its order, of one state and of all.
CREATE INDEX drift_findings_list ON drift_findings (tenant_id, state, family, policy_name, policy_key, id);
CREATE INDEX drift_findings_list_all ON drift_findings (tenant_id, family, policy_name, policy_key, id);
-- What resolving looks for.
CREATE INDEX drift_findings_baseline ON drift_findings (tenant_id, baseline_kind, baseline_id, family, state);

-- What became of a finding, oldest first by id.
CREATE TABLE drift_finding_events (
    id         UUID PRIMARY KEY,
    tenant_id  UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    finding_id UUID NOT NULL REFERENCES drift_findings (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    -- A user's name; absent where a run did it.
    actor      TEXT,
    run_id     UUID,
    reason     TEXT
);
CREATE INDEX drift_finding_events_finding ON drift_finding_events (finding_id, id);
