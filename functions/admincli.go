package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"castad/functions/admin"
	"castad/functions/auth"

	"castad/shared/config"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/kakao"
	"castad/shared/store"
)

const adminUsage = `handler admin grant USER    makes a user an operator
handler admin revoke USER   takes that away; effective with their next request
handler admin verify-audit  checks the audit log's chain and prints its rows and last hash

USER is a user's id or kakao:NUMBER, Kakao's number of the person in this app; they have
signed in once. Reads CASTAD_MYSQL_DSN, CASTAD_STAGE, CASTAD_HOST_KIND and
CASTAD_SCALE_GROUP. Whoever may read those settings may do this: it is how the first
operator comes to be. Every change is in the audit log.
`

// cliTime bounds one command.
const cliTime = 5 * time.Minute

// operate is `handler admin …`; it opens the database and ends.
func operate(args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		fmt.Fprint(stderr, adminUsage)
		return 0
	}
	c, _ := config.Load() // most settings are not needed here; those that are, are checked below
	if err := operateOn(c, args, stdout); err != nil {
		fmt.Fprintf(stderr, "handler admin: %v\n", err)
		return 1
	}
	return 0
}

func operateOn(c config.Config, args []string, stdout io.Writer) error {
	if want := map[string]int{"grant": 2, "revoke": 2, "verify-audit": 1}; len(args) == 0 || want[args[0]] != len(args) {
		return fmt.Errorf("want one of:\n%s", adminUsage)
	}
	if !c.MySQLDSN.Set() {
		return errors.New("CASTAD_MYSQL_DSN is not set")
	}
	db, err := store.Open(store.Config{DSN: c.MySQLDSN.Reveal(), Stage: string(c.Stage), Host: string(c.HostKind), Group: c.ScaleGroup})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), cliTime)
	defer cancel()
	roles := auth.NewRoles(db.Primary())
	operators := admin.New(admin.Config{DB: db, Roles: roles, Now: clock})
	switch args[0] {
	case "grant":
		return setRole(ctx, roles, operators, args[1], identity.RoleAdmin, stdout)
	case "revoke":
		return setRole(ctx, roles, operators, args[1], identity.RoleOwner, stdout)
	}
	chain, err := operators.Verify(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "the audit log is whole: %d rows, the last of which is %s\n", chain.Rows, chain.Hash)
	return err
}

// commandLine is the actor of what is done here.
var commandLine = identity.Actor{Request: "handler admin"}

func setRole(ctx context.Context, roles *auth.Roles, operators *admin.Store, name, role string, stdout io.Writer) error {
	var user id.User
	var err error
	if subject, ok := strings.CutPrefix(name, "kakao:"); ok {
		user, err = roles.BySubject(ctx, kakao.Issuer, subject)
	} else if err = user.UnmarshalText([]byte(name)); err == nil && user == 0 {
		err = errors.New("no user is named")
	}
	if err != nil {
		return err
	}
	if err := operators.SetRole(ctx, commandLine, user, role); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s is %s now\n", user, role)
	return err
}
