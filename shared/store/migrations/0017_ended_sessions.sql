-- The sessions that somebody has ended, for as long as access tokens of theirs may be
-- about: every instance reads them all the time and takes no such token.
-- owner: auth
CREATE TABLE ended_sessions (
  family BIGINT NOT NULL,
  ended_at DATETIME(6) NOT NULL,
  PRIMARY KEY (family),
  KEY ended_sessions_at (ended_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
