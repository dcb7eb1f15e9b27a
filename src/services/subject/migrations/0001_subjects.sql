CREATE TABLE subject_subject (
  id             TEXT   NOT NULL PRIMARY KEY,
  study_id       TEXT   NOT NULL,
  site_id        TEXT   NOT NULL,
  subject_number TEXT   NOT NULL,
  name_sealed    BYTEA,
  mobile_sealed  BYTEA,
  mobile_hash    BYTEA,
  age            BIGINT NOT NULL,
  sex            TEXT   NOT NULL,
  status         TEXT   NOT NULL,
  created_at     BIGINT NOT NULL,
  UNIQUE (study_id, subject_number)
);

CREATE INDEX subject_subject_by_mobile ON subject_subject (mobile_hash);

-- The last running number that was made for a site.
CREATE TABLE subject_number_counter (
  study_id TEXT   NOT NULL,
  site_id  TEXT   NOT NULL,
  last     BIGINT NOT NULL,
  PRIMARY KEY (study_id, site_id)
);
