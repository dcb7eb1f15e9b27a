CREATE TRIGGER rule_version_immutable
BEFORE UPDATE OF id, study_id, rule_id, version, name, name_zh, severity, scope, definition,
                 content_hash, plain_words, plain_words_zh, items, unblinding, tests, tests_passed,
                 created_by, created_at ON rule_version
BEGIN
  SELECT RAISE(ABORT, 'what a rule version says cannot change');
END;

CREATE TRIGGER rule_version_kept BEFORE DELETE ON rule_version
BEGIN
  SELECT RAISE(ABORT, 'rule versions are kept');
END;

CREATE TRIGGER rule_signature_unchanged BEFORE UPDATE ON rule_signature
BEGIN
  SELECT RAISE(ABORT, 'signatures cannot change');
END;

CREATE TRIGGER rule_signature_kept BEFORE DELETE ON rule_signature
BEGIN
  SELECT RAISE(ABORT, 'signatures are kept');
END;
