-- What an observation may carry beside its value. All null for a plain event, so that it costs what
-- it cost before. record_key is the key of the first version, null for that one itself; supersedes
-- is the id of the version that this one replaces.
ALTER TABLE monitor_event ADD COLUMN record_key BLOB;
ALTER TABLE monitor_event ADD COLUMN row_key TEXT;
ALTER TABLE monitor_event ADD COLUMN range_low REAL;
ALTER TABLE monitor_event ADD COLUMN range_high REAL;
ALTER TABLE monitor_event ADD COLUMN withdrawn INTEGER;

-- A version is corrected once at most: a later correction corrects the correction.
CREATE TABLE monitor_correction (
  study_id       TEXT    NOT NULL,
  corrected_key  BLOB    NOT NULL,
  correcting_key BLOB    NOT NULL,
  correcting_id  BLOB    NOT NULL,
  withdrawn      INTEGER NOT NULL,
  PRIMARY KEY (study_id, corrected_key)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER monitor_correction_no_update BEFORE UPDATE ON monitor_correction
BEGIN
  SELECT RAISE(ABORT, 'the event log is append-only');
END;
CREATE TRIGGER monitor_correction_no_delete BEFORE DELETE ON monitor_correction
BEGIN
  SELECT RAISE(ABORT, 'the event log is append-only');
END;

-- Whom the log tells of, so that all subjects of a study can be gone through.
CREATE TABLE monitor_subject (
  study_id       TEXT NOT NULL,
  subject_id     TEXT NOT NULL,
  subject_number TEXT NOT NULL,
  site_id        TEXT NOT NULL,
  PRIMARY KEY (study_id, subject_id)
) STRICT, WITHOUT ROWID;
INSERT INTO monitor_subject
SELECT study_id, subject_id, MIN(subject_number), MIN(site_id) FROM monitor_event
GROUP BY study_id, subject_id;

-- Every transaction of the writer counts: so it knows which of its transactions came to be.
ALTER TABLE monitor_writer ADD COLUMN transactions INTEGER NOT NULL DEFAULT 0;

-- Alerts of before the engine are kept as they were. Those the data still owe are raised anew, by
-- the rules that are at work.
DROP TRIGGER monitor_alert_no_update;
DROP TRIGGER monitor_alert_no_delete;
DROP INDEX monitor_alert_study;
DROP INDEX monitor_alert_subject;
ALTER TABLE monitor_alert RENAME TO monitor_threshold_alert;
CREATE TRIGGER monitor_threshold_alert_no_update BEFORE UPDATE ON monitor_threshold_alert
BEGIN
  SELECT RAISE(ABORT, 'alerts are append-only');
END;
CREATE TRIGGER monitor_threshold_alert_no_delete BEFORE DELETE ON monitor_threshold_alert
BEGIN
  SELECT RAISE(ABORT, 'alerts are append-only');
END;
DROP TABLE monitor_active_rule;

-- The rules that are or were at work, and the catalogs that they are compiled with: what the log is
-- judged by while rule and trial are away.
CREATE TABLE monitor_catalog (
  study_id TEXT    NOT NULL,
  revision INTEGER NOT NULL,
  items    BLOB    NOT NULL,  -- messages of the contract of trial
  design   BLOB    NOT NULL,
  PRIMARY KEY (study_id, revision)
) STRICT;
CREATE TABLE monitor_rule (
  version_id       TEXT    NOT NULL PRIMARY KEY,
  study_id         TEXT    NOT NULL,
  rule_id          TEXT    NOT NULL,
  version          INTEGER NOT NULL,
  definition       TEXT    NOT NULL,
  content_hash     TEXT    NOT NULL,
  catalog_revision INTEGER NOT NULL,
  active_from      INTEGER NOT NULL,
  active_until     INTEGER,
  covered          INTEGER NOT NULL  -- no event is left that was recorded without it
) STRICT;

-- What an alert was when it was raised. Its id follows from study, rule, subject and the
-- observation that founds it, so it alone makes an alert unique.
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
  scope             TEXT    NOT NULL,
  unblinding        INTEGER NOT NULL,
  event_id          BLOB,              -- null: no observation fired it
  item              TEXT    NOT NULL,
  message           TEXT    NOT NULL,
  message_zh        TEXT    NOT NULL,
  source            TEXT    NOT NULL,
  event_time        INTEGER NOT NULL,
  received_at       INTEGER NOT NULL,
  raised_at         INTEGER NOT NULL,
  late              INTEGER NOT NULL,
  due_at            INTEGER,
  started           INTEGER NOT NULL,  -- seconds: of the founding anchor
  anchor_key        INTEGER NOT NULL
) STRICT;
CREATE INDEX monitor_alert_study ON monitor_alert (study_id, sequence);
CREATE INDEX monitor_alert_subject ON monitor_alert (subject_id, item, severity);
CREATE TRIGGER monitor_alert_no_update BEFORE UPDATE ON monitor_alert
BEGIN
  SELECT RAISE(ABORT, 'alerts are append-only');
END;
CREATE TRIGGER monitor_alert_no_delete BEFORE DELETE ON monitor_alert
BEGIN
  SELECT RAISE(ABORT, 'alerts are append-only');
END;

-- What an alert is now: the engine's axis and people's.
CREATE TABLE monitor_alert_state (
  alert_id        BLOB    NOT NULL PRIMARY KEY,
  rule_version_id TEXT    NOT NULL,  -- that judges it now
  detection       TEXT    NOT NULL,
  fired           INTEGER NOT NULL,  -- seconds
  fired_key       INTEGER NOT NULL,
  fired_item      TEXT    NOT NULL,
  last            INTEGER NOT NULL,
  resolved        INTEGER,
  digest          INTEGER NOT NULL,
  anchors         INTEGER NOT NULL,
  successor       BLOB,
  workflow        TEXT    NOT NULL,
  closed_as       TEXT    NOT NULL,
  assignee        TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Every change of every alert, by the engine or a person: the live feed and the trail.
CREATE TABLE monitor_alert_change (
  sequence          INTEGER PRIMARY KEY,
  alert_id          BLOB    NOT NULL,
  study_id          TEXT    NOT NULL,
  change            TEXT    NOT NULL,
  at                INTEGER NOT NULL,
  recorded_at       INTEGER NOT NULL,
  actor             TEXT    NOT NULL,  -- empty: the engine
  reason            TEXT    NOT NULL,
  text              TEXT    NOT NULL,
  cause_event_id    BLOB,
  cause_version     INTEGER NOT NULL,
  late              INTEGER NOT NULL,
  successor         BLOB,
  detection         TEXT    NOT NULL,
  workflow          TEXT    NOT NULL,
  signature_meaning TEXT    NOT NULL,
  signed_by         TEXT    NOT NULL
) STRICT;
CREATE INDEX monitor_alert_change_alert ON monitor_alert_change (alert_id, sequence);
CREATE TRIGGER monitor_alert_change_no_update BEFORE UPDATE ON monitor_alert_change
BEGIN
  SELECT RAISE(ABORT, 'the trail of an alert is append-only');
END;
CREATE TRIGGER monitor_alert_change_no_delete BEFORE DELETE ON monitor_alert_change
BEGIN
  SELECT RAISE(ABORT, 'the trail of an alert is append-only');
END;

-- Why it fired, each time that was found out: a vedette.monitor.v1.Evidence.
CREATE TABLE monitor_alert_evidence (
  sequence    INTEGER PRIMARY KEY,
  alert_id    BLOB    NOT NULL,
  recorded_at INTEGER NOT NULL,
  content     BLOB    NOT NULL
) STRICT;
CREATE INDEX monitor_alert_evidence_alert ON monitor_alert_evidence (alert_id, sequence);
CREATE TRIGGER monitor_alert_evidence_no_update BEFORE UPDATE ON monitor_alert_evidence
BEGIN
  SELECT RAISE(ABORT, 'evidence is append-only');
END;
CREATE TRIGGER monitor_alert_evidence_no_delete BEFORE DELETE ON monitor_alert_evidence
BEGIN
  SELECT RAISE(ABORT, 'evidence is append-only');
END;

CREATE TABLE monitor_silence (
  id             BLOB    NOT NULL PRIMARY KEY,
  study_id       TEXT    NOT NULL,
  rule_id        TEXT    NOT NULL,
  site_id        TEXT    NOT NULL,
  subject_number TEXT    NOT NULL,
  until          INTEGER NOT NULL,
  reason         TEXT    NOT NULL,
  created_by     TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  ended_at       INTEGER,
  ended_by       TEXT
) STRICT;
CREATE INDEX monitor_silence_study ON monitor_silence (study_id, until);
