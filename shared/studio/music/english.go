package music

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// dictionary is the part of the CMU Pronouncing Dictionary (BSD licence, in the
// file) that the letter rules get wrong among the 10,000 most frequent English
// words and the words of our lyrics. English here is American.
//
//go:embed english.txt
var dictionary string

// englishWords is the dictionary by word, in ARPABET.
var englishWords = sync.OnceValue(func() map[string]string {
	words := make(map[string]string, 8192)
	for line := range strings.Lines(dictionary) {
		if word, phones, ok := strings.Cut(strings.TrimSpace(line), " "); ok && word != "#" {
			words[word] = phones
		}
	}
	return words
})

// vowelPhones are the ARPABET vowels as one or two targets.
var vowelPhones = map[string][]string{
	"AA": {"AA"}, "AE": {"AE"}, "AH": {"AH"}, "AO": {"AO"}, "EH": {"EH"}, "ER": {"ER"}, "IH": {"IH"}, "IY": {"IY"}, "UH": {"UH"}, "UW": {"UW"},
	"AY": {"AA", "IY"}, "AW": {"AA", "UW"}, "EY": {"EI", "IY"}, "OW": {"OH", "UW"}, "OY": {"AO", "IY"},
}

// englishSounds returns the syllables of one English word.
func englishSounds(word string) []sounds {
	word = strings.ToLower(strings.Trim(word, "'"))
	if word == "" {
		return nil
	}
	return syllabify(strings.Fields(phonesOf(word)))
}

// phonesOf looks a word up, or without its ending, or applies the rules.
func phonesOf(word string) string {
	words := englishWords()
	if phones, ok := words[word]; ok {
		return phones
	}
	if stem, ok := strings.CutSuffix(word, "'s"); ok {
		return plural(phonesOf(stem))
	}
	if stem, ok := strings.CutSuffix(word, "s"); ok && len(stem) > 2 && !strings.ContainsRune("sui", rune(stem[len(stem)-1])) {
		return plural(phonesOf(stem))
	}
	return spellOut(word)
}

// plural adds the s of cats, dogs and dishes.
func plural(phones string) string {
	switch last := phones[strings.LastIndexByte(phones, ' ')+1:]; last {
	case "S", "Z", "SH", "ZH", "CH", "JH":
		return phones + " IH Z"
	case "P", "T", "K", "F", "TH":
		return phones + " S"
	}
	return phones + " Z"
}

// syllabify groups phones round their vowels; of the consonants between two
// vowels the second takes as many as may begin an English word.
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
		if len(out) > 0 {
			for cut < len(pending) && !begins(pending[cut:]) {
				cut++
			}
			last := &out[len(out)-1]
			last.coda = append(last.coda, consonantsOf(pending[:cut])...)
		}
		s := sounds{}
		for _, name := range pending[cut:] {
			switch name { // glides belong to the vowel
			case "W", "Y":
				s.vowel = append(s.vowel, strings.ToLower(name))
				s.glide++
			default:
				s.onset = append(s.onset, consonantsOf([]string{name})...)
			}
		}
		if len(s.onset) > 1 && s.onset[0] == "S" { // no breath after s: stay, spoon
			if plain, ok := afterS[s.onset[1]]; ok {
				s.onset[1] = plain
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
		out = append(out, sounds{onset: consonantsOf(pending[:1]), vowel: []string{"AX"}, coda: consonantsOf(pending[1:])})
	}
	return out
}

var afterS = map[string]string{"P": "bb", "T": "dd", "K": "gg"}

// begins tells whether an English word may begin with the consonants.
func begins(c []string) bool {
	if len(c) > 1 && (c[len(c)-1] == "W" || c[len(c)-1] == "Y") {
		c = c[:len(c)-1]
	}
	switch len(c) {
	case 0:
		return true
	case 1:
		return c[0] != "NG" && c[0] != "ZH"
	case 2:
		return slices.Contains(pairs[c[1]], c[0])
	case 3:
		return c[0] == "S" && slices.Contains([]string{"P", "T", "K"}, c[1]) && slices.Contains(pairs[c[2]], c[1])
	}
	return false
}

// pairs are the consonants that a word may begin with before the key.
var pairs = map[string][]string{
	"R": {"P", "B", "T", "D", "K", "G", "F", "TH", "SH"}, "L": {"P", "B", "K", "G", "F", "S"},
	"P": {"S"}, "T": {"S"}, "K": {"S"}, "M": {"S"}, "N": {"S"}, "F": {"S"},
}

// koreanLike are the English consonants that are sung as Korean ones.
var koreanLike = map[string]string{"HH": "h", "M": "m", "N": "n", "NG": "ng"}

func consonantsOf(names []string) []string {
	var out []string
	for _, n := range names {
		if k, ok := koreanLike[n]; ok {
			n = k
		}
		if _, ok := consonants[n]; ok {
			out = append(out, n)
		}
	}
	return out
}
