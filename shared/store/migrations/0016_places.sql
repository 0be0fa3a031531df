-- The versions of a place, which its owner edits; the highest number that a fact of
-- it has had, so that no number names two facts; the order of its photos; when one was
-- taken away, whose file stays as long as an ad may show it.
ALTER TABLE places
  ADD COLUMN version INT NOT NULL DEFAULT 1,
  ADD COLUMN updated_at DATETIME(6) NULL,
  ADD COLUMN last_fact INT NOT NULL DEFAULT 0;

ALTER TABLE place_photos
  ADD COLUMN sort INT NOT NULL DEFAULT 0,
  ADD COLUMN removed_at DATETIME(6) NULL,
  ADD KEY place_photos_removed (removed_at);
