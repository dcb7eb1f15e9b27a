-- Events by site: kept with each write, because counting a log of millions is no answer to a page.
CREATE TABLE monitor_site_count (
  study_id TEXT   NOT NULL,
  site_id  TEXT   NOT NULL,
  events   BIGINT NOT NULL,
  PRIMARY KEY (study_id, site_id)
);

-- The rules that are or were at work, as monitor applies them: thresholds in the item's unit. So the
-- log can be kept while rule and trial are away.
CREATE TABLE monitor_active_rule (
  version_id   TEXT   NOT NULL PRIMARY KEY,
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
  active_from  BIGINT NOT NULL,
  active_until BIGINT,
  covered      BOOLEAN NOT NULL  -- no event is left that was recorded without it
);
