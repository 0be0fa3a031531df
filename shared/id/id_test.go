package id

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAnIDSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := epoch.Add(time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "ms")) * time.Millisecond)
		want := New[Song](at)
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Song
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got != want || !got.Time().Equal(at) {
			t.Fatalf("wrote %v (%d at %v), read %v (%d at %v)", want, want, at, got, got, got.Time())
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := New[Song](epoch.Add(time.Hour)).String()
	for name, in := range map[string]string{
		"another kind":        "video" + good[4:],
		"no prefix":           good[5:],
		"one character short": good[:len(good)-1],
		"one character more":  good + "0",
		"a letter outside":    good[:len(good)-1] + "u",
		"more than 63 bits":   "song_zzzzzzzzzzzzz",
		"zero":                "song_0000000000000",
		"upper case":          "song_01HV3KQ9ZR2AB",
	} {
		if got, err := Parse[songKind](in); err == nil {
			t.Errorf("%s: %q was read as %d", name, in, got)
		}
	}
	if _, err := Parse[songKind](good); err != nil {
		t.Errorf("the good id %q was refused: %v", good, err)
	}
}
