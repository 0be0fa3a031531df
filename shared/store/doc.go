// Package store is MySQL for CastAD: the truth that every queue message is
// only a reminder of.
//
// It is the only product package that imports database/sql and the driver, so
// everything that must hold for every statement holds here once:
//
//   - A connection is scarce. Each process has two pools (HTTP and queue) whose
//     sizes come from one table (Budgets). An invocation holds at most one
//     connection; waiting for one is bounded (Config.PoolWait) and ends in
//     fault.CodeBusy. The one-at-a-time rule is counted per invocation
//     (WithInvocation): outside tests a violation is a metric, in Strict an error.
//   - A transaction is READ COMMITTED, short, and a closure that can run again:
//     deadlocks (1213) and lock waits (1205) run it again, up to five times.
//   - A connection that drops during COMMIT leaves the outcome open: the same
//     error with the row there and with the row missing. Tx answers
//     fault.CodeUnknown; TxCertain ends the old server thread, asks, and decides.
//   - Every error says whose fault it is (package fault) and keeps its cause:
//     errors.As to *mysql.MySQLError works. "Unavailable" promises that the call
//     had no effect; where it may have had one, the code is CodeUnknown.
//   - *Replica cannot write: it has no Exec. It serves reads that may lag by up
//     to five seconds and falls back to the primary beyond that.
//
// # Limits
//
// A Tx and the rows of one query belong to one goroutine. A query that the
// client gives up on is cut at the client (the driver closes the connection);
// the server notices when it next writes. Statement time-outs differ between
// MySQL (max_execution_time) and MariaDB (max_statement_time), so none is set.
//
// Driver settings and their reasons are in dsn.go, the connection budget in
// budget.go, the subset of SQL that both servers speak in portable.go.
package store
