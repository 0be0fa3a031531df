package card

// youtube is the wing of YouTube.
var youtube = []Card{}
