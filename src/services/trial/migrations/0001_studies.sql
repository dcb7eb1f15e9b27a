CREATE TABLE trial_study (
  id         TEXT   NOT NULL PRIMARY KEY,
  name       TEXT   NOT NULL,
  phase      TEXT   NOT NULL,
  status     TEXT   NOT NULL CHECK (status IN ('active', 'closed')),
  created_at BIGINT NOT NULL,
  revision   BIGINT NOT NULL
);

CREATE TABLE trial_site (
  study_id TEXT NOT NULL REFERENCES trial_study (id),
  id       TEXT NOT NULL,
  name     TEXT NOT NULL,
  country  TEXT NOT NULL,
  PRIMARY KEY (study_id, id)
);

CREATE TABLE trial_item (
  study_id       TEXT NOT NULL REFERENCES trial_study (id),
  code           TEXT NOT NULL,
  name           TEXT NOT NULL,
  domain         TEXT NOT NULL,
  type           TEXT NOT NULL CHECK (type IN ('number', 'text')),
  unit           TEXT NOT NULL,
  plausible_low  DOUBLE PRECISION,
  plausible_high DOUBLE PRECISION,
  PRIMARY KEY (study_id, code)
);

-- canonical value = value * factor + addend
CREATE TABLE trial_unit_conversion (
  study_id  TEXT NOT NULL,
  item_code TEXT NOT NULL,
  unit      TEXT NOT NULL,
  factor    DOUBLE PRECISION NOT NULL,
  addend    DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (study_id, item_code, unit),
  FOREIGN KEY (study_id, item_code) REFERENCES trial_item (study_id, code)
);
