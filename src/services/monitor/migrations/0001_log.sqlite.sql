-- The log of what was observed. Sequence order is commit order, and received_at never falls with it.
-- An index is paid for by every event, so there are two beside the sequence, and none on id: an alert
-- carries what it needs of its event.
CREATE TABLE monitor_event (
  sequence       INTEGER PRIMARY KEY,
  id             BLOB    NOT NULL,
  study_id       TEXT    NOT NULL,
  site_id        TEXT    NOT NULL,
  subject_id     TEXT    NOT NULL,
  subject_number TEXT    NOT NULL,
  item           TEXT    NOT NULL,
  number         REAL,              -- in the item's unit
  comparator     INTEGER NOT NULL,  -- 1: less than number, 2: greater
  text_value     TEXT,
  absent_reason  TEXT,
  unit           TEXT    NOT NULL,
  given_number   REAL,              -- as it came, where the unit was converted
  given_unit     TEXT,
  event_time     INTEGER NOT NULL,
  offset_minutes INTEGER,           -- null: not known
  time_precision INTEGER NOT NULL,
  received_at    INTEGER NOT NULL,
  source         TEXT    NOT NULL,
  actor          TEXT    NOT NULL,
  key_hash       BLOB    NOT NULL,
  content_hash   BLOB    NOT NULL,
  version        INTEGER NOT NULL DEFAULT 1,
  supersedes     BLOB
) STRICT;
CREATE UNIQUE INDEX monitor_event_key ON monitor_event (study_id, key_hash);
CREATE INDEX monitor_event_series ON monitor_event (subject_id, item, event_time);

CREATE TRIGGER monitor_event_no_update BEFORE UPDATE ON monitor_event
BEGIN
  SELECT RAISE(ABORT, 'the event log is append-only');
END;
CREATE TRIGGER monitor_event_no_delete BEFORE DELETE ON monitor_event
BEGIN
  SELECT RAISE(ABORT, 'the event log is append-only');
END;

-- The id is derived from rule version and event, so it alone makes an alert unique.
CREATE TABLE monitor_alert (
  sequence          INTEGER PRIMARY KEY,
  id                BLOB    NOT NULL UNIQUE,
  study_id          TEXT    NOT NULL,
  site_id           TEXT    NOT NULL,
  subject_id        TEXT    NOT NULL,
  subject_number    TEXT    NOT NULL,
  rule_version_id   TEXT    NOT NULL,
  rule_id           TEXT    NOT NULL,
  rule_version      INTEGER NOT NULL,
  rule_content_hash TEXT    NOT NULL,
  severity          INTEGER NOT NULL,
  event_id          BLOB    NOT NULL,
  item              TEXT    NOT NULL,
  message           TEXT    NOT NULL,
  expression        TEXT    NOT NULL,
  value             REAL    NOT NULL,
  value_comparator  INTEGER NOT NULL,
  unit              TEXT    NOT NULL,
  comparison        INTEGER NOT NULL,
  threshold         REAL    NOT NULL,
  source            TEXT    NOT NULL,
  event_time        INTEGER NOT NULL,
  received_at       INTEGER NOT NULL,
  raised_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX monitor_alert_study ON monitor_alert (study_id, sequence);
CREATE INDEX monitor_alert_subject ON monitor_alert (subject_id, item);

CREATE TRIGGER monitor_alert_no_update BEFORE UPDATE ON monitor_alert
BEGIN
  SELECT RAISE(ABORT, 'alerts are append-only');
END;
CREATE TRIGGER monitor_alert_no_delete BEFORE DELETE ON monitor_alert
BEGIN
  SELECT RAISE(ABORT, 'alerts are append-only');
END;

-- What other parts are to be told, written with what it tells of.
CREATE TABLE monitor_outbox (
  sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
  topic       TEXT    NOT NULL,
  message_key TEXT    NOT NULL,
  payload     TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
