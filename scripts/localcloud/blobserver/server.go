// Package blobserver is a blob service for a laptop and for tests: the part of
// Azure Blob Storage's REST protocol that CastAD uses, on a data folder.
//
// It promises what callers lean on in the real service: requests are signed
// (Shared Key or a service SAS) and the signature is verified; a blob appears
// whole or not at all; If-None-Match: * lets exactly one of many writers
// create a name; what was answered with 2xx survives kill -9 and a power cut
// (data and directory are synced before the answer). Errors are Azure's: the
// status, x-ms-error-code, and the XML body. What is not here is refused with
// 501 and the name of the header or parameter, never ignored; README.md lists
// every difference. One contract suite runs against this server and against
// Azurite.
//
// Layout of the data folder:
//
//	lock                                one server per folder (flock)
//	containers/C/container.json         a container exists when this file does
//	containers/C/blobs/SHA256(name)     a blob exists when its record does: JSON, put in place by rename
//	containers/C/parts/RANDOM           bytes of committed blobs; a record lists its parts in order
//	containers/C/staged/SHA256(name)/HEX(block id)   blocks waiting for Put Block List
//	containers/C/incoming/RANDOM        bodies being received; emptied at start
//
// A commit links staged blocks into parts, then renames the record into place,
// then removes the staged names: a crash before the rename leaves the blocks
// staged (the client's retry succeeds), a crash after it leaves the blob. Parts
// that no record names are removed at the next start.
package blobserver

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// The account of every local emulator of this protocol. The key is the
// published one (Azurite's documentation), so it protects nothing: the server
// listens on a loopback address only.
const (
	DefaultAccount = "devstoreaccount1"
	DefaultKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Options say where a server listens and keeps its data.
type Options struct {
	// Addr is host:port with a loopback host; "" is 127.0.0.1:0 (any free port).
	Addr string
	// Dir is the data folder; it is made when absent.
	Dir string
	// Account and Key (base64) default to DefaultAccount and DefaultKey.
	Account, Key string
	// Now is the clock for signatures and time stamps; nil is time.Now.
	Now func() time.Time
}

// Server is a running blob server.
type Server struct {
	account string
	key     []byte
	keyText string
	now     func() time.Time
	disk    *disk
	http    *http.Server
	addr    *net.TCPAddr
	served  chan error
	unwatch func() bool
}

// Start opens the data folder, listens and serves until ctx ends or Close is
// called. An address that is not loopback, a folder in use by another server
// and a folder with damaged records are errors.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Account == "" && o.Key == "" {
		o.Account, o.Key = DefaultAccount, DefaultKey
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	key, err := base64.StdEncoding.DecodeString(o.Key)
	if err != nil || len(key) == 0 || o.Account == "" || strings.ContainsAny(o.Account, "/:;=") {
		return nil, errors.New("start blob server: Account needs a name and Key needs base64")
	}
	if o.Dir == "" {
		return nil, errors.New("start blob server: Dir is empty")
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start blob server: address %q: %w", o.Addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("start blob server: %q is not a loopback address; the account key is public, so it listens on loopback only", o.Addr)
	}
	d, err := openDisk(o.Dir, o.Now)
	if err != nil {
		return nil, fmt.Errorf("start blob server: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start blob server: %w", errors.Join(err, d.close()))
	}
	s := &Server{account: o.Account, key: key, keyText: o.Key, now: o.Now, disk: d,
		addr: ln.Addr().(*net.TCPAddr), served: make(chan error, 1)}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	go func() { s.served <- s.http.Serve(ln) }()
	s.unwatch = context.AfterFunc(ctx, func() { _ = s.http.Close() })
	return s, nil
}

// Addr returns the address the server listens on, "127.0.0.1:10000".
func (s *Server) Addr() string { return s.addr.String() }

// URL returns the service's URL, "http://127.0.0.1:10000/devstoreaccount1".
func (s *Server) URL() string { return "http://" + s.Addr() + "/" + s.account }

// Account returns the account's name and its base64 key.
func (s *Server) Account() (name, key string) { return s.account, s.keyText }

// ConnectionString returns what CASTAD_BLOB and azblob's FromConnectionString take.
func (s *Server) ConnectionString() string {
	return "DefaultEndpointsProtocol=http;AccountName=" + s.account + ";AccountKey=" + s.keyText + ";BlobEndpoint=" + s.URL() + ";"
}

// Close stops listening, lets requests in progress finish until ctx ends, and
// releases the data folder. It must be called once, also after Start's ctx ended.
func (s *Server) Close(ctx context.Context) error {
	s.unwatch()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if e := <-s.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.disk.close())
}
