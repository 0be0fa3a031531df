package card

// Control is one thing that somebody who reviews CastAD's security looks for:
// what is done, and the tests that are red without it.
type Control struct {
	// Name is the heading. ASVS are the requirements of OWASP ASVS 5.0 that it answers.
	Name, ASVS string
	// Is says what CastAD does.
	Is string
	// Cards are its tests and mutants; each says in Must what holds. They have no
	// source and no vendor.
	Cards []Card
	// Shown are the ids of cards of the museum that show it, too.
	Shown []string
	// Left is what is not done and why; "" = nothing.
	Left string
}

// Controls returns the controls in the order of docs/security.md.
func Controls() []Control {
	var all []Control
	for _, part := range [][]Control{loginControls, callerControls, tenantControls, operatorControls, inputControls, secretControls, houseControls} {
		all = append(all, part...)
	}
	return all
}

// ControlCards returns the cards of every control.
func ControlCards() []Card {
	var all []Card
	for _, c := range Controls() {
		all = append(all, c.Cards...)
	}
	return all
}
