-- A booking moves more than nothing between the two accounts of its kind, and nothing
-- else can be written: every tenant's accounts add up to zero whoever writes.
ALTER TABLE credit_ledger
  ADD CONSTRAINT credit_ledger_amount CHECK (amount_won > 0),
  ADD CONSTRAINT credit_ledger_accounts CHECK (
    entry = 'reserve' AND debit = 'available' AND credit = 'reserved'
    OR entry = 'capture' AND debit = 'reserved' AND credit = 'spent'
    OR entry = 'release' AND debit = 'reserved' AND credit = 'available'
    OR entry = 'waste' AND debit = 'house' AND credit = 'wasted');
