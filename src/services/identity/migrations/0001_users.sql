CREATE TABLE identity_user (
  id            TEXT   NOT NULL PRIMARY KEY,
  username      TEXT   NOT NULL UNIQUE,
  display_name  TEXT   NOT NULL,
  password_hash TEXT   NOT NULL,
  created_at    BIGINT NOT NULL
);

CREATE TABLE identity_grant (
  user_id    TEXT   NOT NULL REFERENCES identity_user (id),
  role       TEXT   NOT NULL,
  study_id   TEXT   NOT NULL,
  site_id    TEXT   NOT NULL,
  granted_at BIGINT NOT NULL,
  granted_by TEXT   NOT NULL,
  PRIMARY KEY (user_id, role, study_id, site_id)
);
