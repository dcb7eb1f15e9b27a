CREATE FUNCTION rule_version_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rule versions are kept as they are' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER rule_version_immutable
BEFORE UPDATE OF id, study_id, rule_id, version, name, item, comparison, threshold, unit, severity,
                 message, content_hash, created_by, created_at ON rule_version
FOR EACH ROW EXECUTE FUNCTION rule_version_refuse();

CREATE TRIGGER rule_version_kept BEFORE DELETE ON rule_version
FOR EACH ROW EXECUTE FUNCTION rule_version_refuse();

CREATE TRIGGER rule_version_whole BEFORE TRUNCATE ON rule_version
FOR EACH STATEMENT EXECUTE FUNCTION rule_version_refuse();
