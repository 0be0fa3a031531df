-- What is erased with an account is found by the account: not by reading what everybody has.
ALTER TABLE post_metrics ADD KEY post_metrics_tenant (tenant_id);
ALTER TABLE event_tickets ADD KEY event_tickets_tenant (tenant_id);
