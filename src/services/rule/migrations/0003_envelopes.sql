-- A rule is an envelope around a condition; what a threshold on one item could say, it says too.
DROP TABLE rule_version;

-- definition: the envelope in canonical form (YAML), whose SHA-256 is content_hash. Numbers of
-- severity as in the contract. active_from and active_until are null until they happen.
CREATE TABLE rule_version (
  id             TEXT   NOT NULL PRIMARY KEY,
  study_id       TEXT   NOT NULL,
  rule_id        TEXT   NOT NULL,
  version        BIGINT NOT NULL,
  name           TEXT   NOT NULL,
  name_zh        TEXT   NOT NULL,
  severity       BIGINT NOT NULL,
  scope          TEXT   NOT NULL,
  definition     TEXT   NOT NULL,
  content_hash   TEXT   NOT NULL,
  plain_words    TEXT   NOT NULL,
  plain_words_zh TEXT   NOT NULL,
  items          TEXT   NOT NULL,  -- codes, one a line
  unblinding     BIGINT NOT NULL,
  tests          BIGINT NOT NULL,
  tests_passed   BIGINT NOT NULL,
  created_by     TEXT   NOT NULL,
  created_at     BIGINT NOT NULL,
  status         TEXT   NOT NULL CHECK (status IN ('draft', 'active', 'retired')),
  backtest_id    TEXT   NOT NULL,
  active_from    BIGINT,
  active_until   BIGINT,
  UNIQUE (study_id, rule_id, version)
);

-- At most one version of a rule is at work.
CREATE UNIQUE INDEX rule_version_active ON rule_version (study_id, rule_id) WHERE status = 'active';

-- Who stands for a version, and what the signature means (21 CFR 11.50).
CREATE TABLE rule_signature (
  version_id TEXT   NOT NULL REFERENCES rule_version (id),
  user_id    TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  meaning    TEXT   NOT NULL,
  signed_at  BIGINT NOT NULL,
  PRIMARY KEY (version_id, user_id)
);

CREATE TABLE rule_backtest (
  id                       TEXT   NOT NULL PRIMARY KEY,
  study_id                 TEXT   NOT NULL,
  rule_id                  TEXT   NOT NULL,
  version                  BIGINT NOT NULL,  -- 0: an envelope that was not kept
  content_hash             TEXT   NOT NULL,
  mode                     TEXT   NOT NULL,
  status                   TEXT   NOT NULL,
  started_by               TEXT   NOT NULL,
  started_at               BIGINT NOT NULL,
  ended_at                 BIGINT NOT NULL,
  error                    TEXT   NOT NULL,
  events                   BIGINT NOT NULL,
  anchors                  BIGINT NOT NULL,
  records                  BIGINT NOT NULL,
  not_evaluable            BIGINT NOT NULL,
  alerts                   BIGINT NOT NULL,
  subjects                 BIGINT NOT NULL,
  days                     BIGINT NOT NULL,
  retracted                BIGINT NOT NULL,
  alerts_per_subject_month DOUBLE PRECISION NOT NULL,
  compared_with            BIGINT NOT NULL,
  same                     BIGINT NOT NULL,
  appear                   BIGINT NOT NULL,
  disappear                BIGINT NOT NULL
);
CREATE INDEX rule_backtest_study ON rule_backtest (study_id, started_at);

-- kind: "day", "site", "subject".
CREATE TABLE rule_backtest_count (
  backtest_id TEXT   NOT NULL REFERENCES rule_backtest (id),
  kind        TEXT   NOT NULL,
  position    BIGINT NOT NULL,
  label       TEXT   NOT NULL,
  records     BIGINT NOT NULL,
  alerts      BIGINT NOT NULL,
  PRIMARY KEY (backtest_id, kind, position)
);

CREATE TABLE rule_backtest_overlap (
  backtest_id TEXT   NOT NULL REFERENCES rule_backtest (id),
  rule_id     TEXT   NOT NULL,
  both_fire   BIGINT NOT NULL,
  only_this   BIGINT NOT NULL,
  only_other  BIGINT NOT NULL,
  earlier     BIGINT NOT NULL,
  PRIMARY KEY (backtest_id, rule_id)
);

-- kind: "example", "appear", "disappear". Times in microseconds, 0 for none.
CREATE TABLE rule_backtest_alert (
  backtest_id    TEXT   NOT NULL REFERENCES rule_backtest (id),
  kind           TEXT   NOT NULL,
  position       BIGINT NOT NULL,
  subject_number TEXT   NOT NULL,
  site_id        TEXT   NOT NULL,
  started        BIGINT NOT NULL,
  fired          BIGINT NOT NULL,
  resolved       BIGINT NOT NULL,
  raised_at      BIGINT NOT NULL,
  retracted_at   BIGINT NOT NULL,
  PRIMARY KEY (backtest_id, kind, position)
);
