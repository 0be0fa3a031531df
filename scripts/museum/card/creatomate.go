package card

// creatomate is the wing of Creatomate.
var creatomate = []Card{}
