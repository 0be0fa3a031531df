-- Where in the web client an owner's browser ends who has connected an account; empty =
-- nobody has said. The default is for instances that run before this.
ALTER TABLE oauth_states ADD COLUMN next VARCHAR(500) COLLATE utf8mb4_bin NOT NULL DEFAULT '';
