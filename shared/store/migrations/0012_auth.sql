-- Who may sign in, the sign-ins under way, the refresh tokens; how what is a tenant's is found to erase it.

-- due_at is when the eraser next looks at a user whose link has ended or who is to be erased.
-- owner: auth
CREATE TABLE users (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  issuer VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  subject VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  name VARCHAR(100) NOT NULL,
  role VARCHAR(16) NOT NULL,
  state VARCHAR(16) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  seen_at DATETIME(6) NOT NULL,
  erase_at DATETIME(6) NULL,
  due_at DATETIME(6) NULL,
  erased_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY users_subject (issuer, subject),
  UNIQUE KEY users_tenant (tenant_id),
  KEY users_erasure (state, erase_at),
  KEY users_due (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Also the id_tokens of native apps that were taken: each opens one session.
-- owner: auth
CREATE TABLE login_states (
  state_hash BINARY(32) NOT NULL,
  cookie_hash BINARY(32) NOT NULL,
  next VARCHAR(500) COLLATE utf8mb4_bin NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,
  PRIMARY KEY (state_hash),
  KEY login_states_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- child_sealed is the token that replaced this one, until child_until.
-- owner: auth
CREATE TABLE refresh_tokens (
  token_hash BINARY(32) NOT NULL,
  family BIGINT NOT NULL,
  parent_hash BINARY(32) NULL,
  user_id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  child_sealed VARBINARY(1000) NULL,
  child_until DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  idle_until DATETIME(6) NOT NULL,
  ends_at DATETIME(6) NOT NULL,
  PRIMARY KEY (token_hash),
  UNIQUE KEY refresh_tokens_parent (parent_hash),
  KEY refresh_tokens_family (family),
  KEY refresh_tokens_user (user_id, ends_at),
  KEY refresh_tokens_child (child_until),
  KEY refresh_tokens_end (ends_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

ALTER TABLE lyrics ADD KEY lyrics_tenant (tenant_id, id);
ALTER TABLE songs ADD KEY songs_tenant (tenant_id, id);
ALTER TABLE videos ADD KEY videos_tenant (tenant_id, id);
