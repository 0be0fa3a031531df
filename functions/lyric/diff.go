package lyric

import "castad/shared/claim"

// Change is one line of a difference.
type Change struct {
	// Op is keep, drop or add.
	Op   string `json:"op" enum:"keep,drop,add"`
	Text string `json:"text"`
}

// diff leads from one lyric's lines to another's with as few changes as can be;
// nil when they are the same. A lyric has a dozen lines, so the longest common
// subsequence is simply computed; a library for files would be longer to call.
func diff(from, to []claim.Line) []Change {
	// common[i][j] is how many lines from[i:] and to[j:] have in common, in order.
	common := make([][]int, len(from)+1)
	for i := len(from); i >= 0; i-- {
		common[i] = make([]int, len(to)+1)
		for j := len(to) - 1; i < len(from) && j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if from[i].Text == to[j].Text {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	if common[0][0] == len(from) && len(from) == len(to) {
		return nil
	}
	var out []Change
	i, j := 0, 0
	for i < len(from) || j < len(to) {
		switch {
		case i < len(from) && j < len(to) && from[i].Text == to[j].Text:
			out = append(out, Change{"keep", from[i].Text})
			i, j = i+1, j+1
		case j == len(to) || i < len(from) && common[i+1][j] >= common[i][j+1]:
			out = append(out, Change{"drop", from[i].Text})
			i++
		default:
			out = append(out, Change{"add", to[j].Text})
			j++
		}
	}
	return out
}
