package hangul

// Pronounce returns how a run of Hangul syllables sounds: liaison, neutralised
// codas, nasal and liquid assimilation, aspiration, tensing and palatalisation.
// The result has one syllable for each of the input's; runes that are no
// composed Hangul are skipped.
func Pronounce(word string) []Syllable {
	var s []Syllable
	for _, r := range word {
		if one, ok := Split(r); ok {
			s = append(s, one)
		}
	}
	for i := range s {
		if i+1 < len(s) {
			join(&s[i], &s[i+1])
		}
		s[i].Coda = neutral(s[i].Coda)
	}
	return s
}

// join applies what happens where a coda meets the next onset.
func join(a, b *Syllable) {
	if a.Coda == CoNone {
		return
	}
	if b.Onset == OnNone {
		liaison(a, b)
		return
	}
	if aspirate(a, b) {
		return
	}
	if b.Onset == OnH && (a.Coda == CoR || a.Coda == CoN || a.Coda == CoM || a.Coda == CoNG) {
		return // 전화, 영화: a soft h stays
	}
	stop := neutral(a.Coda) == CoG || neutral(a.Coda) == CoD || neutral(a.Coda) == CoB
	if stop {
		b.Onset = tense(b.Onset)
	}
	a.Coda = neutral(a.Coda)
	switch {
	case b.Onset == OnN || b.Onset == OnM:
		a.Coda = nasal(a.Coda)
		if a.Coda == CoR && b.Onset == OnN {
			b.Onset = OnR // 칼날 칼랄
		}
	case b.Onset == OnR && a.Coda == CoN:
		a.Coda = CoR // 신라 실라
	case b.Onset == OnR && a.Coda != CoR:
		a.Coda, b.Onset = nasal(a.Coda), OnN // 국립 궁닙, 음료 음뇨
	}
}

// moved is what of a coda goes to the next syllable (as an onset) and what stays.
var moved = map[int][2]int{
	CoG: {CoNone, OnG}, CoGG: {CoNone, OnGG}, CoGS: {CoG, OnSS}, CoN: {CoNone, OnN}, CoNJ: {CoN, OnJ}, CoNH: {CoNone, OnN}, CoD: {CoNone, OnD},
	CoR: {CoNone, OnR}, CoRG: {CoR, OnG}, CoRM: {CoR, OnM}, CoRB: {CoR, OnB}, CoRS: {CoR, OnSS}, CoRT: {CoR, OnT}, CoRP: {CoR, OnP}, CoRH: {CoNone, OnR},
	CoM: {CoNone, OnM}, CoB: {CoNone, OnB}, CoBS: {CoB, OnSS}, CoS: {CoNone, OnS}, CoSS: {CoNone, OnSS}, CoJ: {CoNone, OnJ}, CoCh: {CoNone, OnCh},
	CoK: {CoNone, OnK}, CoT: {CoNone, OnT}, CoP: {CoNone, OnP}, CoH: {CoNone, OnNone},
}

func liaison(a, b *Syllable) {
	m, ok := moved[a.Coda]
	if !ok {
		return // ㅇ stays
	}
	if b.Vowel == VwI { // 같이 가치, 굳이 구지
		switch a.Coda {
		case CoT, CoRT:
			m[1] = OnCh
		case CoD:
			m[1] = OnJ
		}
	}
	a.Coda, b.Onset = m[0], m[1]
}

// aspirate merges ㅎ with a neighbouring stop: 좋다 조타, 입학 이팍, 많고 만코.
func aspirate(a, b *Syllable) bool {
	strong := map[int]int{OnG: OnK, OnD: OnT, OnJ: OnCh, OnB: OnP}
	rest := map[int]int{CoH: CoNone, CoNH: CoN, CoRH: CoR}
	if r, ok := rest[a.Coda]; ok {
		if k, ok := strong[b.Onset]; ok {
			a.Coda, b.Onset = r, k
			return true
		}
		if b.Onset == OnS {
			a.Coda, b.Onset = r, OnSS // 좋소 조쏘
			return true
		}
	}
	if b.Onset == OnH {
		switch neutral(a.Coda) {
		case CoG:
			a.Coda, b.Onset = CoNone, OnK
			return true
		case CoD:
			b.Onset = OnT
			if a.Coda == CoJ || a.Coda == CoNJ {
				b.Onset = OnCh
			}
			a.Coda = CoNone
			return true
		case CoB:
			a.Coda, b.Onset = CoNone, OnP
			return true
		}
	}
	return false
}

// neutral returns the one of seven codas that is heard.
func neutral(c int) int {
	switch c {
	case CoG, CoGG, CoGS, CoRG, CoK:
		return CoG
	case CoN, CoNJ, CoNH:
		return CoN
	case CoD, CoS, CoSS, CoJ, CoCh, CoT, CoH:
		return CoD
	case CoR, CoRB, CoRS, CoRT, CoRH:
		return CoR
	case CoM, CoRM:
		return CoM
	case CoB, CoBS, CoP, CoRP:
		return CoB
	}
	return c
}

func nasal(c int) int {
	switch c {
	case CoG:
		return CoNG
	case CoD:
		return CoN
	case CoB:
		return CoM
	}
	return c
}

func tense(onset int) int {
	switch onset {
	case OnG, OnD, OnB, OnS, OnJ:
		return onset + 1
	}
	return onset
}

// Text writes pronounced syllables in Hangul: for logs and tests.
func Text(s []Syllable) string {
	r := make([]rune, len(s))
	for i := range s {
		r[i] = s[i].Rune()
	}
	return string(r)
}
