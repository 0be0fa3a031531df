package card

// secretControls are about what must not be seen.
var secretControls = []Control{
	{Name: "Tokens at rest", ASVS: "11.3.3, 11.3.4, 13.3.1, 14.2.1",
		Is: `AES-256-GCM under a data key of each tenant, which Key Vault wraps (a key of the settings on a developer's machine); tenant, subject, provider, purpose and key version are
authenticated with the value; lengths are padded; without the vault what is remembered works for ten minutes and nothing is ever kept in the clear.`,
		Cards: []Card{
			{ID: "sealed-label-not-bound", Must: "open a value under the label only for which it was sealed",
				Package: "./shared/seal", Test: "TestWhatIsSealedOpensUnderItsLabelOnly",
				Mutant: Mutant{File: "shared/seal/envelope.go", Old: "func (l Label) data(version string) []byte {", New: "func (l Label) data(version string) []byte {\n\tl.Subject, l.Provider, l.Purpose = \"\", \"\", \"\""}},
			{ID: "sealed-key-longer-than-ten-minutes", Must: "ask the vault again after ten minutes",
				Package: "./shared/seal", Test: "TestWithoutTheVaultWhatIsRememberedWorksForTenMinutesAndNothingElse",
				Mutant: Mutant{File: "shared/seal/seal.go", Old: "if k, ok := s.opened.find(at, s.now()); ok {", New: "if k, ok := s.opened.find(at, time.Unix(0, 0)); ok {"}},
		},
		Shown: []string{"account-swapped-ciphertext", "account-vault-away", "account-key-taken-away-too-early"}},
	{Name: "Secrets and logs", ASVS: "16.2.5, 16.4.1, 16.5.1, 14.2.1",
		Is: `Settings that are secret have a type that prints ***; the log redacts names, tokens, connection strings and everything behind a URL's ?; a line cannot be broken; what a caller
is told comes from the catalogue and never from the cause.`,
		Cards: []Card{
			{ID: "log-secret-under-its-name", Must: "print no value whose name says that it is secret",
				Package: "./shared/telemetry", Test: "TestNoSecretReachesTheLog",
				Mutant: Mutant{File: "shared/telemetry/log.go", Old: `	if slices.Contains(secretNames, name) {
		return true
	}`, New: `	_ = slices.Contains(secretNames, name)`}},
			{ID: "log-of-an-invocation", Must: "log no path, query, header or body of a request",
				Package: "./shared/trigger", Test: "TestTheLogHasNoSecrets",
				Mutant: Mutant{File: "shared/trigger/call.go", Old: `slog.String("request_id", c.id)`, New: `slog.String("request_id", c.id+c.r.URL.String())`}},
			{ID: "setting-printed", Must: "print *** for a secret setting, however it is formatted",
				Package: "./shared/config", Test: "TestASecretIsNeverSeen",
				Mutant: Mutant{File: "shared/config/secret.go", Old: `func (s Secret) String() string {`, New: "func (s Secret) String() string {\n\tif s.Set() {\n\t\treturn s.value\n\t}"}},
		},
		Shown: []string{"call-secret-in-error", "call-secret-in-escaped-url"}},
	{Name: "What is kept in Redis", ASVS: "11.3.3, 14.2.2",
		Is: `Redis is another party: values go there encrypted (AES-256-GCM) under a key that only the instances have, bound to their kind, type, account and version, and keys are digests. Who reads there
learns nothing; who writes there can plant neither another account's page nor a key set of the login's; tokens and secrets never go there. A value ends by itself, within the hour.`,
		Cards: []Card{
			{ID: "redis-value-moved", Must: "open a value only where it was put",
				Package: "./shared/cache", Test: "TestWhatIsInRedisCannotBeReadMovedOrPlanted",
				Mutant: Mutant{File: "shared/cache/redis.go", Old: `return []byte(key + " " + version)`, New: `return []byte(version)`}},
			{ID: "redis-value-of-another-secret", Must: "open nothing that was put without the instances' secret",
				Package: "./shared/cache", Test: "TestWhatIsInRedisCannotBeReadMovedOrPlanted",
				Mutant: Mutant{File: "shared/cache/redis.go", Old: `mac := hmac.New(sha256.New, secret)`, New: `mac := hmac.New(sha256.New, secret[:0])`}},
			{ID: "redis-keys-of-a-login-planted", Must: "let nobody sign in with a key that was planted there",
				Package: kakaoPackage, Test: "TestInstancesShareKakaosKeysAndAskForOneThatIsNotThere",
				Mutant: Mutant{File: "shared/cache/redis.go", Old: `			text = nil // another`, New: `			text = raw // another`}},
		}},
	{Name: "Addresses of files", ASVS: "13.3.2",
		Is: `The container is private and no shared access signature is ever made: owners read through /files/{id} with their token, vendors through /media/{token}, which is signed, opens one
file and ends; the storage host appears in no answer.`,
		Cards: []Card{
			{ID: "media-link-changed", Must: "open only what CastAD signed",
				Package: "./shared/link", Test: "TestATokenOpensOneFileForAWhile",
				Mutant: Mutant{File: "shared/link/link.go", Old: "!hmac.Equal(mac, sum(k, payload)) || ", New: "len(mac) == 0 || len(k.Secret) == 0 || "}},
			{ID: "media-link-expired", Must: "open nothing after the link's end",
				Package: "./shared/link", Test: "TestATokenOpensOneFileForAWhile",
				Mutant: Mutant{File: "shared/link/link.go", Old: " || s.now().Unix() >= int64(binary.BigEndian.Uint64(payload))", New: ""}},
		}},
}
