// Command token prints a signed access token for a developer:
//
//	token [-tenant acct_…] [-user user_…] [-role owner|admin] [-admin] [-ttl 24h] [-settings build/app/local.settings.json]
//
// The keys are CASTAD_TOKEN_KEYS of the environment, or of the settings file
// that make run writes. Outside the stage local it refuses: tokens for people
// are made by signing in, and keys of a deployment belong on no laptop.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"castad/shared/config"
	"castad/shared/id"
	"castad/shared/identity"
)

// The fixed development account: ids that make sense in every database and are made by none.
const (
	developTenant id.Tenant = 1
	developUser   id.User   = 1
)

func main() {
	if err := run(os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr, time.Now); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "token:", err)
		os.Exit(1)
	}
}

func run(args []string, env func(string) (string, bool), out, complaints io.Writer, clock func() time.Time) error {
	flags := flag.NewFlagSet("token", flag.ContinueOnError)
	flags.SetOutput(complaints)
	who := identity.Principal{Tenant: developTenant, User: developUser}
	flags.TextVar(&who.Tenant, "tenant", who.Tenant, "account the token is for")
	flags.TextVar(&who.User, "user", who.User, "user the token is for")
	flags.StringVar(&who.Role, "role", identity.RoleOwner, "owner or admin")
	admin := flags.Bool("admin", false, "a token for the admin routes; needs -user and -tenant of somebody who is an operator there (handler admin grant)")
	ttl := flags.Duration("ttl", identity.MaxTTL, "how long it is good for, at most 24h")
	settings := flags.String("settings", "build/app/local.settings.json", "where settings are read that the environment does not have")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q: there are only flags, see -h", flags.Arg(0))
	}
	values, err := read(*settings, env)
	if err != nil {
		return err
	}
	if stage := values["CASTAD_STAGE"]; stage != "" && stage != string(config.Local) {
		return fmt.Errorf("CASTAD_STAGE is %q; development tokens are made in the stage local only", stage)
	}
	if values["CASTAD_TOKEN_KEYS"] == "" {
		return fmt.Errorf("CASTAD_TOKEN_KEYS is neither in the environment nor in %s (make run writes it)", *settings)
	}
	keys, err := identity.ParseKeys(values["CASTAD_TOKEN_KEYS"])
	if err != nil {
		return fmt.Errorf("CASTAD_TOKEN_KEYS: %w", err)
	}
	audience := or(values["CASTAD_TOKEN_AUDIENCE"], identity.DefaultAudience)
	if *admin && (who.User == developUser || who.Tenant == developTenant) {
		return errors.New("an operator is somebody who has signed in: with -admin give -user and -tenant, the id and the account of GET /auth/me")
	}
	if *admin {
		who.Role, audience = identity.RoleAdmin, or(values["CASTAD_ADMIN_AUDIENCE"], "castad-admin")
	}
	issuer, err := identity.NewIssuer(keys, or(values["CASTAD_TOKEN_ISSUER"], identity.DefaultIssuer), audience, clock)
	if err != nil {
		return err
	}
	token, err := issuer.Issue(who, *ttl)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, token)
	return err
}

// read returns the settings that matter: the environment's first, then the file's, if there is one.
func read(path string, env func(string) (string, bool)) (map[string]string, error) {
	var file struct{ Values map[string]string }
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read settings: %w", err)
	default:
		if err := json.Unmarshal(raw, &file); err != nil {
			return nil, fmt.Errorf("read settings %s: it is not the JSON of a local.settings.json", path)
		}
	}
	values := map[string]string{}
	for _, name := range []string{"CASTAD_STAGE", "CASTAD_TOKEN_KEYS", "CASTAD_TOKEN_ISSUER", "CASTAD_TOKEN_AUDIENCE", "CASTAD_ADMIN_AUDIENCE"} {
		values[name] = file.Values[name]
		if v, ok := env(name); ok && v != "" {
			values[name] = v
		}
	}
	return values, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
