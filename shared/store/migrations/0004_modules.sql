-- owner: place
CREATE TABLE places (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  name VARCHAR(100) NOT NULL,
  request_key VARCHAR(64) COLLATE utf8mb4_bin NULL,
  request_hash BINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY places_request (tenant_id, request_key),
  KEY places_tenant (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: place
CREATE TABLE place_facts (
  place_id BIGINT NOT NULL,
  fact_no INT NOT NULL,
  tenant_id BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  text VARCHAR(500) NOT NULL,
  won INT NOT NULL,
  source VARCHAR(32) NOT NULL,
  PRIMARY KEY (place_id, fact_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: place
CREATE TABLE place_photos (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  place_id BIGINT NOT NULL,
  blob_path VARCHAR(300) COLLATE utf8mb4_bin NOT NULL,
  content_type VARCHAR(64) NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  bytes BIGINT NOT NULL,
  sha256 BINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY place_photos_content (place_id, sha256),
  KEY place_photos_blob (blob_path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: ad
CREATE TABLE ads (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  place_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  wish_json JSON NOT NULL,
  request_key VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  request_hash BINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY ads_request (tenant_id, request_key),
  UNIQUE KEY ads_run (run_id),
  KEY ads_tenant (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: lyric
CREATE TABLE lyrics (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  ad_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  title VARCHAR(200) NOT NULL,
  lines_json JSON NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lyrics_step (run_id, step_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: song
CREATE TABLE songs (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  ad_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  takes_json JSON NOT NULL,
  chosen INT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY songs_step (run_id, step_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: video
CREATE TABLE videos (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  ad_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  blob_path VARCHAR(300) COLLATE utf8mb4_bin NOT NULL,
  thumbnail_path VARCHAR(300) COLLATE utf8mb4_bin NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  seconds DOUBLE NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY videos_step (run_id, step_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: sns
CREATE TABLE publications (
  id BIGINT NOT NULL,
  tenant_id BIGINT NOT NULL,
  ad_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  step_no INT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  account_id VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  revision INT NOT NULL,
  state VARCHAR(16) NOT NULL,
  external_post_id VARCHAR(190) COLLATE utf8mb4_bin NULL,
  url VARCHAR(500) COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  published_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY publications_once (ad_id, channel, account_id, revision),
  UNIQUE KEY publications_external (channel, external_post_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
