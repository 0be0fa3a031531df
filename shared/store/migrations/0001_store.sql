-- What the store itself needs. schema_migrations is made by the migrator,
-- which must write to it before the first file has run.

-- A named lock with a fence that outlives its holder: whoever steals an
-- expired lease gets a higher fence, and the old holder's writes can be told.
-- owner: store
CREATE TABLE leases (
  name       VARCHAR(96)  NOT NULL,
  owner      VARCHAR(96)  NOT NULL,
  fence      BIGINT       NOT NULL,
  expires_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One row that the primary touches once a second; its age on a replica is the lag.
-- owner: store
CREATE TABLE replica_heartbeat (
  id      TINYINT     NOT NULL,
  beat_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

INSERT INTO replica_heartbeat (id, beat_at) VALUES (1, NOW(6));
