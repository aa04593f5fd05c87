-- What people are told, and what they want to be told. The same tables as migrations/sqlite/0011.

CREATE TABLE notifications (
    id             UUID PRIMARY KEY,
    tenant_id      UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    user_id        UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL CHECK (kind IN ('run_started', 'run_completed', 'run_failed', 'schedule_late')),
    operation_type TEXT NOT NULL,
    -- The run it tells of, with which it goes; absent for a late schedule.
    run_id         UUID REFERENCES operation_runs (id) ON DELETE CASCADE,
    -- What it tells of when that is no run: one late time of one schedule.
    subject        TEXT,
    -- How the run ended, and its counts at that time.
    outcome        TEXT,
    summary_counts JSONB,
    -- Who asked for the run.
    initiator_name TEXT NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    read_at        TIMESTAMPTZ,
    -- When its toast was seen or put away on any device; a quiet member's is put away from the beginning.
    toasted_at     TIMESTAMPTZ,
    -- The member does not want to hear of it. The row stays: who has a run_started, muted or not, follows the run.
    muted          BOOLEAN NOT NULL,
    CHECK ((run_id IS NULL) <> (subject IS NULL))
);
-- One a user, run and kind, whatever is repeated; also the way from a run to those who follow it.
CREATE UNIQUE INDEX notifications_once_a_run ON notifications (run_id, user_id, kind) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX notifications_once_a_subject ON notifications (tenant_id, user_id, kind, subject)
    WHERE subject IS NOT NULL;
-- A person's list, newest first, and what of it is unread.
CREATE INDEX notifications_newest ON notifications (user_id, id DESC) WHERE NOT muted;
CREATE INDEX notifications_unread ON notifications (user_id, id DESC) WHERE read_at IS NULL AND NOT muted;

-- A member without a row hears of their own runs, with toasts.
CREATE TABLE notification_settings (
    tenant_id     UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    run_started   BOOLEAN NOT NULL,
    run_completed BOOLEAN NOT NULL,
    -- The bell only: no toasts.
    quiet         BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);

-- What a member wants to hear of runs and schedules that are not theirs.
CREATE TABLE notification_subscriptions (
    tenant_id      UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL CHECK (kind IN ('run_failed', 'schedule_late')),
    operation_type TEXT NOT NULL,
    user_id        UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (tenant_id, kind, operation_type, user_id)
);
