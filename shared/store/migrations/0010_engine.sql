-- Steps whose result another run of the same ad has made already, steps that wait
-- for a time or for the owner's word, and a ledger of two sides.
ALTER TABLE pipeline_runs
  MODIFY COLUMN state VARCHAR(24) NOT NULL,
  ADD COLUMN approve_by DATETIME(6) NULL,
  ADD COLUMN remind_at DATETIME(6) NULL,
  ADD COLUMN approved_at DATETIME(6) NULL,
  ADD KEY pipeline_runs_approval (state, approve_by),
  ADD KEY pipeline_runs_reminder (state, remind_at),
  ADD KEY pipeline_runs_open (tenant_id, state);

ALTER TABLE run_events
  MODIFY COLUMN from_state VARCHAR(24) NOT NULL,
  MODIFY COLUMN to_state VARCHAR(24) NOT NULL;

ALTER TABLE pipeline_steps
  ADD COLUMN not_before DATETIME(6) NULL,
  ADD COLUMN hold BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN reuse BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN ad_id BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN made_in BIGINT NULL,
  ADD KEY pipeline_steps_content (tenant_id, ad_id, kind, input_hash);

UPDATE pipeline_steps SET ad_id = (SELECT r.ad_id FROM pipeline_runs r WHERE r.id = pipeline_steps.run_id) WHERE ad_id = 0;

-- Each row moves amount_won from the debit account to the credit account. attempt
-- names the submission that a waste was booked for, so that none is booked twice.
ALTER TABLE credit_ledger
  ADD COLUMN debit VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN credit VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN attempt INT NOT NULL DEFAULT 0;

UPDATE credit_ledger SET
  debit = CASE entry WHEN 'reserve' THEN 'available' WHEN 'waste' THEN 'house' ELSE 'reserved' END,
  credit = CASE entry WHEN 'reserve' THEN 'reserved' WHEN 'capture' THEN 'spent' WHEN 'release' THEN 'available' ELSE 'wasted' END
  WHERE debit = '';

-- What a tenant has begun and spent on one day in Seoul; its row is what orders of one
-- tenant wait for. reserved_won is what was reserved that day and not given back since.
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
