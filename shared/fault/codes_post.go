package fault

// The codes of posts.
var postCodes = map[Code]Entry{}
