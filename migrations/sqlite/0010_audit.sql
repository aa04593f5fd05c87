-- Who did what, when and from where. The same table as migrations/postgres/0010.

-- No reference to a user: an entry outlives its person. No cascade from the tenant: entries do not go with anything.
CREATE TABLE audit_entries (
    id            BLOB PRIMARY KEY,
    tenant_id     BLOB NOT NULL REFERENCES tenants (id),
    at            TEXT NOT NULL,
    -- Absent at the server's own command line.
    actor_user_id BLOB,
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
    detail        TEXT NOT NULL
);
CREATE INDEX audit_entries_newest ON audit_entries (tenant_id, id DESC);
CREATE INDEX audit_entries_of_action ON audit_entries (tenant_id, action, id DESC);
CREATE INDEX audit_entries_of_person ON audit_entries (tenant_id, actor_user_id, id DESC);

CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are never changed');
END;
CREATE TRIGGER audit_entries_remain BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are never removed');
END;
-- INSERT OR REPLACE removes without telling the trigger above.
CREATE TRIGGER audit_entries_are_new BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are never replaced');
END;
