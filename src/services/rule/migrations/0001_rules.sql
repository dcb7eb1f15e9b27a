-- One row a rule: what concurrent changes to the same rule wait for, and the time of its last change,
-- which only grows.
CREATE TABLE rule_head (
  study_id   TEXT   NOT NULL,
  rule_id    TEXT   NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (study_id, rule_id)
);

-- Numbers of comparison and severity as in the contract. active_from and active_until are null until
-- they happen.
CREATE TABLE rule_version (
  id           TEXT   NOT NULL PRIMARY KEY,
  study_id     TEXT   NOT NULL,
  rule_id      TEXT   NOT NULL,
  version      BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  item         TEXT   NOT NULL,
  comparison   BIGINT NOT NULL,
  threshold    DOUBLE PRECISION NOT NULL,
  unit         TEXT   NOT NULL,
  severity     BIGINT NOT NULL,
  message      TEXT   NOT NULL,
  content_hash TEXT   NOT NULL,
  status       TEXT   NOT NULL CHECK (status IN ('draft', 'active', 'retired')),
  created_by   TEXT   NOT NULL,
  created_at   BIGINT NOT NULL,
  active_from  BIGINT,
  active_until BIGINT,
  UNIQUE (study_id, rule_id, version)
);

-- At most one version of a rule is at work.
CREATE UNIQUE INDEX rule_version_active ON rule_version (study_id, rule_id) WHERE status = 'active';
