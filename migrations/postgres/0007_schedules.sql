-- When operations start by themselves. The same table as migrations/sqlite/0007.

CREATE TABLE schedules (
    tenant_id         UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- The type of the operation.
    type              TEXT NOT NULL,
    -- Five fields, by the clock on the wall of the time zone.
    cron              TEXT NOT NULL,
    -- A name of the IANA database.
    time_zone         TEXT NOT NULL,
    -- It is late when it has not succeeded for so long.
    expected_hours    INTEGER NOT NULL CHECK (expected_hours > 0),
    -- Since when it is on.
    enabled_at        TIMESTAMPTZ,
    -- Due at this time; absent while it is off. Whoever moves it on in the transaction that makes the run has fired it.
    next_run_at       TIMESTAMPTZ,
    -- When it last fired, and the run that came of it. No foreign key: runs are pruned, schedules stay.
    last_fired_at     TIMESTAMPTZ,
    last_run_id       UUID,
    -- When the same work last succeeded, whoever started it.
    last_succeeded_at TIMESTAMPTZ,
    -- Who changed it last.
    updated_by_name   TEXT NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, type),
    CHECK ((enabled_at IS NULL) = (next_run_at IS NULL))
);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE next_run_at IS NOT NULL;
