CREATE TRIGGER rule_version_immutable
BEFORE UPDATE OF id, study_id, rule_id, version, name, name_zh, severity, scope, definition,
                 content_hash, plain_words, plain_words_zh, items, unblinding, tests, tests_passed,
                 created_by, created_at ON rule_version
FOR EACH ROW EXECUTE FUNCTION rule_version_refuse();

CREATE TRIGGER rule_version_kept BEFORE DELETE ON rule_version
FOR EACH ROW EXECUTE FUNCTION rule_version_refuse();

CREATE TRIGGER rule_version_whole BEFORE TRUNCATE ON rule_version
FOR EACH STATEMENT EXECUTE FUNCTION rule_version_refuse();

CREATE TRIGGER rule_signature_kept BEFORE UPDATE OR DELETE ON rule_signature
FOR EACH ROW EXECUTE FUNCTION rule_version_refuse();

CREATE TRIGGER rule_signature_whole BEFORE TRUNCATE ON rule_signature
FOR EACH STATEMENT EXECUTE FUNCTION rule_version_refuse();
