-- Whether it tried a rule that tells the treatment. Of earlier ones it is not known: they count as if.
ALTER TABLE rule_backtest ADD COLUMN unblinding BIGINT NOT NULL DEFAULT 1;
