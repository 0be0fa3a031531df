package purge

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// disk is files by name and age; those in stuck cannot be deleted.
type disk struct {
	files map[string]time.Time
	stuck map[string]bool
	asked int
}

func (d *disk) List(_ context.Context, prefix string, fn func(string, int64, time.Time) error) error {
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		if strings.HasPrefix(name, prefix) {
			if err := fn(name, 1, d.files[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *disk) Delete(_ context.Context, name string) error {
	d.asked++
	if d.stuck[name] {
		return errors.New("stuck: " + name)
	}
	delete(d.files, name)
	return nil
}

var (
	line = time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	old  = line.Add(-time.Second)
)

func named(names ...string) func(context.Context, string) (bool, error) {
	return func(_ context.Context, name string) (bool, error) { return slices.Contains(names, name), nil }
}

func TestOnlyOldFilesThatNoRowNamesAreDeleted(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{"photos/kept": old, "photos/orphan": old, "photos/fresh": line, "photos/zz": old, "runs/other": old},
		stuck: map[string]bool{"photos/orphan": true}}
	err := orphans(t.Context(), d, Owner{"photos/", named("photos/kept")}, line)
	if err == nil || !strings.Contains(err.Error(), "stuck: photos/orphan") {
		t.Errorf("a file that stayed went unreported: %v", err)
	}
	if diff := cmp.Diff([]string{"photos/fresh", "photos/kept", "photos/orphan", "runs/other"}, slices.Sorted(maps.Keys(d.files))); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
}

func TestAStorageThatDeletesNothingIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{}, stuck: map[string]bool{}}
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		d.files["runs/"+string(c)], d.stuck["runs/"+string(c)] = old, true
	}
	if err := orphans(t.Context(), d, Owner{"runs/", named()}, line); err == nil || d.asked != enough {
		t.Errorf("asked %d times, %v", d.asked, err)
	}
}

// What cannot be known is kept.
func TestNothingIsDeletedWhileTheRowsCannotBeRead(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{"photos/a": old, "photos/b": old}}
	down := errors.New("no database")
	err := orphans(t.Context(), d, Owner{"photos/", func(context.Context, string) (bool, error) { return false, down }}, line)
	if !errors.Is(err, down) || d.asked != 0 {
		t.Errorf("%v, %d deletions", err, d.asked)
	}
}
