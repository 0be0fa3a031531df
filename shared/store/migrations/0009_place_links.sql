-- Where a place's facts were fetched from, and the owner's consent to that.

-- owner: place
CREATE TABLE place_sources (
  place_id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  link VARCHAR(500) COLLATE utf8mb4_bin NOT NULL,
  consented_at DATETIME(6) NOT NULL,
  consented_by BIGINT NOT NULL,
  fetched_at DATETIME(6) NULL,
  outcome VARCHAR(32) NOT NULL,
  PRIMARY KEY (place_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
