package store

import (
	"fmt"
	"slices"
)

// Reserve is the connections that the budget leaves to administrators,
// monitoring, migrations and backup.
const Reserve = 20

// Group is instances that scale together and have pools of the same size.
type Group struct {
	// Name is "all", "api", "worker", "canary", "http" or "function".
	Name string
	// Groups is how many such groups there are (flex has one per queue function), Instances the cap of each.
	Groups, Instances int
	// HTTP and Queue are the two pools of one process, in connections.
	HTTP, Queue int
}

// Connections is the most that the group can hold, without overlap.
func (g Group) Connections() int { return g.Groups * g.Instances * (g.HTTP + g.Queue) }

// Budget is a row of the connection rule:
//
//	Σ over scale groups (instances × pools) × overlap ≤ budget,  budget + Reserve ≤ max_connections
type Budget struct {
	Stage, Host string
	Groups      []Group
	// Overlap is how many processes of one instance can exist at once: 1 with
	// the host's sequential restart (AzureFunctionsJobHost__sequentialRestart=true), else 2.
	Overlap int
	// Limit is the budget, MaxConnections the server parameter of the stage.
	Limit, MaxConnections int
	// Shared: one configuration serves every group, because the host decides
	// which triggers an instance sees (flex).
	Shared bool
}

// Connections is the most that the whole row can hold.
func (b Budget) Connections() int {
	n := 0
	for _, g := range b.Groups {
		n += g.Connections()
	}
	return n * b.Overlap
}

// Err returns nil when the row keeps the rule, else a Misconfigured error with the sentence.
func (b Budget) Err() error {
	if n := b.Connections(); n > b.Limit {
		return misconfigured("Stage %s on %s can open %d connections (instances × pools × overlap), but its budget is %d; make the pools or the instances fewer.",
			b.Stage, b.Host, n, b.Limit)
	}
	if b.Limit+Reserve > b.MaxConnections {
		return misconfigured("The budget of stage %s on %s is %d connections; with the reserve of %d that does not fit into its max_connections of %d.",
			b.Stage, b.Host, b.Limit, Reserve, b.MaxConnections)
	}
	return nil
}

// The totals are the requirements' own: 60, 120 and 128 connections of
// max_connections 100, 200 and 300. An api process has 8 connections, two of
// them for what runs beside requests (relay, heartbeat); a worker has 4, one
// of them for the readiness probe. On flex the scale cap is taken to be per
// group, the worst reading of its documentation: 8 queue functions and the
// timers make 9 groups beside the HTTP group.
var budgets = []Budget{
	{Stage: "local", Host: "reference", Overlap: 2, Limit: 30, MaxConnections: 100, Groups: []Group{{"all", 1, 1, 8, 4}}},

	{Stage: "s1", Host: "reference", Overlap: 1, Limit: 60, MaxConnections: 100, Groups: []Group{{"all", 1, 1, 40, 20}}},
	{Stage: "s2", Host: "reference", Overlap: 1, Limit: 120, MaxConnections: 200, Groups: []Group{{"all", 1, 4, 20, 10}}},
	{Stage: "s3", Host: "reference", Overlap: 1, Limit: 128, MaxConnections: 300, Groups: []Group{{"all", 1, 8, 10, 6}}},

	{Stage: "s1", Host: "premium", Overlap: 1, Limit: 60, MaxConnections: 100, Groups: apps(4, 4)},
	{Stage: "s2", Host: "premium", Overlap: 1, Limit: 120, MaxConnections: 200, Groups: apps(8, 8)},
	{Stage: "s3", Host: "premium", Overlap: 1, Limit: 128, MaxConnections: 300, Groups: apps(10, 10)},

	{Stage: "s1", Host: "containerapp", Overlap: 1, Limit: 60, MaxConnections: 100, Groups: apps(4, 4)},
	{Stage: "s2", Host: "containerapp", Overlap: 1, Limit: 120, MaxConnections: 200, Groups: apps(8, 8)},
	{Stage: "s3", Host: "containerapp", Overlap: 1, Limit: 128, MaxConnections: 300, Groups: apps(10, 10)},

	{Stage: "s1", Host: "flex", Overlap: 1, Limit: 60, MaxConnections: 100, Shared: true, Groups: flex(4, 1)},
	{Stage: "s2", Host: "flex", Overlap: 1, Limit: 120, MaxConnections: 200, Shared: true, Groups: flex(8, 2)},
	{Stage: "s3", Host: "flex", Overlap: 1, Limit: 128, MaxConnections: 300, Shared: true, Groups: flex(8, 3)},
}

func apps(api, worker int) []Group {
	return []Group{{"api", 1, api, 6, 2}, {"worker", 1, worker, 1, 3}, {"canary", 1, 1, 6, 2}}
}

func flex(http, function int) []Group {
	return []Group{{"http", 1, http, 6, 2}, {"function", 9, function, 0, 2}}
}

// Budgets returns the connection table, for documents and Bicep parameters to
// be tested against.
func Budgets() []Budget {
	all := slices.Clone(budgets)
	for i := range all {
		all[i].Groups = slices.Clone(all[i].Groups)
	}
	return all
}

// budgetFor returns the row and the group that a process is in. In the local
// stage every host kind has the same row: it is one process on one machine.
func budgetFor(stage, host, group string) (Budget, Group, error) {
	if stage == "local" {
		host = "reference"
	}
	i := slices.IndexFunc(budgets, func(b Budget) bool { return b.Stage == stage && b.Host == host })
	if i < 0 {
		return Budget{}, Group{}, misconfigured("There is no connection budget for stage %q on host kind %q; stages are local, s1, s2, s3 and host kinds reference, premium, containerapp, flex.", stage, host)
	}
	b := budgets[i]
	if err := b.Err(); err != nil {
		return Budget{}, Group{}, err
	}
	g, err := b.group(group)
	return b, g, err
}

func (b Budget) group(name string) (Group, error) {
	if name == "" && (len(b.Groups) == 1 || b.Shared) {
		return b.Groups[0], nil
	}
	names := make([]string, len(b.Groups))
	for i, g := range b.Groups {
		if names[i] = g.Name; g.Name == name {
			return g, nil
		}
	}
	if name == "" {
		return Group{}, misconfigured("Stage %s on %s has scale groups with pools of different sizes; the scale group of this process must be one of %v.", b.Stage, b.Host, names)
	}
	return Group{}, misconfigured("Stage %s on %s has no scale group %q; it has %v.", b.Stage, b.Host, name, names)
}

// String is the row as the documents write it: "s3 reference: 8×(10+6) = 128 ≤ 128 of 300".
func (b Budget) String() string {
	s := b.Stage + " " + b.Host + ": "
	for i, g := range b.Groups {
		if i > 0 {
			s += " + "
		}
		if g.Groups > 1 {
			s += fmt.Sprintf("%d×", g.Groups)
		}
		s += fmt.Sprintf("%d×(%d+%d)", g.Instances, g.HTTP, g.Queue)
	}
	if b.Overlap != 1 {
		s = fmt.Sprintf("%s, ×%d", s, b.Overlap)
	}
	return fmt.Sprintf("%s = %d ≤ %d of %d", s, b.Connections(), b.Limit, b.MaxConnections)
}
