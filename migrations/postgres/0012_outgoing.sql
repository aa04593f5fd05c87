-- Where the notifications of a tenant go beyond Runledger, and what was sent. The same tables as migrations/sqlite/0012.

CREATE TABLE outgoing_destinations (
    id              UUID PRIMARY KEY,
    tenant_id       UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL CHECK (kind IN ('webhook', 'slack', 'email')),
    name            TEXT NOT NULL,
    -- Sealed under the server's key: of some services the address is all that one needs to know.
    address         BYTEA NOT NULL,
    -- What people see of it: host and path of a webhook, the host of a Slack address, a mail address.
    shown_address   TEXT NOT NULL,
    -- What a webhook is signed with, sealed.
    secret          BYTEA,
    on_failed       BOOLEAN NOT NULL,
    on_partial      BOOLEAN NOT NULL,
    on_late         BOOLEAN NOT NULL,
    enabled         BOOLEAN NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by_name TEXT NOT NULL,
    CHECK ((secret IS NOT NULL) = (kind = 'webhook'))
);
CREATE INDEX outgoing_destinations_of_tenant ON outgoing_destinations (tenant_id, id);

CREATE TABLE outgoing_deliveries (
    -- Also the id that the receiver sees, whatever is repeated.
    id             UUID PRIMARY KEY,
    tenant_id      UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    destination_id UUID NOT NULL REFERENCES outgoing_destinations (id) ON DELETE CASCADE,
    event          TEXT NOT NULL,
    -- The run it tells of, with which it goes; absent for a late schedule and for a test.
    run_id         UUID REFERENCES operation_runs (id) ON DELETE CASCADE,
    subject        TEXT,
    -- What is told, as JSON.
    payload        TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    tries          INTEGER NOT NULL,
    -- Due at this time. Whoever moves it on does the next try.
    next_try_at    TIMESTAMPTZ,
    last_try_at    TIMESTAMPTZ,
    status_code    INTEGER,
    error          TEXT,
    created_at     TIMESTAMPTZ NOT NULL,
    CHECK ((run_id IS NULL) <> (subject IS NULL)),
    CHECK ((state = 'waiting') = (next_try_at IS NOT NULL))
);
-- One a destination and run, whatever is repeated.
CREATE UNIQUE INDEX outgoing_deliveries_once_a_run ON outgoing_deliveries (run_id, destination_id) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX outgoing_deliveries_once_a_subject ON outgoing_deliveries (destination_id, subject)
    WHERE subject IS NOT NULL;
CREATE INDEX outgoing_deliveries_due ON outgoing_deliveries (next_try_at) WHERE state = 'waiting';
CREATE INDEX outgoing_deliveries_newest ON outgoing_deliveries (tenant_id, id DESC);
CREATE INDEX outgoing_deliveries_of_destination ON outgoing_deliveries (destination_id);
-- What goes with no run goes by its age.
CREATE INDEX outgoing_deliveries_alone ON outgoing_deliveries (created_at) WHERE run_id IS NULL;
CREATE INDEX notifications_alone ON notifications (created_at) WHERE run_id IS NULL;

-- Since when the schedule had not succeeded when people were told that it is late: they are told once.
ALTER TABLE schedules ADD COLUMN late_told_since TIMESTAMPTZ;
