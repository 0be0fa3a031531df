-- Ads that their owners have put away: 30 days to bring one back.
ALTER TABLE ads
  ADD COLUMN deleted_at DATETIME(6) NULL,
  ADD COLUMN deleted_by BIGINT NULL,
  ADD KEY ads_deleted (deleted_at);
