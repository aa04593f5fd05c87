-- What the life of runs needs: cancelling, repeating, and going on after a lost worker. The same as migrations/postgres/0004.

-- Who asked a run to stop, and when.
ALTER TABLE operation_runs ADD COLUMN cancel_requested_at TEXT;
ALTER TABLE operation_runs ADD COLUMN cancel_requested_by TEXT;
-- The run that this one does again. No foreign key: the older one is pruned first.
ALTER TABLE operation_runs ADD COLUMN retry_of BLOB;
-- Counts the signs of life. Whoever sees it stand still knows that the worker does nothing, whatever the clocks say.
ALTER TABLE operation_runs ADD COLUMN beats INTEGER NOT NULL DEFAULT 0;
-- When a running run lost its worker; absent while it has one. Any worker may then begin it again.
ALTER TABLE operation_runs ADD COLUMN released_at TEXT;
CREATE INDEX operation_runs_retry_of ON operation_runs (retry_of) WHERE retry_of IS NOT NULL;
-- What workers choose from, and how much a tenant has of them.
CREATE INDEX operation_runs_queued ON operation_runs (tenant_id, id) WHERE status = 'queued';
CREATE INDEX operation_runs_running ON operation_runs (tenant_id, type) WHERE status = 'running';

-- When the tenant was last served, counted in runs begun: the one that waited longest is next.
ALTER TABLE tenants ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;

-- Tasks of the queue that nobody here understands, put aside so that they hold nothing up.
CREATE TABLE parked_tasks (
    id        BLOB PRIMARY KEY,
    task_id   TEXT NOT NULL,
    queue     TEXT NOT NULL,
    payload   BLOB NOT NULL,
    reason    TEXT NOT NULL,
    parked_at TEXT NOT NULL
);

-- What all processes on this database must agree on.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
