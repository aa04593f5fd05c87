-- Runs with a reason code that a person started: common reasons of rare people are found as fast as others. The same index
-- as migrations/sqlite/0013.
CREATE INDEX operation_run_reasons_initiator
    ON operation_run_reasons (tenant_id, code, initiator_user_id, type, status, outcome, run_id);
