// Package sealtest is a stand-in for the keys of an Azure Key Vault: wrapkey and
// unwrapkey with RSA-OAEP-256 under real RSA keys, in versions that can be
// rotated, disabled and deleted, behind the vault's bearer challenge and TLS.
// The unmodified azkeys SDK talks to it. Faults and ledger: package providertest.
// Operations: wrapkey, unwrapkey.
//
// Any bearer token is let in: who may use which vault is not modelled. Neither
// are other algorithms, throttling by itself, soft delete and backups.
package sealtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"castad/shared/provider/providertest"
)

// Name is the name of the vault's only key.
const Name = "castad-seal"

// bits is the size of the RSA keys; 2,048 is the vault's default.
const bits = 2048

// Vault is the stand-in.
type Vault struct {
	*providertest.Desk
	// KeyURL names the key, https://127.0.0.1:port/keys/castad-seal; set by Start.
	KeyURL string
	server *httptest.Server

	mu       sync.Mutex
	versions []version // the newest last
}

type version struct {
	number   string
	key      *rsa.PrivateKey
	disabled bool
}

// Start serves a vault with one version of the key until the test ends.
func Start(t providertest.TB) *Vault {
	t.Helper()
	v := &Vault{Desk: providertest.NewDesk(wrong)}
	v.Rotate()
	v.server = httptest.NewTLSServer(v)
	v.KeyURL = v.server.URL + "/keys/" + Name
	t.Cleanup(func() {
		v.Desk.Close()
		v.server.Close()
	})
	return v
}

// Client trusts the stand-in's certificate.
func (v *Vault) Client() *http.Client { return v.server.Client() }

// Stop lets nobody reach the vault any more.
func (v *Vault) Stop() { v.server.CloseClientConnections(); v.server.Listener.Close() }

// Rotate makes a new version of the key, which becomes the current one, and returns its number.
func (v *Vault) Rotate() string {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic("sealtest: generate key: " + err.Error()) // no entropy, no test
	}
	var b [16]byte
	_, _ = rand.Read(b[:])
	v.mu.Lock()
	defer v.mu.Unlock()
	v.versions = append(v.versions, version{number: hex.EncodeToString(b[:]), key: key})
	return v.versions[len(v.versions)-1].number
}

// Disable makes a version of the key unusable, as an administrator does.
func (v *Vault) Disable(number string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.versions {
		if v.versions[i].number == number {
			v.versions[i].disabled = true
		}
	}
}

// question is the body of wrapkey and unwrapkey.
type question struct {
	Alg   string `json:"alg"`
	Value string `json:"value"`
}

// ServeHTTP answers POST /keys/{name}/{version}/{wrapkey,unwrapkey}; the version
// may be missing or empty (the SDK sends two slashes then, which a ServeMux would
// redirect).
func (v *Vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := slices.DeleteFunc(strings.Split(r.URL.Path, "/"), func(s string) bool { return s == "" })
	if len(parts) < 3 || parts[0] != "keys" || r.Method != http.MethodPost {
		desk := http.NewServeMux()
		v.Routes(desk)
		desk.ServeHTTP(w, r)
		return
	}
	op, number := parts[len(parts)-1], ""
	if len(parts) == 4 {
		number = parts[2]
	}
	v.Serve(w, r, op, true, func(body []byte, _ providertest.Fault) providertest.Reply {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			return challenge(r)
		}
		return v.operate(r, op, parts[1], number, body)
	})
}

// challenge tells a caller without a token where to get one.
func challenge(r *http.Request) providertest.Reply {
	reply := refuse(http.StatusUnauthorized, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
	reply.Header = http.Header{"Www-Authenticate": {`Bearer authorization="https://login.example/00000000-0000-0000-0000-000000000000", resource="https://` + r.Host + `"`}}
	return reply
}

func (v *Vault) operate(r *http.Request, op, name, number string, body []byte) providertest.Reply {
	var q question
	if err := json.Unmarshal(body, &q); err != nil || q.Alg != "RSA-OAEP-256" || r.URL.Query().Get("api-version") == "" {
		return refuse(http.StatusBadRequest, "BadParameter", "Property has invalid value")
	}
	value, err := base64.RawURLEncoding.DecodeString(q.Value)
	if err != nil {
		return refuse(http.StatusBadRequest, "BadParameter", "Property has invalid value")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.versions[len(v.versions)-1]
	if number != "" {
		i := slices.IndexFunc(v.versions, func(k version) bool { return k.number == number })
		if i < 0 {
			return refuse(http.StatusNotFound, "KeyNotFound", "A key with (name/id) was not found in this key vault.")
		}
		found = v.versions[i]
	}
	switch {
	case name != Name:
		return refuse(http.StatusNotFound, "KeyNotFound", "A key with (name/id) was not found in this key vault.")
	case found.disabled:
		return refuse(http.StatusForbidden, "Forbidden", "Operation is not allowed on a disabled key.")
	}
	var out []byte
	switch op {
	case "wrapkey":
		out, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, &found.key.PublicKey, value, nil)
	case "unwrapkey":
		out, err = rsa.DecryptOAEP(sha256.New(), nil, found.key, value, nil)
	default:
		return refuse(http.StatusNotFound, "NotFound", op)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "BadParameter", "The parameter is incorrect.")
	}
	v.Accept(providertest.Entry{ID: found.number, Op: op, AcceptedAt: time.Now().UTC()})
	return providertest.Reply{JSON: map[string]string{"kid": "https://" + r.Host + "/keys/" + Name + "/" + found.number,
		"value": base64.RawURLEncoding.EncodeToString(out)}}
}

func refuse(status int, code, text string) providertest.Reply {
	return providertest.Reply{Status: status, JSON: map[string]any{"error": map[string]string{"code": code, "message": text}}}
}

func wrong(f providertest.Fault) providertest.Reply {
	return refuse(http.StatusServiceUnavailable, f.Code, f.Text)
}
