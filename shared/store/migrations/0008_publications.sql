-- What a channel must remember of a publication under way, sealed; what was asked
-- of it, and what it said afterwards.
ALTER TABLE publications
  ADD COLUMN notes_sealed VARBINARY(8000) NULL,
  ADD COLUMN privacy VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN made_for_kids BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN note VARCHAR(200) NOT NULL DEFAULT '';

-- The attempts of a step that did their part and have another to follow.
ALTER TABLE pipeline_steps
  ADD COLUMN parts INT NOT NULL DEFAULT 0;
