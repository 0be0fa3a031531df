package claim

import "testing"

func BenchmarkCheckLine(b *testing.B) {
	c := Against(golden)
	l := Lyric{Title: "노래", Lines: []Line{{Section: "verse", Text: "보글보글 칼국수 한 그릇 구천 원이면 돼요", Facts: []string{"noodle"}}}}
	for b.Loop() {
		c.Check(l)
	}
}
