package trigger

import (
	"context"
	"net/http"
	"strconv"
	"testing"
)

func TestAListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	numbers := func(_ context.Context, in struct{ Page[int64] }) (List[int64], error) {
		var items []int64
		for n := in.After + 1; n <= 25 && len(items) < in.Size(); n++ {
			items = append(items, n)
		}
		return Listed(items, in.Size(), func(n int64) string { return strconv.FormatInt(n, 10) }), nil
	}
	b := set(t, nil, Public("health-live", httpJSON("v1/numbers", "get"), quick, numbers))
	for query, want := range map[string]string{
		"":                  `{"items":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],"next":"20"}`,
		"?after=20":         `{"items":[21,22,23,24,25],"next":""}`,
		"?after=22&limit=3": `{"items":[23,24,25],"next":"25"}`,
		"?after=25&limit=3": `{"items":[],"next":""}`,
	} {
		if w := b.ask("GET", "/api/v1/numbers"+query, ""); w.Code != http.StatusOK || w.Body.String() != want+"\n" {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=-1", "limit=x", "after=-1"} {
		if w := b.ask("GET", "/api/v1/numbers?"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}
