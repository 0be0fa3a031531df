package seal

import (
	"fmt"
	"time"

	"castad/shared/keyring"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Configured returns the sealer of the two settings: keys is CASTAD_SEAL_KEYS,
// vaultKeyURL CASTAD_SEAL_VAULT_KEY_URL. Where both are there the vault seals and
// the ring opens what it sealed before the move.
func Configured(now func() time.Time, keys, vaultKeyURL string, credential azcore.TokenCredential) (*Sealer, error) {
	var wrappers []Wrapper
	if vaultKeyURL != "" {
		vault, err := NewVault(VaultConfig{KeyURL: vaultKeyURL, Credential: credential})
		if err != nil {
			return nil, fmt.Errorf("CASTAD_SEAL_VAULT_KEY_URL: %w", err)
		}
		wrappers = append(wrappers, vault)
	}
	if keys != "" {
		parsed, err := keyring.Parse(keys)
		if err != nil {
			return nil, fmt.Errorf("CASTAD_SEAL_KEYS: %w", err)
		}
		ring, err := NewRing(parsed)
		if err != nil {
			return nil, fmt.Errorf("CASTAD_SEAL_KEYS: %w", err)
		}
		wrappers = append(wrappers, ring)
	}
	return New(now, wrappers...)
}
