-- The revisions of an ad, each made by a run of its own, and the tickets for its events.
ALTER TABLE ads
  ADD COLUMN revision INT NOT NULL DEFAULT 1,
  ADD COLUMN updated_at DATETIME(6) NULL;

-- owner: ad
CREATE TABLE ad_revisions (
  ad_id BIGINT NOT NULL,
  revision INT NOT NULL,
  tenant_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  order_json JSON NOT NULL,
  change_json JSON NOT NULL,
  request_key VARCHAR(64) COLLATE utf8mb4_bin NULL,
  request_hash BINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (ad_id, revision),
  UNIQUE KEY ad_revisions_run (run_id),
  UNIQUE KEY ad_revisions_request (tenant_id, request_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The ads that are there are their own first revision.
INSERT INTO ad_revisions (ad_id, revision, tenant_id, run_id, order_json, change_json, request_key, request_hash, created_at)
  SELECT a.id, 1, a.tenant_id, a.run_id, r.order_json, '{}', NULL, a.request_hash, a.created_at
  FROM ads a JOIN pipeline_runs r ON r.id = a.run_id;

-- owner: ad
CREATE TABLE event_tickets (
  ticket_hash BINARY(32) NOT NULL,
  tenant_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  ad_id BIGINT NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,
  PRIMARY KEY (ticket_hash),
  KEY event_tickets_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

