package config

import "log/slog"

// Secret is a setting that must never be seen. However it is printed, encoded
// or logged it is ***, or nothing when it is empty; Reveal hands it to what needs it.
type Secret struct{ value string }

const hidden = "***"

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return s.value }

// Set says whether there is one.
func (s Secret) Set() bool { return s.value != "" }

// String returns *** or "".
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return hidden
}

// GoString is String: %#v shows nothing either.
func (s Secret) GoString() string { return s.String() }

// MarshalText writes ***; so do JSON and everything else that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the secret from a setting.
func (s *Secret) UnmarshalText(text []byte) error { s.value = string(text); return nil }

// LogValue logs ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
