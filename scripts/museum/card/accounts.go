package card

// accounts is the wing of connected accounts and their tokens (functions/social, shared/seal).
var accounts = []Card{}
