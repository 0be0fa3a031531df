package card

// channels is the wing of publishing, whatever the channel (functions/sns).
var channels = []Card{}
