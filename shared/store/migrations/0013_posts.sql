-- Posts that owners order by themselves, what they say, how they are doing.
-- A post that a person ordered has a request_key, one of an ad's own run has none.
ALTER TABLE publications
  ADD COLUMN title VARCHAR(200) NOT NULL DEFAULT '',
  ADD COLUMN caption VARCHAR(2200) NOT NULL DEFAULT '',
  ADD COLUMN hashtags_json JSON NULL,
  ADD COLUMN thumbnail_file BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN thumbnail_photo BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN video_id BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN scheduled_at DATETIME(6) NULL,
  ADD COLUMN request_key VARCHAR(64) COLLATE utf8mb4_bin NULL,
  ADD COLUMN request_hash BINARY(32) NULL,
  ADD COLUMN confirmed_at DATETIME(6) NULL,
  ADD COLUMN confirmed_by BIGINT NULL,
  ADD COLUMN missed_at DATETIME(6) NULL,
  ADD COLUMN removed_at DATETIME(6) NULL,
  ADD COLUMN measure_at DATETIME(6) NULL,
  ADD UNIQUE KEY publications_request (tenant_id, request_key),
  ADD KEY publications_tenant (tenant_id, id),
  ADD KEY publications_run (run_id, step_no),
  ADD KEY publications_measure (measure_at);

-- What a channel counted at a time; -1 = it does not count that.
-- owner: sns
CREATE TABLE post_metrics (
  post_id BIGINT NOT NULL,
  at DATETIME(6) NOT NULL,
  tenant_id BIGINT NOT NULL,
  views BIGINT NOT NULL,
  likes BIGINT NOT NULL,
  comments BIGINT NOT NULL,
  shares BIGINT NOT NULL,
  PRIMARY KEY (post_id, at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
