-- Ads that their owners have put away: 30 days to bring one back.
ALTER TABLE ads
  ADD COLUMN deleted_at DATETIME(6) NULL,
  ADD COLUMN deleted_by BIGINT NULL,
  ADD KEY ads_deleted (deleted_at);

-- What is deleted with an ad is found by it.
ALTER TABLE lyrics ADD KEY lyrics_ad (tenant_id, ad_id);
ALTER TABLE songs ADD KEY songs_ad (tenant_id, ad_id);
ALTER TABLE videos ADD KEY videos_ad (tenant_id, ad_id);
