-- What the operations page filters by. The same tables and indexes as migrations/sqlite/0005.

-- Each filter is a set of ranges of one of these indexes, in each of which runs lie in the order of the list: rare values
-- are found as fast as common ones. Ids ascend, because both engines fill pages better when new entries come last.
DROP INDEX operation_runs_newest;
CREATE INDEX operation_runs_newest ON operation_runs (tenant_id, id);
CREATE INDEX operation_runs_state ON operation_runs (tenant_id, type, status, outcome, id);
CREATE INDEX operation_runs_initiator ON operation_runs (tenant_id, initiator_user_id, type, status, outcome, id);

-- The reason codes of a run's failures, with what else the list filters by. Only runs that fail have any.
CREATE TABLE operation_run_reasons (
    run_id            UUID NOT NULL REFERENCES operation_runs (id) ON DELETE CASCADE,
    code              TEXT NOT NULL,
    tenant_id         UUID NOT NULL,
    type              TEXT NOT NULL,
    status            TEXT NOT NULL,
    outcome           TEXT,
    initiator_user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    PRIMARY KEY (run_id, code)
);
CREATE INDEX operation_run_reasons_code
    ON operation_run_reasons (tenant_id, code, type, status, outcome, run_id);

INSERT INTO operation_run_reasons (run_id, code, tenant_id, type, status, outcome, initiator_user_id)
SELECT DISTINCT r.id, f ->> 'code', r.tenant_id, r.type, r.status, r.outcome, r.initiator_user_id
FROM operation_runs r, jsonb_array_elements(r.failures) f;
