package media

// Scores of the alignment: a letter that matches, and what it earns on top when
// the letter before it matched its neighbour. Runs win over scattered letters.
const (
	matched = 1
	run     = 2
)

// Steps of the best way through the table, one byte per pair of letters: what
// to do next when the letters before were not, or were, matched with each other.
const (
	skipWritten = iota
	skipSung
	pair
)

// align returns, for each written letter, the index of the sung letter it is
// matched with, or -1; indexes increase. It is a longest common subsequence
// that rewards unbroken runs, computed from the end so that going through it
// from the start takes the earliest of equal matches.
func align(written []rune, sung []letter) []int {
	n, m := len(written), len(sung)
	match := make([]int, n)
	for i := range match {
		match[i] = -1
	}
	if n == 0 || m == 0 {
		return match
	}
	steps := make([]uint8, n*m) // low two bits: fresh, next two: in a run
	// fresh[j] and inRun[j] are the best scores from (i, j) on, by whether
	// (i-1, j-1) is a matched pair.
	fresh, inRun := make([]int32, m+1), make([]int32, m+1)
	for i := n - 1; i >= 0; i-- {
		var diagonal int32 // inRun of (i+1, j+1)
		for j := m - 1; j >= 0; j-- {
			below := inRun[j] // of (i+1, j), the diagonal of the next j
			best, step := fresh[j], uint8(skipWritten)
			if right := fresh[j+1]; right >= best {
				best, step = right, skipSung
			}
			bestRun, stepRun := best, step
			if written[i] == sung[j].r {
				if s := diagonal + matched; s >= best {
					best, step = s, pair
				}
				if s := diagonal + matched + run; s >= bestRun {
					bestRun, stepRun = s, pair
				}
			}
			fresh[j], inRun[j], diagonal = best, bestRun, below
			steps[i*m+j] = step | stepRun<<2
		}
	}
	running := false
	for i, j := 0, 0; i < n && j < m; {
		step := steps[i*m+j]
		if running {
			step >>= 2
		}
		switch step & 3 {
		case pair:
			match[i] = j
			i, j, running = i+1, j+1, true
		case skipSung:
			j, running = j+1, false
		default:
			i, running = i+1, false
		}
	}
	return match
}
