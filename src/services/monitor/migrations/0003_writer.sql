-- One row: the process that writes the log, and when it received last. Each transaction of a writer
-- begins with updating it: so writers wait for each other, even for a commit that goes on in the
-- server after its connection broke, and one that was taken over writes no more.
CREATE TABLE monitor_writer (
  id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  owner       TEXT   NOT NULL,
  received_at BIGINT NOT NULL
);

INSERT INTO monitor_writer (id, owner, received_at)
SELECT 1, '', COALESCE((SELECT received_at FROM monitor_event ORDER BY sequence DESC LIMIT 1), 0);
