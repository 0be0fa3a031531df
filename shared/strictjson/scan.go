package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"castad/shared/fault"
)

// scanner walks over JSON text and knows where it is.
type scanner struct {
	data  []byte
	pos   int
	depth int
	path  [MaxDepth]step
	steps int
}

// step is one part of the path: a member's name or, when index ≥ 0, an item.
// The name is a range of data (quotes excluded), so that no key is copied
// unless an error asks for it.
type step struct {
	index    int
	from, to int
}

func (s *scanner) malformed(detail string) error {
	return fault.Newf(fault.CodeMalformedJSON, "%s at byte %d", detail, s.pos)
}

// where writes the path of the value being read: "photos[2].url"; "" = the whole body.
func (s *scanner) where() string {
	var b strings.Builder
	for _, p := range s.path[:s.steps] {
		if p.index >= 0 {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(p.index))
			b.WriteByte(']')
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		name := s.data[p.from:p.to]
		if len(name) > 64 { // a name that a stranger chose is shown, but not at any length
			name = append(name[:64:64], "…"...)
		}
		b.WriteString(strings.ToValidUTF8(string(name), "�"))
	}
	return b.String()
}

func (s *scanner) under(name string) string {
	if at := s.where(); at != "" {
		return at + "." + name
	}
	return name
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) literal(word string) error {
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return s.malformed("this is no JSON value")
	}
	s.pos += len(word)
	return nil
}

func (s *scanner) enter() error {
	if s.depth == MaxDepth {
		return s.malformed("values nest too deeply")
	}
	s.depth++
	s.pos++
	s.space()
	return nil
}

// elements calls item at the start of each item of the list at pos.
func (s *scanner) elements(item func() error) error {
	if err := s.enter(); err != nil {
		return err
	}
	at := s.steps
	s.steps++
	for n := 0; ; n++ {
		if s.pos < len(s.data) && s.data[s.pos] == ']' && n == 0 {
			break
		}
		s.path[at] = step{index: n}
		if err := item(); err != nil {
			return err
		}
		s.space()
		if s.pos >= len(s.data) {
			return s.malformed("the list is cut off")
		}
		if s.data[s.pos] == ']' {
			break
		}
		if s.data[s.pos] != ',' {
			return s.malformed("a comma or ] is due")
		}
		s.pos++
		s.space()
	}
	s.pos++
	s.depth--
	s.steps = at
	return nil
}

// members calls value with each member's name, at the start of its value.
// The name is valid until scratch is used again.
func (s *scanner) members(scratch *[]byte, value func(name []byte) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	at := s.steps
	s.steps++
	for n := 0; ; n++ {
		if s.pos < len(s.data) && s.data[s.pos] == '}' && n == 0 {
			break
		}
		if s.pos >= len(s.data) || s.data[s.pos] != '"' {
			return s.malformed("a member's name is due")
		}
		start := s.pos + 1
		s.steps = at // an error inside the name blames the object
		name, err := s.scanString(scratch)
		if err != nil {
			return err
		}
		s.steps = at + 1
		s.path[at] = step{index: -1, from: start, to: s.pos - 1}
		s.space()
		if s.pos >= len(s.data) || s.data[s.pos] != ':' {
			return s.malformed("a colon is due")
		}
		s.pos++
		s.space()
		if err := value(name); err != nil {
			return err
		}
		s.space()
		if s.pos >= len(s.data) {
			return s.malformed("the object is cut off")
		}
		if s.data[s.pos] == '}' {
			break
		}
		if s.data[s.pos] != ',' {
			return s.malformed("a comma or } is due")
		}
		s.pos++
		s.space()
	}
	s.pos++
	s.depth--
	s.steps = at
	return nil
}

// scanString reads the string at pos. The result is a part of data, or of
// scratch when there were escapes.
func (s *scanner) scanString(scratch *[]byte) ([]byte, error) {
	s.pos++
	start := s.pos
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			raw := s.data[start:s.pos]
			if !utf8.Valid(raw) {
				return nil, s.malformed("the text is not UTF-8")
			}
			s.pos++
			return raw, nil
		case c == '\\':
			return s.scanEscaped(start, scratch)
		case c < 0x20:
			return nil, s.malformed("a bare control character is in a string")
		}
		s.pos++
	}
	return nil, s.malformed("the string is cut off")
}

func (s *scanner) scanEscaped(start int, scratch *[]byte) ([]byte, error) {
	b := append((*scratch)[:0], s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			*scratch = b
			if !utf8.Valid(b) {
				return nil, s.malformed("the text is not UTF-8")
			}
			s.pos++
			return b, nil
		case c < 0x20:
			return nil, s.malformed("a bare control character is in a string")
		case c != '\\':
			b = append(b, c)
			s.pos++
		default:
			var err error
			if b, err = s.scanEscape(b); err != nil {
				return nil, err
			}
		}
	}
	return nil, s.malformed("the string is cut off")
}

func (s *scanner) scanEscape(b []byte) ([]byte, error) {
	if s.pos+1 >= len(s.data) {
		return nil, s.malformed("the string is cut off")
	}
	c := s.data[s.pos+1]
	s.pos += 2
	switch c {
	case '"', '\\', '/':
		return append(b, c), nil
	case 'b':
		return append(b, '\b'), nil
	case 'f':
		return append(b, '\f'), nil
	case 'n':
		return append(b, '\n'), nil
	case 'r':
		return append(b, '\r'), nil
	case 't':
		return append(b, '\t'), nil
	case 'u':
		r, ok := s.hex4()
		if ok && utf16.IsSurrogate(r) {
			if !strings.HasPrefix(string(s.data[s.pos:min(s.pos+2, len(s.data))]), `\u`) {
				return nil, s.malformed("half a surrogate pair is in a string")
			}
			s.pos += 2
			var low rune
			if low, ok = s.hex4(); ok {
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					return nil, s.malformed("half a surrogate pair is in a string")
				}
			}
		}
		if !ok {
			return nil, s.malformed(`\u wants four hexadecimal digits`)
		}
		if r == 0 {
			return nil, s.malformed("the character NUL is in a string")
		}
		return utf8.AppendRune(b, r), nil
	}
	return nil, s.malformed("an unknown escape is in a string")
}

func (s *scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.data) {
		return 0, false
	}
	var r rune
	for _, c := range s.data[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.pos += 4
	return r, true
}

// scanNumber reads the number at pos by RFC 8259's grammar. 64 characters are
// more than any integer or float64 needs.
func (s *scanner) scanNumber() ([]byte, error) {
	start := s.pos
	if s.at('-') {
		s.pos++
	}
	switch {
	case s.at('0'):
		s.pos++
	case !s.digits():
		return nil, s.malformed("this is no JSON value")
	}
	if s.at('.') {
		s.pos++
		if !s.digits() {
			return nil, s.malformed("digits are due after the point")
		}
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		if !s.digits() {
			return nil, s.malformed("digits are due in the exponent")
		}
	}
	if s.pos-start > 64 {
		return nil, s.malformed("the number is too long")
	}
	return s.data[start:s.pos], nil
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.data) && s.data[s.pos] == c }

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// skip reads over one value, checking it as strictly as one that is kept.
func (s *scanner) skip() error {
	if s.pos >= len(s.data) {
		return s.malformed("the value is missing or cut off")
	}
	var scratch []byte
	switch s.data[s.pos] {
	case '"':
		_, err := s.scanString(&scratch)
		return err
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	case '[':
		return s.elements(s.skip)
	case '{':
		seen := map[string]bool{}
		return s.members(&scratch, func(name []byte) error {
			if seen[string(name)] {
				return fault.New(fault.CodeDuplicateField).In(s.where())
			}
			seen[string(name)] = true
			return s.skip()
		})
	}
	_, err := s.scanNumber()
	return err
}
