// Package mariadb runs a private MariaDB: the database of a laptop and of the
// tests.
//
// It needs mariadbd and mariadb-install-db (Debian, Ubuntu: mariadb-server-core
// and mariadb-client-core, 11 MB) and nothing else: no service, no system user,
// no configuration file. The server has its own directory, socket and port,
// listens on 127.0.0.1 only, and ends with the process that started it, however
// that ends. What was committed is there at the next Start
// (innodb_flush_log_at_trx_commit=1), also after kill -9 of either process.
//
// The user castad (random password, kept in the directory with mode 0600) owns
// the databases castad and castad_* and nothing else: no SUPER, so read_only
// holds for it. root can log in through the socket in the 0700 directory only.
package mariadb
