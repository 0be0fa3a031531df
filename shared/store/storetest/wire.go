package storetest

import "testing"

// Wire is a TCP proxy in front of the database that fails on demand.
type Wire struct{}

// Addr is where the wire listens.
func (w *Wire) Addr() string { return "" }

var _ testing.TB
