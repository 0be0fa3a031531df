-- owner: outbox
CREATE TABLE outbox (
  id BIGINT NOT NULL AUTO_INCREMENT,
  message_id BINARY(16) NOT NULL,
  queue VARCHAR(64) NOT NULL,
  body MEDIUMBLOB NOT NULL,
  not_before DATETIME(6) NOT NULL,
  state TINYINT NOT NULL,
  tries INT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  sent_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY outbox_message (message_id),
  KEY outbox_due (state, not_before, id),
  KEY outbox_sent (state, sent_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: outbox
CREATE TABLE dead_letters (
  id BIGINT NOT NULL AUTO_INCREMENT,
  message_id VARCHAR(128) NOT NULL,
  queue VARCHAR(64) NOT NULL,
  reason VARCHAR(200) NOT NULL,
  body MEDIUMBLOB NOT NULL,
  seen_at DATETIME(6) NOT NULL,
  redriven_as BINARY(16) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY dead_letters_message (queue, message_id),
  KEY dead_letters_seen (seen_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
