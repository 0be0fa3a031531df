-- Steps whose result another run of the same ad has made already, steps that wait
-- for a time or for the owner's word, and a ledger of two sides.
ALTER TABLE pipeline_runs
  ADD COLUMN approve_by DATETIME(6) NULL,
  ADD COLUMN remind_at DATETIME(6) NULL,
  ADD KEY pipeline_runs_approval (state, approve_by),
  ADD KEY pipeline_runs_reminder (state, remind_at);

ALTER TABLE pipeline_steps
  ADD COLUMN not_before DATETIME(6) NULL,
  ADD COLUMN hold BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN reuse BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN ad_id BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN made_in BIGINT NULL,
  ADD KEY pipeline_steps_content (tenant_id, ad_id, kind, input_hash);

-- Each row moves amount_won from the debit account to the credit account of its tenant.
ALTER TABLE credit_ledger
  ADD COLUMN debit VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN credit VARCHAR(16) NOT NULL DEFAULT '';

-- What a tenant has begun and spent on one day in Seoul; its row is what orders of one tenant wait for.
-- owner: pipeline
CREATE TABLE spend_days (
  tenant_id BIGINT NOT NULL,
  day VARCHAR(10) NOT NULL,
  starts INT NOT NULL,
  reserved_won BIGINT NOT NULL,
  captured_won BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, day),
  KEY spend_days_day (day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
