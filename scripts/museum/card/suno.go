package card

// suno is the wing of Suno's resellers.
var suno = []Card{}
