package main

import (
	"fmt"
	"strings"

	"castad/scripts/museum/card"
)

// securityFile is where the page of the controls is kept, below the repository.
const securityFile = "docs/security.md"

const securityIntroduction = `# Security: every control and the test that is red without it

<!-- Written by go run ./scripts/museum -doc from scripts/museum/card/control*.go; do not edit. -->

What somebody who reviews [CastAD](../README.md) looks for, with the requirements of [OWASP ASVS 5.0](https://github.com/OWASP/ASVS) that it answers, what is
done, and the tests. Each test has been seen to fail: under it is the control taken out of the product, and with that the test is red. What is not done says so.

| | |
| --- | --- |
| ` + "`make controls`" + ` | runs every control's tests and prints the table |
| ` + "`make controls-mutants CARD=token`" + ` | takes each chosen control away and expects its test to be red |
| ` + "`make security`" + ` | known vulnerabilities in what CastAD is made of (govulncheck), unsafe code (gosec) |

In CI the tests run as all others do, and a test compares this page with the tree: %d tests of %d controls.

| control | ASVS | tests | left |
| --- | --- | ---: | --- |
`

// securityPage is docs/security.md. It fails for a control without a test and without a word of why.
func securityPage(controls []card.Control, museum []card.Card) (string, error) {
	shown := map[string]card.Card{}
	for _, c := range museum {
		shown[c.ID] = c
	}
	var head, body strings.Builder
	tests := 0
	for _, c := range controls {
		n := len(c.Cards) + len(c.Shown)
		if tests += n; n == 0 && c.Left == "" {
			return "", fmt.Errorf("control %q has no test and does not say why", c.Name)
		}
		left := ""
		if c.Left != "" {
			left = "yes"
		}
		fmt.Fprintf(&head, "| [%s](#%s) | %s | %d | %s |\n", c.Name, anchor(c.Name), c.ASVS, n, left)
		fmt.Fprintf(&body, "\n## %s\n\n%s\n", c.Name, text.Replace(sentence(c.Is)))
		if c.Left != "" {
			fmt.Fprintf(&body, "\n**Not done:** %s\n", text.Replace(sentence(c.Left)))
		}
		for _, t := range c.Cards {
			writeCheck(&body, t)
		}
		if err := writeShown(&body, c.Shown, shown); err != nil {
			return "", fmt.Errorf("control %q: %w", c.Name, err)
		}
	}
	return fmt.Sprintf(securityIntroduction, tests, len(controls)) + head.String() + body.String(), nil
}

func writeCheck(b *strings.Builder, c card.Card) {
	where := strings.TrimPrefix(c.Package, "./")
	fmt.Fprintf(b, "\n<details><summary>%s <code>%s</code></summary>\n\n`%s` in [%s](../%s) is red with this in `%s`:\n\n```diff\n%s```\n\n</details>\n",
		text.Replace(sentence(c.Must)), c.ID, c.Test, where, where, c.Mutant.File, diff(c.Mutant.Old, c.Mutant.New))
}

func writeShown(b *strings.Builder, ids []string, museum map[string]card.Card) error {
	if len(ids) == 0 {
		return nil
	}
	b.WriteString("\nAlso shown in the museum:")
	for i, id := range ids {
		if _, ok := museum[id]; !ok {
			return fmt.Errorf("the museum has no card %q", id)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, " [%s](museum.md#%s)", id, id)
	}
	b.WriteString(".\n")
	return nil
}
