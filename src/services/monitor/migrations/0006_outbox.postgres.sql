-- What was told nobody yet is told by the relay, in the order in which it was written.
INSERT INTO vedette_outbox (topic, message_key, payload, created_at)
SELECT topic, message_key, convert_to(payload, 'UTF8'), created_at FROM monitor_outbox ORDER BY sequence;
DROP TABLE monitor_outbox;
