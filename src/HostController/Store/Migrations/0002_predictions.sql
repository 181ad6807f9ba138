-- Starts that were predicted from a VM's own baseline, and go with it.
CREATE TABLE pcr_prediction (
    id INTEGER NOT NULL PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope = 'vm'),
    vm TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('change', 'undo', 'trial')),
    changes TEXT NOT NULL,
    predicted_at_ms BIGINT NOT NULL,
    from_reset BIGINT NOT NULL,
    until_reset BIGINT,
    is_undone SMALLINT NOT NULL,
    event_log BLOB NOT NULL,
    FOREIGN KEY (scope, vm) REFERENCES pcr_baseline (scope, name) ON DELETE CASCADE
);

CREATE INDEX pcr_prediction_of_vm ON pcr_prediction (vm, id);
