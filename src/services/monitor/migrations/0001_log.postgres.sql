CREATE FUNCTION monitor_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'restrict_violation';
END
$$;

-- The log of what was observed. Sequence order is commit order, and received_at never falls with it.
-- An index is paid for by every event, so there are two beside the sequence, and none on id: an alert
-- carries what it needs of its event.
CREATE TABLE monitor_event (
  sequence       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id             BYTEA   NOT NULL,
  study_id       TEXT    NOT NULL,
  site_id        TEXT    NOT NULL,
  subject_id     TEXT    NOT NULL,
  subject_number TEXT    NOT NULL,
  item           TEXT    NOT NULL,
  number         DOUBLE PRECISION,              -- in the item's unit
  comparator     BIGINT  NOT NULL,  -- 1: less than number, 2: greater
  text_value     TEXT,
  absent_reason  TEXT,
  unit           TEXT    NOT NULL,
  given_number   DOUBLE PRECISION,              -- as it came, where the unit was converted
  given_unit     TEXT,
  event_time     BIGINT  NOT NULL,
  offset_minutes BIGINT,           -- null: not known
  time_precision BIGINT  NOT NULL,
  received_at    BIGINT  NOT NULL,
  source         TEXT    NOT NULL,
  actor          TEXT    NOT NULL,
  key_hash       BYTEA   NOT NULL,
  content_hash   BYTEA   NOT NULL,
  version        BIGINT  NOT NULL DEFAULT 1,
  supersedes     BYTEA
);
CREATE UNIQUE INDEX monitor_event_key ON monitor_event (study_id, key_hash);
CREATE INDEX monitor_event_series ON monitor_event (subject_id, item, event_time);

CREATE TRIGGER monitor_event_no_update BEFORE UPDATE ON monitor_event
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_event_no_delete BEFORE DELETE ON monitor_event
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_event_no_truncate BEFORE TRUNCATE ON monitor_event
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();

-- The id is derived from rule version and event, so it alone makes an alert unique.
CREATE TABLE monitor_alert (
  sequence          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id                BYTEA   NOT NULL UNIQUE,
  study_id          TEXT    NOT NULL,
  site_id           TEXT    NOT NULL,
  subject_id        TEXT    NOT NULL,
  subject_number    TEXT    NOT NULL,
  rule_version_id   TEXT    NOT NULL,
  rule_id           TEXT    NOT NULL,
  rule_version      BIGINT  NOT NULL,
  rule_content_hash TEXT    NOT NULL,
  severity          BIGINT  NOT NULL,
  event_id          BYTEA   NOT NULL,
  item              TEXT    NOT NULL,
  message           TEXT    NOT NULL,
  expression        TEXT    NOT NULL,
  value             DOUBLE PRECISION    NOT NULL,
  value_comparator  BIGINT  NOT NULL,
  unit              TEXT    NOT NULL,
  comparison        BIGINT  NOT NULL,
  threshold         DOUBLE PRECISION    NOT NULL,
  source            TEXT    NOT NULL,
  event_time        BIGINT  NOT NULL,
  received_at       BIGINT  NOT NULL,
  raised_at         BIGINT  NOT NULL
);
CREATE INDEX monitor_alert_study ON monitor_alert (study_id, sequence);
CREATE INDEX monitor_alert_subject ON monitor_alert (subject_id, item);

CREATE TRIGGER monitor_alert_no_update BEFORE UPDATE ON monitor_alert
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_no_delete BEFORE DELETE ON monitor_alert
FOR EACH ROW EXECUTE FUNCTION monitor_append_only();
CREATE TRIGGER monitor_alert_no_truncate BEFORE TRUNCATE ON monitor_alert
FOR EACH STATEMENT EXECUTE FUNCTION monitor_append_only();

-- What other parts are to be told, written with what it tells of.
CREATE TABLE monitor_outbox (
  sequence    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic       TEXT    NOT NULL,
  message_key TEXT    NOT NULL,
  payload     TEXT    NOT NULL,
  created_at  BIGINT  NOT NULL
);
