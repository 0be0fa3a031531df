package card

// openai is the wing of OpenAI and those that speak its protocol.
var openai = []Card{}
