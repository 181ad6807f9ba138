-- The first start that was proven equal to a prediction; and of changes whose start could not be predicted, why.
ALTER TABLE pcr_prediction ADD COLUMN met_reset BIGINT;
ALTER TABLE pcr_prediction ADD COLUMN met_restart BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pcr_prediction ADD COLUMN problem TEXT;
