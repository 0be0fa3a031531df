-- What operators have done, each row carrying the hash of the one before it, and
-- what they have switched.

-- owner: admin
CREATE TABLE audit_log (
  seq BIGINT NOT NULL,
  at DATETIME(6) NOT NULL,
  actor BIGINT NOT NULL,
  action VARCHAR(64) NOT NULL,
  target VARCHAR(190) COLLATE utf8mb4_bin NOT NULL,
  detail_json JSON NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  previous BINARY(32) NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (seq),
  KEY audit_log_target (target, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: admin
CREATE TABLE bypass_tokens (
  token_hash BINARY(32) NOT NULL,
  purpose VARCHAR(200) NOT NULL,
  made_by BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  PRIMARY KEY (token_hash),
  KEY bypass_tokens_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
