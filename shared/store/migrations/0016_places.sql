-- The versions of a place, which its owner edits.
ALTER TABLE places
  ADD COLUMN version INT NOT NULL DEFAULT 1,
  ADD COLUMN updated_at DATETIME(6) NULL;

ALTER TABLE place_photos
  ADD COLUMN sort INT NOT NULL DEFAULT 0;
