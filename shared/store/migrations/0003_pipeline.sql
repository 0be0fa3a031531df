-- owner: pipeline
CREATE TABLE pipeline_runs (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  ad_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  order_json JSON NOT NULL,
  deadline_at DATETIME(6) NOT NULL,
  version INT NOT NULL,
  fail_code VARCHAR(64) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY pipeline_runs_ad (tenant_id, ad_id),
  KEY pipeline_runs_state (state, deadline_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: pipeline
CREATE TABLE pipeline_steps (
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  tenant_id BIGINT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  policy VARCHAR(8) NOT NULL,
  after_no INT NOT NULL,
  cost_won INT NOT NULL,
  state VARCHAR(16) NOT NULL,
  attempt INT NOT NULL,
  fence BIGINT NOT NULL,
  lease_until DATETIME(6) NULL,
  due_at DATETIME(6) NULL,
  deadline_at DATETIME(6) NULL,
  settle_by DATETIME(6) NULL,
  woken_at DATETIME(6) NULL,
  polls INT NOT NULL,
  abandoned INT NOT NULL,
  call_state VARCHAR(16) NOT NULL,
  fail_code VARCHAR(64) NOT NULL,
  input_json JSON NULL,
  input_hash BINARY(32) NULL,
  output_json JSON NULL,
  ready_at DATETIME(6) NULL,
  ended_at DATETIME(6) NULL,
  PRIMARY KEY (run_id, step_no),
  KEY pipeline_steps_due (state, due_at),
  KEY pipeline_steps_lease (state, lease_until),
  KEY pipeline_steps_deadline (state, deadline_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: pipeline
CREATE TABLE provider_calls (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  attempt INT NOT NULL,
  provider VARCHAR(32) NOT NULL,
  state VARCHAR(16) NOT NULL,
  fence BIGINT NOT NULL,
  external_id VARCHAR(190) COLLATE utf8mb4_bin NULL,
  token_hash BINARY(32) NOT NULL,
  request_hash BINARY(32) NOT NULL,
  cost_won INT NOT NULL,
  reason VARCHAR(200) NOT NULL,
  sent_at DATETIME(6) NOT NULL,
  resolved_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY provider_calls_attempt (run_id, step_no, attempt),
  UNIQUE KEY provider_calls_external (provider, external_id),
  UNIQUE KEY provider_calls_token (token_hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: pipeline
CREATE TABLE callbacks (
  id BIGINT NOT NULL AUTO_INCREMENT,
  call_id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  event_hash BINARY(32) NOT NULL,
  stage VARCHAR(32) NOT NULL,
  external_id VARCHAR(190) COLLATE utf8mb4_bin NULL,
  received_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY callbacks_event (call_id, event_hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: pipeline
CREATE TABLE artifacts (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  blob_path VARCHAR(300) COLLATE utf8mb4_bin NOT NULL,
  sha256 BINARY(32) NOT NULL,
  bytes BIGINT NOT NULL,
  content_type VARCHAR(64) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY artifacts_step (run_id, step_no, kind),
  KEY artifacts_blob (blob_path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: pipeline
CREATE TABLE credit_ledger (
  id BIGINT NOT NULL AUTO_INCREMENT,
  tenant_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  version INT NOT NULL,
  entry VARCHAR(16) NOT NULL,
  amount_won BIGINT NOT NULL,
  at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY credit_ledger_entry (run_id, step_no, entry, version),
  KEY credit_ledger_tenant (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: pipeline
CREATE TABLE run_events (
  run_id BIGINT NOT NULL,
  seq INT NOT NULL,
  tenant_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  event VARCHAR(32) NOT NULL,
  from_state VARCHAR(16) NOT NULL,
  to_state VARCHAR(16) NOT NULL,
  attempt INT NOT NULL,
  fence BIGINT NOT NULL,
  code VARCHAR(64) NOT NULL,
  cause_id BINARY(16) NOT NULL,
  at DATETIME(6) NOT NULL,
  PRIMARY KEY (run_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
