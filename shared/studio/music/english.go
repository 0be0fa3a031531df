package music

import (
	"strings"
)

// Letter-to-sound rules for English, small on purpose: enough that a line of
// plain words is understood when sung. The longest rule that matches at a
// letter wins; "_" is the word's start or end.

// letterRule turns letters, in a context, into phones separated by spaces. Vowel
// phones are written in capitals of vowelPhones.
type letterRule struct {
	letters, phones string
	after           string // what must follow: "" anything, "_" end, "e" an e/i/y, "Ce" consonant and final e
}

var letterRules = []letterRule{
	{"tion", "sh AX n", ""}, {"sion", "zh AX n", ""}, {"ture", "CH ER", ""}, {"ough", "OW", ""}, {"augh", "AO", ""}, {"eigh", "EY", ""}, {"igh", "AY", ""},
	{"tch", "CH", ""}, {"dge", "j", ""}, {"sch", "s K", ""}, {"ing", "IH ng", ""}, {"air", "EH R", ""}, {"ear", "IY R", ""}, {"eer", "IY R", ""}, {"our", "AW ER", ""}, {"oor", "AO R", ""}, {"ore", "AO R", ""}, {"are", "EH R", "_"}, {"ire", "AY ER", "_"}, {"ure", "UH R", "_"},
	{"all", "AO l", ""}, {"alk", "AO K", ""}, {"old", "OW l d", ""}, {"ild", "AY l d", ""}, {"ind", "AY n d", "_"}, {"wor", "w ER", ""}, {"war", "w AO R", ""}, {"wa", "w AA", ""}, {"qu", "K w", ""},
	{"ee", "IY", ""}, {"ea", "IY", ""}, {"ai", "EY", ""}, {"ay", "EY", ""}, {"oa", "OW", ""}, {"oe", "OW", "_"}, {"ow", "OW", "_"}, {"ow", "AW", ""}, {"ou", "AW", ""}, {"oo", "UW", ""}, {"oi", "OY", ""}, {"oy", "OY", ""}, {"au", "AO", ""}, {"aw", "AO", ""}, {"ew", "UW", ""}, {"ue", "UW", "_"}, {"ui", "UW", ""}, {"ie", "IY", ""}, {"ei", "IY", ""}, {"ey", "IY", ""},
	{"ar", "AA R", ""}, {"er", "ER", ""}, {"ir", "ER", ""}, {"ur", "ER", ""}, {"or", "AO R", ""},
	{"sh", "sh", ""}, {"ch", "CH", ""}, {"ph", "f", ""}, {"th", "th", ""}, {"wh", "w", ""}, {"ck", "K", ""}, {"ng", "ng", ""}, {"kn", "n", ""}, {"wr", "R", ""}, {"gh", "", ""}, {"mb", "m", "_"}, {"ss", "s", ""}, {"ll", "l", ""}, {"tt", "T", ""}, {"pp", "P", ""}, {"rr", "R", ""}, {"nn", "n", ""}, {"mm", "m", ""}, {"dd", "d", ""}, {"bb", "b", ""}, {"gg", "g", ""}, {"ff", "f", ""}, {"zz", "z", ""}, {"cc", "K", ""},
	{"a", "EY", "Ce"}, {"i", "AY", "Ce"}, {"o", "OW", "Ce"}, {"u", "UW", "Ce"}, {"e", "IY", "Ce"}, {"a", "AX", "_"}, {"o", "OW", "_"}, {"y", "IY", "_"}, {"i", "IY", "_"}, {"e", "", "_"},
	{"c", "s", "e"}, {"g", "j", "e"}, {"a", "AE", ""}, {"e", "EH", ""}, {"i", "IH", ""}, {"o", "AA", ""}, {"u", "AH", ""}, {"y", "IY", ""},
	{"b", "b", ""}, {"c", "K", ""}, {"d", "d", ""}, {"f", "f", ""}, {"g", "g", ""}, {"h", "h", ""}, {"j", "j", ""}, {"k", "K", ""}, {"l", "l", ""}, {"m", "m", ""}, {"n", "n", ""}, {"p", "P", ""}, {"r", "R", ""}, {"s", "s", ""}, {"t", "T", ""}, {"v", "v", ""}, {"w", "w", ""}, {"x", "K s", ""}, {"z", "z", ""}, {"'", "", ""},
}

// englishWords are frequent words that the rules would spell wrong.
var englishWords = map[string]string{
	"a": "AX", "the": "dh AX", "to": "T UW", "do": "d UW", "you": "y UW", "your": "y AO R", "of": "AH v", "and": "AE n d", "is": "IH z", "are": "AA R", "was": "w AH z", "i": "AY", "i'm": "AY m", "my": "m AY", "by": "b AY", "me": "m IY", "we": "w IY", "he": "h IY", "she": "sh IY", "be": "b IY", "no": "n OW", "so": "s OW", "go": "g OW",
	"one": "w AH n", "two": "T UW", "eight": "EY T", "come": "K AH m", "some": "s AH m", "love": "l AH v", "lovely": "l AH v l IY", "live": "l IH v", "give": "g IH v", "have": "h AE v", "what": "w AH T", "who": "h UW", "where": "w EH R", "there": "dh EH R", "there's": "dh EH R z", "here": "h IY R", "here's": "h IY R z", "this": "dh IH s", "that": "dh AE T", "they": "dh EY", "them": "dh EH m", "then": "dh EH n", "with": "w IH dh", "through": "th R UW", "door": "d AO R",
	"won": "w AH n", "won't": "w OW n T", "don't": "d OW n T", "song": "s AO ng", "noodle": "n UW d AX l", "noodles": "n UW d AX l z", "today": "T AX d EY", "tonight": "T AX n AY T", "again": "AX g EH n", "about": "AX b AW T", "along": "AX l AO ng", "away": "AX w EY", "heart": "h AA R T", "friend": "f R EH n d", "friends": "f R EH n d z", "people": "P IY P AX l", "little": "l IH T AX l", "table": "T EY b AX l", "smile": "s m AY l", "worries": "w ER IY z", "said": "s EH d", "say": "s EY", "says": "s EH z", "our": "AW ER", "every": "EH v R IY", "evening": "IY v n IH ng", "morning": "m AO R n IH ng", "thousand": "th AW z AX n d", "hundred": "h AH n d R AX d", "eleven": "IH l EH v AX n", "seven": "s EH v AX n", "four": "f AO R", "open": "OW P AX n", "over": "OW v ER", "call": "K AO l", "calling": "K AO l IH ng", "walk": "w AO K", "talk": "T AO K", "good": "g UH d", "look": "l UH K", "book": "b UH K", "cook": "K UH K", "took": "T UH K", "foot": "f UH T", "sugar": "sh UH g ER", "great": "g R EY T", "bread": "b R EH d", "hear": "h IY R", "heard": "h ER d", "near": "n IY R", "dear": "d IY R", "road": "R OW d", "town": "T AW n", "now": "n AW", "how": "h AW", "down": "d AW n", "round": "R AW n d", "sound": "s AW n d", "know": "n OW", "show": "sh OW", "slow": "s l OW", "window": "w IH n d OW", "follow": "f AA l OW", "shoulder": "sh OW l d ER", "shoulders": "sh OW l d ER z", "oh": "OW", "la": "l AA", "ha": "h AA", "hey": "h EY", "ho": "h OW", "yeah": "y EH", "dreaming": "d R IY m IH ng", "listen": "l IH s AX n", "restaurant": "R EH s T R AA n T", "cafe": "K AE f EY", "coffee": "K AO f IY", "chicken": "CH IH K AX n", "pizza": "P IY T s AX", "italian": "IH T AE l y AX n", "p": "P IY", "m": "EH m",
}

// vowelPhones are the English vowels as one or two targets.
var vowelPhones = map[string][]string{
	"AA": {"AA"}, "AE": {"AE"}, "AH": {"AH"}, "AO": {"AO"}, "AX": {"AX"}, "EH": {"EH"}, "ER": {"ER"}, "IH": {"IH"}, "IY": {"IY"}, "UH": {"UH"}, "UW": {"UW"},
	"AY": {"AA", "IH"}, "AW": {"AA", "UH"}, "EY": {"EI", "IY"}, "OW": {"OH", "UW"}, "OY": {"AO", "IH"},
}

// englishSounds returns the syllables of one English word.
func englishSounds(word string) []sounds {
	word = strings.ToLower(strings.Trim(word, "'"))
	if word == "" {
		return nil
	}
	phones, ok := englishWords[word]
	if !ok {
		phones = spellOut(word)
	}
	return syllabify(strings.Fields(phones))
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
				phones = "y"
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
			if out[i] == "l" {
				out[i] = "AX l"
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

// syllabify groups phones round their vowels; consonants between two vowels go
// to the second when they are one, else they are shared.
func syllabify(phones []string) []sounds {
	var out []sounds
	var pending []string
	for _, p := range phones {
		v, ok := vowelPhones[p]
		if !ok {
			pending = append(pending, p)
			continue
		}
		cut := 0
		if len(out) > 0 && len(pending) > 1 {
			cut = len(pending) / 2
		}
		if len(out) > 0 {
			last := &out[len(out)-1]
			last.coda = append(last.coda, consonantsOf(pending[:cut])...)
		}
		s := sounds{}
		for _, name := range pending[cut:] {
			switch name { // glides belong to the vowel
			case "w":
				s.vowel = append(s.vowel, "w")
				s.glide++
			case "y":
				s.vowel = append(s.vowel, "y")
				s.glide++
			default:
				s.onset = append(s.onset, consonantsOf([]string{name})...)
			}
		}
		s.vowel = append(s.vowel, v...)
		out = append(out, s)
		pending = nil
	}
	if len(out) > 0 {
		last := &out[len(out)-1]
		last.coda = append(last.coda, consonantsOf(pending)...)
	} else if len(pending) > 0 { // "hmm", "psst": hum it
		out = append(out, sounds{onset: consonantsOf(pending[:1]), vowel: vowelPhones["AX"], coda: consonantsOf(pending[1:])})
	}
	return out
}

var tr = map[string]string{"b": "B", "d": "D", "g": "G", "j": "JH", "K": "k", "T": "t", "P": "p", "s": "S", "sh": "SH", "CH": "ch", "l": "L", "f": "F", "v": "V", "th": "TH", "dh": "DH", "z": "Z", "zh": "ZH"}

func consonantsOf(names []string) []string {
	var out []string
	for _, n := range names {
		if m, ok := tr[n]; ok {
			n = m
		}
		if _, ok := consonants[n]; ok {
			out = append(out, n)
		}
	}
	return out
}
