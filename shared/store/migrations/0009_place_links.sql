-- Where a place's page is, the owner's consent to fetching it, and what came of that.

-- owner: place
CREATE TABLE place_sources (
  place_id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  vendor VARCHAR(16) NOT NULL,
  external_id VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  link VARCHAR(500) COLLATE utf8mb4_bin NOT NULL,
  consented_at DATETIME(6) NULL,
  consented_by BIGINT NULL,
  outcome VARCHAR(32) NOT NULL,
  asked_at DATETIME(6) NULL,
  fetched_at DATETIME(6) NULL,
  last_fact INT NOT NULL,
  PRIMARY KEY (place_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
