package music

import "strings"

// Letter-to-sound rules for English words that the dictionary lacks: names of
// shops, mostly. The longest rule that matches at a letter wins.

// letterRule turns letters, in a context, into ARPABET.
type letterRule struct {
	letters, phones string
	after           string // what must follow: "" anything, "_" the word's end, "e" an e, i or y, "Ce" a consonant and the final e
}

var letterRules = []letterRule{
	{"tion", "SH AH N", ""}, {"sion", "ZH AH N", ""}, {"ture", "CH ER", ""}, {"ough", "OW", ""}, {"augh", "AO", ""}, {"eigh", "EY", ""}, {"igh", "AY", ""},
	{"tch", "CH", ""}, {"dge", "JH", ""}, {"sch", "S K", ""}, {"ing", "IH NG", ""}, {"air", "EH R", ""}, {"ear", "IY R", ""}, {"eer", "IY R", ""}, {"our", "AW ER", ""}, {"oor", "AO R", ""}, {"ore", "AO R", ""}, {"are", "EH R", "_"}, {"ire", "AY ER", "_"}, {"ure", "UH R", "_"},
	{"all", "AO L", ""}, {"alk", "AO K", ""}, {"old", "OW L D", ""}, {"ild", "AY L D", ""}, {"ind", "AY N D", "_"}, {"wor", "W ER", ""}, {"war", "W AO R", ""}, {"wa", "W AA", ""}, {"qu", "K W", ""},
	{"ee", "IY", ""}, {"ea", "IY", ""}, {"ai", "EY", ""}, {"ay", "EY", ""}, {"oa", "OW", ""}, {"oe", "OW", "_"}, {"ow", "OW", "_"}, {"ow", "AW", ""}, {"ou", "AW", ""}, {"oo", "UW", ""}, {"oi", "OY", ""}, {"oy", "OY", ""}, {"au", "AO", ""}, {"aw", "AO", ""}, {"ew", "UW", ""}, {"ue", "UW", "_"}, {"ui", "UW", ""}, {"ie", "IY", ""}, {"ei", "IY", ""}, {"ey", "IY", ""},
	{"ar", "AA R", ""}, {"er", "ER", ""}, {"ir", "ER", ""}, {"ur", "ER", ""}, {"or", "AO R", ""},
	{"sh", "SH", ""}, {"ch", "CH", ""}, {"ph", "F", ""}, {"th", "TH", ""}, {"wh", "W", ""}, {"ck", "K", ""}, {"ng", "NG", ""}, {"kn", "N", ""}, {"wr", "R", ""}, {"gh", "", ""}, {"mb", "M", "_"}, {"ss", "S", ""}, {"ll", "L", ""}, {"tt", "T", ""}, {"pp", "P", ""}, {"rr", "R", ""}, {"nn", "N", ""}, {"mm", "M", ""}, {"dd", "D", ""}, {"bb", "B", ""}, {"gg", "G", ""}, {"ff", "F", ""}, {"zz", "Z", ""}, {"cc", "K", ""},
	{"a", "EY", "Ce"}, {"i", "AY", "Ce"}, {"o", "OW", "Ce"}, {"u", "UW", "Ce"}, {"e", "IY", "Ce"}, {"a", "AH", "_"}, {"o", "OW", "_"}, {"y", "IY", "_"}, {"i", "IY", "_"}, {"e", "", "_"},
	{"c", "S", "e"}, {"g", "JH", "e"}, {"a", "AE", ""}, {"e", "EH", ""}, {"i", "IH", ""}, {"o", "AA", ""}, {"u", "AH", ""}, {"y", "IY", ""},
	{"b", "B", ""}, {"c", "K", ""}, {"d", "D", ""}, {"f", "F", ""}, {"g", "G", ""}, {"h", "HH", ""}, {"j", "JH", ""}, {"k", "K", ""}, {"l", "L", ""}, {"m", "M", ""}, {"n", "N", ""}, {"p", "P", ""}, {"r", "R", ""}, {"s", "S", ""}, {"t", "T", ""}, {"v", "V", ""}, {"w", "W", ""}, {"x", "K S", ""}, {"z", "Z", ""}, {"'", "", ""},
}

// spellOut applies the rules.
func spellOut(word string) string {
	var out []string
	for at := 0; at < len(word); {
		step := 1
		for _, r := range letterRules {
			if !strings.HasPrefix(word[at:], r.letters) || !follows(r.after, word[at+len(r.letters):]) {
				continue
			}
			phones := r.phones
			if r.letters == "y" && at == 0 {
				phones = "Y"
			}
			if r.letters == "e" && r.after == "_" && len(out) < 2 {
				phones = "IY" // a short word's only vowel is not silent
			}
			out = append(out, phones)
			step = len(r.letters)
			break
		}
		at += step
	}
	// A final l after a consonant is a syllable: table, apple.
	if n := len(word); n > 3 && strings.HasSuffix(word, "le") && !strings.ContainsRune("aeiou", rune(word[n-3])) {
		for i := len(out) - 1; i >= 0; i-- {
			if out[i] == "L" {
				out[i] = "AH L"
				break
			}
		}
	}
	return strings.Join(out, " ")
}

func follows(after, rest string) bool {
	switch after {
	case "":
		return true
	case "_":
		return rest == "" || rest == "s"
	case "e":
		return rest != "" && strings.ContainsRune("eiy", rune(rest[0]))
	case "Ce": // one consonant, a final e, perhaps an s or d
		return len(rest) >= 2 && !strings.ContainsRune("aeiouywx", rune(rest[0])) && rest[1] == 'e' && (len(rest) == 2 || len(rest) == 3 && strings.ContainsRune("sd", rune(rest[2])))
	}
	return false
}
