-- What an observation may carry beside its value. All null for a plain event, so that it costs what
-- it cost before. record_key is the key of the first version, null for that one itself; supersedes
-- is the id of the version that this one replaces.
ALTER TABLE monitor_event ADD COLUMN record_key BYTEA;
ALTER TABLE monitor_event ADD COLUMN row_key TEXT;
ALTER TABLE monitor_event ADD COLUMN range_low DOUBLE PRECISION;
ALTER TABLE monitor_event ADD COLUMN range_high DOUBLE PRECISION;
ALTER TABLE monitor_event ADD COLUMN withdrawn BOOLEAN;

-- A version is corrected once at most: a later correction corrects the correction.
CREATE TABLE monitor_correction (
  study_id       TEXT    NOT NULL,
  corrected_key  BYTEA    NOT NULL,
  correcting_key BYTEA    NOT NULL,
  correcting_id  BYTEA    NOT NULL,
  withdrawn      BOOLEAN NOT NULL,
  PRIMARY KEY (study_id, corrected_key)
);
CREATE TRIGGER monitor_correction_no_update BEFORE UPDATE ON monitor_correction
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_correction_no_delete BEFORE DELETE ON monitor_correction
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_correction_no_truncate BEFORE TRUNCATE ON monitor_correction
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();

-- Whom the log tells of, so that all subjects of a study can be gone through.
CREATE TABLE monitor_subject (
  study_id       TEXT NOT NULL,
  subject_id     TEXT NOT NULL,
  subject_number TEXT NOT NULL,
  site_id        TEXT NOT NULL,
  PRIMARY KEY (study_id, subject_id)
);
INSERT INTO monitor_subject
SELECT study_id, subject_id, MIN(subject_number), MIN(site_id) FROM monitor_event
GROUP BY study_id, subject_id;

-- Every transaction of the writer counts: so it knows which of its transactions came to be.
ALTER TABLE monitor_writer ADD COLUMN transactions BIGINT NOT NULL DEFAULT 0;

-- Alerts of before the engine are kept as they were. Those the data still owe are raised anew, by
-- the rules that are at work.
DROP TRIGGER monitor_alert_no_update ON monitor_alert;
DROP TRIGGER monitor_alert_no_delete ON monitor_alert;
DROP TRIGGER monitor_alert_no_truncate ON monitor_alert;
DROP INDEX monitor_alert_study;
DROP INDEX monitor_alert_subject;
ALTER TABLE monitor_alert RENAME TO monitor_threshold_alert;
ALTER INDEX monitor_alert_pkey RENAME TO monitor_threshold_alert_pkey;
ALTER INDEX monitor_alert_id_key RENAME TO monitor_threshold_alert_id_key;
ALTER SEQUENCE monitor_alert_sequence_seq RENAME TO monitor_threshold_alert_sequence_seq;
CREATE TRIGGER monitor_threshold_alert_no_update BEFORE UPDATE ON monitor_threshold_alert
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_threshold_alert_no_delete BEFORE DELETE ON monitor_threshold_alert
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_threshold_alert_no_truncate BEFORE TRUNCATE ON monitor_threshold_alert
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();
DROP TABLE monitor_active_rule;

-- The rules that are or were at work, and the catalogs that they are compiled with: what the log is
-- judged by while rule and trial are away.
CREATE TABLE monitor_catalog (
  study_id TEXT    NOT NULL,
  revision BIGINT NOT NULL,
  items    BYTEA    NOT NULL,  -- messages of the contract of trial
  design   BYTEA    NOT NULL,
  PRIMARY KEY (study_id, revision)
);
CREATE TABLE monitor_rule (
  version_id       TEXT    NOT NULL PRIMARY KEY,
  study_id         TEXT    NOT NULL,
  rule_id          TEXT    NOT NULL,
  version          BIGINT NOT NULL,
  definition       TEXT    NOT NULL,
  content_hash     TEXT    NOT NULL,
  catalog_revision BIGINT NOT NULL,
  active_from      BIGINT NOT NULL,
  active_until     BIGINT,
  covered          BOOLEAN NOT NULL  -- no event is left that was recorded without it
);

-- What an alert was when it was raised. Its id follows from study, rule, subject and the
-- observation that founds it, so it alone makes an alert unique.
CREATE TABLE monitor_alert (
  sequence          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id                BYTEA    NOT NULL UNIQUE,
  study_id          TEXT    NOT NULL,
  site_id           TEXT    NOT NULL,
  subject_id        TEXT    NOT NULL,
  subject_number    TEXT    NOT NULL,
  rule_version_id   TEXT    NOT NULL,
  rule_id           TEXT    NOT NULL,
  rule_version      BIGINT NOT NULL,
  rule_content_hash TEXT    NOT NULL,
  severity          BIGINT NOT NULL,
  scope             TEXT    NOT NULL,
  unblinding        BOOLEAN NOT NULL,
  event_id          BYTEA,              -- null: no observation fired it
  item              TEXT    NOT NULL,
  message           TEXT    NOT NULL,
  message_zh        TEXT    NOT NULL,
  source            TEXT    NOT NULL,
  event_time        BIGINT NOT NULL,
  received_at       BIGINT NOT NULL,
  raised_at         BIGINT NOT NULL,
  late              BOOLEAN NOT NULL,
  due_at            BIGINT,
  started           BIGINT NOT NULL,  -- seconds: of the founding anchor
  anchor_key        BIGINT NOT NULL
);
CREATE INDEX monitor_alert_study ON monitor_alert (study_id, sequence);
CREATE INDEX monitor_alert_subject ON monitor_alert (subject_id, item, severity);
CREATE TRIGGER monitor_alert_no_update BEFORE UPDATE ON monitor_alert
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_no_delete BEFORE DELETE ON monitor_alert
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_no_truncate BEFORE TRUNCATE ON monitor_alert
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();

-- What an alert is now: the engine's axis and people's.
CREATE TABLE monitor_alert_state (
  alert_id        BYTEA    NOT NULL PRIMARY KEY,
  rule_version_id TEXT    NOT NULL,  -- that judges it now
  detection       TEXT    NOT NULL,
  fired           BIGINT NOT NULL,  -- seconds
  fired_key       BIGINT NOT NULL,
  fired_item      TEXT    NOT NULL,
  last            BIGINT NOT NULL,
  resolved        BIGINT,
  digest          BIGINT NOT NULL,
  anchors         BIGINT NOT NULL,
  successor       BYTEA,
  workflow        TEXT    NOT NULL,
  closed_as       TEXT    NOT NULL,
  assignee        TEXT    NOT NULL
);

-- Every change of every alert, by the engine or a person: the live feed and the trail.
CREATE TABLE monitor_alert_change (
  sequence          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id          BYTEA    NOT NULL,
  study_id          TEXT    NOT NULL,
  change            TEXT    NOT NULL,
  at                BIGINT NOT NULL,
  recorded_at       BIGINT NOT NULL,
  actor             TEXT    NOT NULL,  -- empty: the engine
  reason            TEXT    NOT NULL,
  text              TEXT    NOT NULL,
  cause_event_id    BYTEA,
  cause_version     BIGINT NOT NULL,
  late              BOOLEAN NOT NULL,
  successor         BYTEA,
  detection         TEXT    NOT NULL,
  workflow          TEXT    NOT NULL,
  signature_meaning TEXT    NOT NULL,
  signed_by         TEXT    NOT NULL
);
CREATE INDEX monitor_alert_change_alert ON monitor_alert_change (alert_id, sequence);
CREATE TRIGGER monitor_alert_change_no_update BEFORE UPDATE ON monitor_alert_change
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_change_no_delete BEFORE DELETE ON monitor_alert_change
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_change_no_truncate BEFORE TRUNCATE ON monitor_alert_change
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();

-- Why it fired, each time that was found out: a vedette.monitor.v1.Evidence.
CREATE TABLE monitor_alert_evidence (
  sequence    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id    BYTEA    NOT NULL,
  recorded_at BIGINT NOT NULL,
  content     BYTEA    NOT NULL
);
CREATE INDEX monitor_alert_evidence_alert ON monitor_alert_evidence (alert_id, sequence);
CREATE TRIGGER monitor_alert_evidence_no_update BEFORE UPDATE ON monitor_alert_evidence
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_evidence_no_delete BEFORE DELETE ON monitor_alert_evidence
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_evidence_no_truncate BEFORE TRUNCATE ON monitor_alert_evidence
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();

CREATE TABLE monitor_silence (
  id             BYTEA    NOT NULL PRIMARY KEY,
  study_id       TEXT    NOT NULL,
  rule_id        TEXT    NOT NULL,
  site_id        TEXT    NOT NULL,
  subject_number TEXT    NOT NULL,
  until          BIGINT NOT NULL,
  reason         TEXT    NOT NULL,
  created_by     TEXT    NOT NULL,
  created_at     BIGINT NOT NULL,
  ended_at       BIGINT,
  ended_by       TEXT
);
CREATE INDEX monitor_silence_study ON monitor_silence (study_id, until);
