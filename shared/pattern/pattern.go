// Package pattern has regular expressions that are compiled when they are first used.
//
// The product has more than a hundred, most of them long lists of Korean words, and each
// start of the process would compile them all before it listens: a third of the time
// from exec to the first answer, for lyrics that are perhaps written minutes later.
//
// A text that is no expression panics at the first use. So that this is in no run but a
// test's, Made tells all patterns, and a test of package functions, which has them all,
// compiles them.
package pattern

import (
	"regexp"
	"slices"
	"sync"
)

// Pattern is a regular expression. It is safe for concurrent use.
type Pattern struct {
	text string
	get  func() *regexp.Regexp
}

var (
	mu   sync.Mutex
	made []*Pattern
)

// New returns the pattern of an expression, for a package's variable.
func New(text string) *Pattern {
	p := &Pattern{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
	mu.Lock()
	defer mu.Unlock()
	made = append(made, p)
	return p
}

// Made are all patterns of the process.
func Made() []*Pattern {
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(made)
}

// String is the expression. The other methods are those of regexp.Regexp.
func (p *Pattern) String() string { return p.text }

func (p *Pattern) MatchString(s string) bool              { return p.get().MatchString(s) }
func (p *Pattern) FindIndex(b []byte) []int               { return p.get().FindIndex(b) }
func (p *Pattern) FindString(s string) string             { return p.get().FindString(s) }
func (p *Pattern) FindStringIndex(s string) []int         { return p.get().FindStringIndex(s) }
func (p *Pattern) FindStringSubmatch(s string) []string   { return p.get().FindStringSubmatch(s) }
func (p *Pattern) FindStringSubmatchIndex(s string) []int { return p.get().FindStringSubmatchIndex(s) }
func (p *Pattern) FindAllString(s string, n int) []string { return p.get().FindAllString(s, n) }
func (p *Pattern) FindAllStringIndex(s string, n int) [][]int {
	return p.get().FindAllStringIndex(s, n)
}
func (p *Pattern) FindAllStringSubmatch(s string, n int) [][]string {
	return p.get().FindAllStringSubmatch(s, n)
}
func (p *Pattern) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return p.get().FindAllStringSubmatchIndex(s, n)
}
func (p *Pattern) ReplaceAllString(s, with string) string { return p.get().ReplaceAllString(s, with) }
func (p *Pattern) ReplaceAllStringFunc(s string, with func(string) string) string {
	return p.get().ReplaceAllStringFunc(s, with)
}
func (p *Pattern) Split(s string, n int) []string { return p.get().Split(s, n) }
