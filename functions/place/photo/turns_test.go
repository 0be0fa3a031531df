package photo

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
)

func TestPhotosOfOneTenantTakeTurnsAndKeepNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := &turns{lines: map[id.Tenant]*line{}}
		first, err := all.take(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		other, err := all.take(t.Context(), 8)
		if err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := all.take(soon, 7); fault.CodeOf(err) != fault.CodeBusy {
			t.Errorf("a second at once: %v", err)
		}
		second := make(chan func())
		go func() {
			leave, err := all.take(t.Context(), 7)
			if err != nil {
				t.Error(err)
			}
			second <- leave
		}()
		synctest.Wait()
		first()
		leave := <-second
		other()
		leave()
		if len(all.lines) != 0 {
			t.Errorf("%d are remembered", len(all.lines))
		}
	})
}
