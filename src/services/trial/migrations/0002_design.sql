-- What an item is to the study's rules. value_kind: "" as `type` says, "time", "boolean".
ALTER TABLE trial_item ADD COLUMN value_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE trial_item ADD COLUMN role TEXT NOT NULL DEFAULT 'series';
ALTER TABLE trial_item ADD COLUMN rule_name TEXT NOT NULL DEFAULT '';
ALTER TABLE trial_item ADD COLUMN form TEXT NOT NULL DEFAULT '';
ALTER TABLE trial_item ADD COLUMN codelist TEXT NOT NULL DEFAULT '';
ALTER TABLE trial_item ADD COLUMN grading TEXT NOT NULL DEFAULT '';
ALTER TABLE trial_item ADD COLUMN expected_every BIGINT NOT NULL DEFAULT 0;
ALTER TABLE trial_item ADD COLUMN unblinding BIGINT NOT NULL DEFAULT 0;

CREATE TABLE trial_design (
  study_id        TEXT NOT NULL PRIMARY KEY REFERENCES trial_study (id),
  first_dose      TEXT NOT NULL,
  last_dose       TEXT NOT NULL,
  visit_reference TEXT NOT NULL,
  grading_version TEXT NOT NULL
);

CREATE TABLE trial_visit (
  study_id      TEXT   NOT NULL REFERENCES trial_study (id),
  code          TEXT   NOT NULL,
  name          TEXT   NOT NULL,
  day           BIGINT NOT NULL,
  window_before BIGINT NOT NULL,
  window_after  BIGINT NOT NULL,
  item          TEXT   NOT NULL,
  PRIMARY KEY (study_id, code)
);

CREATE TABLE trial_form (
  study_id  TEXT   NOT NULL REFERENCES trial_study (id),
  name      TEXT   NOT NULL,
  label     TEXT   NOT NULL,
  repeating BIGINT NOT NULL,
  PRIMARY KEY (study_id, name)
);

-- A list without terms has one row whose position is -1.
CREATE TABLE trial_codelist_term (
  study_id TEXT   NOT NULL REFERENCES trial_study (id),
  codelist TEXT   NOT NULL,
  position BIGINT NOT NULL,
  term     TEXT   NOT NULL,
  PRIMARY KEY (study_id, codelist, position)
);

CREATE TABLE trial_indicator (
  study_id            TEXT NOT NULL REFERENCES trial_study (id),
  id                  TEXT NOT NULL,
  name                TEXT NOT NULL,
  numerator_form      TEXT NOT NULL,
  numerator_field     TEXT NOT NULL,
  numerator_term      TEXT NOT NULL,
  denominator         TEXT NOT NULL,
  minimum_denominator DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (study_id, id)
);
