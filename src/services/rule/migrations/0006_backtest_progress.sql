-- What whoever runs a back-test tells the other processes, and what they ask of it.
ALTER TABLE rule_backtest ADD COLUMN progress DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE rule_backtest ADD COLUMN cancel_requested BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX rule_backtest_unfinished ON rule_backtest (ended_at) WHERE ended_at = 0;
