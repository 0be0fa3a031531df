package fault

// The codes of what operators do.
var adminCodes = map[Code]Entry{}
