CREATE TRIGGER rule_version_immutable
BEFORE UPDATE OF id, study_id, rule_id, version, name, item, comparison, threshold, unit, severity,
                 message, content_hash, created_by, created_at ON rule_version
BEGIN
  SELECT RAISE(ABORT, 'what a rule version says cannot change');
END;

CREATE TRIGGER rule_version_kept BEFORE DELETE ON rule_version
BEGIN
  SELECT RAISE(ABORT, 'rule versions are kept');
END;
