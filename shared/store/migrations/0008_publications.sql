-- What a channel must remember of a publication under way, sealed; and what it said afterwards.
ALTER TABLE publications
  ADD COLUMN notes_sealed VARBINARY(8000) NULL,
  ADD COLUMN privacy VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN note VARCHAR(200) NOT NULL DEFAULT '';
