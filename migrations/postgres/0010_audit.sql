-- Who did what, when and from where. The same table as migrations/sqlite/0010.

-- No reference to a user: an entry outlives its person. No cascade from the tenant: entries do not go with anything.
CREATE TABLE audit_entries (
    id            UUID PRIMARY KEY,
    tenant_id     UUID NOT NULL REFERENCES tenants (id),
    at            TIMESTAMPTZ NOT NULL,
    -- Absent at the server's own command line.
    actor_user_id UUID,
    -- The name at that time.
    actor_name    TEXT NOT NULL,
    -- The address that the connection came from; absent at the command line.
    actor_address TEXT,
    action        TEXT NOT NULL,
    subject_kind  TEXT NOT NULL,
    subject_id    TEXT NOT NULL,
    -- The name at that time.
    subject_name  TEXT NOT NULL,
    -- An object, without secrets.
    detail        JSONB NOT NULL
);
CREATE INDEX audit_entries_newest ON audit_entries (tenant_id, id DESC);
CREATE INDEX audit_entries_of_action ON audit_entries (tenant_id, action, id DESC);
CREATE INDEX audit_entries_of_person ON audit_entries (tenant_id, actor_user_id, id DESC);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit log are never changed or removed';
END $$;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_entries_remain BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
