-- A TPM that is restarted, and not reset, counts that start here.
ALTER TABLE pcr_prediction ADD COLUMN until_restart BIGINT NOT NULL DEFAULT 0;
