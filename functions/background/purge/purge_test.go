package purge

import (
	"context"
	"errors"
	"fmt"
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

// rows name files; look-ups are counted.
type rows struct {
	names           []string
	down            error
	ranges, singles int
}

func (r *rows) owner(prefix string) Owner {
	return Owner{prefix, func(_ context.Context, from, to string, limit int) (out []string, err error) {
		r.ranges++
		slices.Sort(r.names)
		for _, name := range r.names {
			if name >= from && name <= to && len(out) < limit {
				out = append(out, name)
			}
		}
		return out, r.down
	}, func(_ context.Context, name string) (bool, error) {
		r.singles++
		return slices.Contains(r.names, name), r.down
	}}
}

func (d *disk) sweep(ctx context.Context, o Owner) error {
	s := sweep{files: d, owner: o, before: line}
	return s.run(ctx)
}

func TestOnlyOldFilesThatNoRowNamesAreDeleted(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{"photos/kept": old, "photos/orphan": old, "photos/fresh": line, "photos/zz": old, "runs/other": old},
		stuck: map[string]bool{"photos/orphan": true}}
	r := &rows{names: []string{"photos/kept", "photos/lost"}}
	err := d.sweep(t.Context(), r.owner("photos/"))
	if err == nil || !strings.Contains(err.Error(), "stuck: photos/orphan") {
		t.Errorf("a file that stayed went unreported: %v", err)
	}
	if diff := cmp.Diff([]string{"photos/fresh", "photos/kept", "photos/orphan", "runs/other"}, slices.Sorted(maps.Keys(d.files))); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
}

// However many files there are, their rows are read in pages.
func TestManyFilesAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	d, r := &disk{files: map[string]time.Time{}}, &rows{}
	var want []string
	for n := range 3*atOnce + 10 {
		name := fmt.Sprintf("runs/%06d", n)
		d.files[name] = old
		if n%7 != 0 {
			r.names, want = append(r.names, name), append(want, name)
		}
	}
	if err := d.sweep(t.Context(), r.owner("runs/")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(d.files))); diff != "" || r.ranges > 8 || r.singles != 3*atOnce+10-len(want) {
		t.Errorf("%d look-ups and %d of single files; files left (-want +got):\n%s", r.ranges, r.singles, diff)
	}
}

// A row that is written between the look at many and the deletion of one keeps its file.
func TestAFileWhoseRowCameLaterIsKept(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{"runs/a": old}}
	o := (&rows{names: []string{"runs/a"}}).owner("runs/")
	o.Names = func(context.Context, string, string, int) ([]string, error) { return nil, nil }
	if err := d.sweep(t.Context(), o); err != nil || d.asked != 0 {
		t.Errorf("%v, %d deletions", err, d.asked)
	}
}

func TestAStorageThatDeletesNothingIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{}, stuck: map[string]bool{}}
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		d.files["runs/"+string(c)], d.stuck["runs/"+string(c)] = old, true
	}
	if err := d.sweep(t.Context(), (&rows{}).owner("runs/")); err == nil || d.asked != enough || strings.Count(err.Error(), "runs/a") != 1 {
		t.Errorf("asked %d times, %v", d.asked, err)
	}
}

// What cannot be known is kept.
func TestNothingIsDeletedWhileTheRowsCannotBeRead(t *testing.T) {
	t.Parallel()
	d := &disk{files: map[string]time.Time{"photos/a": old, "photos/b": old}}
	down := errors.New("no database")
	r := &rows{down: down}
	o := r.owner("photos/")
	if err := d.sweep(t.Context(), o); !errors.Is(err, down) || d.asked != 0 {
		t.Errorf("%v, %d deletions", err, d.asked)
	}
	o.Names = (&rows{}).owner("photos/").Names
	if err := d.sweep(t.Context(), o); !errors.Is(err, down) || d.asked != 0 {
		t.Errorf("one by one: %v, %d deletions", err, d.asked)
	}
}

// desk notes from before when something is deleted. It has left rows.
type desk struct {
	sent, ads time.Time
	left      int64
}

func (d *desk) Purge(_ context.Context, before time.Time) (int64, error) {
	d.sent = before
	n := min(d.left, batch)
	d.left -= n
	return n, nil
}
func (d *desk) Forget(_ context.Context, before time.Time) error {
	d.ads = before
	return errors.New("ads")
}

// Of two clocks one is late: an ad that may still be brought back by one must not be
// half deleted by the other.
func TestAnAdIsDeletedOnlyWhenNobodyCanBringItBackAnyMore(t *testing.T) {
	t.Parallel()
	d, away := &desk{left: 3*batch + 1}, 30*24*time.Hour
	p := purger{rows: d, ads: d, away: away, files: &disk{}, now: func() time.Time { return line }}
	if err := p.run(t.Context()); err == nil {
		t.Error("what failed is not told")
	}
	if late := line.Add(-away).Sub(d.ads); late < 10*time.Minute || late > 24*time.Hour || !d.sent.Equal(line.Add(-8*24*time.Hour)) {
		t.Errorf("ads %v later than promised, messages from before %v", late, d.sent)
	}
	if d.left != 0 { // more than one visit deletes at once
		t.Errorf("%d rows are left for the next night", d.left)
	}
}
