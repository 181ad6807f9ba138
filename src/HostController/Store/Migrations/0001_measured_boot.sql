-- Keys of VMs' TPMs, as they were enrolled, and the newest counters that a quote of each has shown.
CREATE TABLE enrolled_key (
    vm TEXT NOT NULL PRIMARY KEY,
    attestation_key BLOB NOT NULL,
    endorsement_key BLOB NOT NULL,
    endorsement_certificate BLOB,
    enrolled_at_ms BIGINT NOT NULL,
    reset_count BIGINT NOT NULL,
    restart_count BIGINT NOT NULL,
    clock_ms BIGINT NOT NULL
);

-- What a boot measured, to hold later boots against: scope 'vm' is the baseline of the VM called so, 'name' one that any VM may be held against.
CREATE TABLE pcr_baseline (
    scope TEXT NOT NULL CHECK (scope IN ('vm', 'name')),
    name TEXT NOT NULL,
    vm TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    collected_at_ms BIGINT NOT NULL,
    saved_at_ms BIGINT NOT NULL,
    is_proven SMALLINT NOT NULL,
    attestation_key_name BLOB,
    bank INTEGER NOT NULL,
    pcr_mask INTEGER NOT NULL,
    event_log BLOB,
    event_log_problem TEXT,
    PRIMARY KEY (scope, name)
);

CREATE TABLE pcr_baseline_value (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    bank INTEGER NOT NULL,
    pcr INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (scope, name, bank, pcr),
    FOREIGN KEY (scope, name) REFERENCES pcr_baseline (scope, name) ON DELETE CASCADE
);

-- Who did what, from where, to what, and how it ended. Only ever appended to.
CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    caller TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL
);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END;
