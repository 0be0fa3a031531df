-- Limits and circuit breakers of the vendors, shared by all instances.

-- owner: guard
CREATE TABLE vendor_buckets (
  name VARCHAR(128) COLLATE utf8mb4_bin NOT NULL,
  full_at DATETIME(6) NULL,
  day VARCHAR(10) NOT NULL,
  used INT NOT NULL,
  paused_until DATETIME(6) NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (name),
  KEY paused (paused_until),
  KEY updated (updated_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: guard
CREATE TABLE vendor_breakers (
  vendor VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
  op VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
  state VARCHAR(16) NOT NULL,
  forced VARCHAR(16) NOT NULL,
  until_at DATETIME(6) NULL,
  probe_by VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  counts_from BIGINT NOT NULL,
  changed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (vendor, op)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: guard
CREATE TABLE vendor_calls (
  vendor VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
  op VARCHAR(32) COLLATE utf8mb4_bin NOT NULL,
  slot BIGINT NOT NULL,
  calls INT NOT NULL,
  failures INT NOT NULL,
  PRIMARY KEY (vendor, op, slot),
  KEY slot (slot)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
