package seal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"castad/shared/fault"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

const (
	// vaultPrefix begins the names of a vault's versions: "vault/" and 32 hex digits.
	vaultPrefix = "vault/"
	// vaultTime bounds one question to the vault with its one repetition; a call
	// takes some ten milliseconds.
	vaultTime = 5 * time.Second
)

// keyName is what Key Vault allows.
var keyName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

// VaultConfig makes a Vault.
type VaultConfig struct {
	// KeyURL names the key without a version: https://name.vault.azure.net/keys/castad-seal.
	KeyURL string
	// Credential is the app's identity; it needs wrapKey and unwrapKey (role Key
	// Vault Crypto Service Encryption User).
	Credential azcore.TokenCredential
	// StandIn replaces the way out and lets the vault be at any address; for tests.
	StandIn policy.Transporter
}

// Vault is the key-encryption key in Azure Key Vault. The private key never
// leaves it: data keys are wrapped and unwrapped there, with RSA-OAEP-256.
type Vault struct {
	client *azkeys.Client
	name   string
}

// NewVault returns the wrapper; it asks the vault nothing.
func NewVault(c VaultConfig) (*Vault, error) {
	u, err := url.Parse(c.KeyURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the vault's key must be named like https://name.vault.azure.net/keys/castad-seal")
	}
	name, ok := strings.CutPrefix(strings.TrimSuffix(u.Path, "/"), "/keys/")
	if !ok || !keyName.MatchString(name) {
		return nil, errors.New("the vault's key must be named like https://name.vault.azure.net/keys/castad-seal, without a version")
	}
	o := &azkeys.ClientOptions{DisableChallengeResourceVerification: c.StandIn != nil}
	// Wrapping changes nothing in the vault: it may be asked twice, not for a minute.
	o.Retry = policy.RetryOptions{MaxRetries: 1, TryTimeout: 2 * time.Second, RetryDelay: 100 * time.Millisecond, MaxRetryDelay: time.Second}
	o.Transport = c.StandIn
	client, err := azkeys.NewClient("https://"+u.Host, c.Credential, o)
	if err != nil {
		return nil, fmt.Errorf("make key vault client: %w", err)
	}
	return &Vault{client: client, name: name}, nil
}

// Wrap encrypts under the key's newest version.
func (v *Vault) Wrap(ctx context.Context, dataKey []byte) (string, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, vaultTime)
	defer cancel()
	a, err := v.client.WrapKey(ctx, v.name, "", parameters(dataKey), nil)
	if err != nil {
		return "", nil, failed(err)
	}
	if a.KID == nil || a.KID.Version() == "" || len(a.Result) == 0 || len(a.Result) > maxWrapped || len(vaultPrefix+a.KID.Version()) > maxVersion {
		return "", nil, fault.Newf(fault.CodeInternal, "key vault wrapped a key and named no version that can be kept")
	}
	return vaultPrefix + a.KID.Version(), a.Result, nil
}

// Unwrap decrypts with the named version of the key.
func (v *Vault) Unwrap(ctx context.Context, version string, wrapped []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, vaultTime)
	defer cancel()
	number := strings.TrimPrefix(version, vaultPrefix)
	if !keyName.MatchString(number) {
		return nil, errClosed
	}
	a, err := v.client.UnwrapKey(ctx, v.name, number, parameters(wrapped), nil)
	if err != nil {
		return nil, failed(err)
	}
	return a.Result, nil
}

// Knows says whether the version is a vault's.
func (v *Vault) Knows(version string) bool { return strings.HasPrefix(version, vaultPrefix) }

func parameters(value []byte) azkeys.KeyOperationParameters {
	return azkeys.KeyOperationParameters{Algorithm: to.Ptr(azkeys.EncryptionAlgorithmRSAOAEP256), Value: value}
}

// vaultRetry is what callers are told to wait when the vault is away.
const vaultRetry = 5 * time.Second

// failed classes an error of the vault. Its text is left out: the SDK repeats
// whole answers.
func failed(err error) error {
	var a *azcore.ResponseError
	if !errors.As(err, &a) {
		// No answer, or no token for the question: nothing was decided.
		return fault.Newf(fault.CodeUnavailable, "key vault cannot be asked: %T", err).After(vaultRetry)
	}
	switch {
	case a.StatusCode == http.StatusTooManyRequests, a.StatusCode == http.StatusRequestTimeout, a.StatusCode >= 500:
		return fault.Newf(fault.CodeUnavailable, "key vault answered %d", a.StatusCode).After(vaultRetry)
	case a.StatusCode == http.StatusBadRequest:
		return errClosed
	}
	return fault.Newf(fault.CodeMisconfigured, "key vault answered %d %s", a.StatusCode, a.ErrorCode)
}
