package lyric

// Text is an owner's own lyric.
type Text struct {
	// Title is the song's and the film's; absent = as it is.
	Title *string `json:"title,omitempty" max:"80"`
	// Lines replace all lines; absent = as they are.
	Lines []Line `json:"lines,omitempty" max:"40"`
}

// Line is one line as an owner writes it.
type Line struct {
	// Section is verse, hook or call; absent = as the line in its place, else verse.
	Section string `json:"section,omitempty" enum:"verse,hook,call"`
	Text    string `json:"text" required:"true" max:"80"`
	// Facts are the ids of the place's facts that it leans on; absent = CastAD finds them.
	Facts []string `json:"facts,omitempty" max:"40"`
}
