-- The most striking colours of a photo, '#rrggbb' with commas between; '' when it was not looked at.
ALTER TABLE place_photos ADD COLUMN colors VARCHAR(32) COLLATE utf8mb4_bin NOT NULL DEFAULT '';
