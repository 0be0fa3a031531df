-- The owners' channel accounts, their sealed tokens, and connections under way.

-- owner: social
CREATE TABLE social_accounts (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  external_id VARCHAR(128) COLLATE utf8mb4_bin NOT NULL,
  name VARCHAR(200) NOT NULL,
  url VARCHAR(500) COLLATE utf8mb4_bin NOT NULL,
  scopes VARCHAR(1000) NOT NULL,
  missing_scopes VARCHAR(1000) NOT NULL,
  state VARCHAR(16) NOT NULL,
  grant_sealed VARBINARY(8000) NOT NULL,
  version INT NOT NULL,
  renew_at DATETIME(6) NULL,
  connected_by BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY social_accounts_once (tenant_id, channel, external_id),
  KEY social_accounts_renewal (renew_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: social
CREATE TABLE oauth_states (
  state_hash BINARY(32) NOT NULL,
  cookie_hash BINARY(32) NOT NULL,
  tenant_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  scopes VARCHAR(1000) NOT NULL,
  verifier_sealed VARBINARY(1000) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,
  PRIMARY KEY (state_hash),
  KEY oauth_states_expiry (expires_at),
  KEY oauth_states_tenant (tenant_id, expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
