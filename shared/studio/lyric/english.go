package lyric

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"castad/shared/claim"
)

var article = regexp.MustCompile(`\b([Aa])n? ([aeioAEIO])`)

var twice = regexp.MustCompile(`\b([Tt]he) [Tt]he\b`)

// mendEnglish sets what depends on the words filled in: an apple, one the, a capital at the start.
func mendEnglish(s string) string {
	s = twice.ReplaceAllString(article.ReplaceAllString(s, "${1}n ${2}"), "$1")
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// english is the English grammar. Korean names and dishes are sung as they are.
func english() *grammar {
	return &grammar{
		shortest: 5, longest: 12, quote: mostlyLatin, mend: mendEnglish,
		price: func(won int) string { return spell(won) + " won" },
		hours: func(open, shut clockTime) string { return clock(open) + " to " + clock(shut) },
		verse: map[claim.FactKind][]template{
			claim.Area: englishArea, claim.Category: englishCategory, claim.Menu: join(englishMenu, englishMenuByTrade),
			claim.Praise: say(anyMood, anyTrade, "{praise}", "They told me: {praise}", "Somebody said: {praise}", "{praise}, they say", "{praise}, {praise:low}"),
			claim.Story:  say(anyMood, anyTrade, "{story}", "Our story: {story:low}", "Listen now: {story:low}", "{story}, oh yeah"),
			claim.Offer:  say(anyMood, anyTrade, "{offer}", "Did you hear? {offer}", "Good news: {offer:low}", "{offer}, come along"),
			claim.Hours:  say(anyMood, anyTrade, "{hours}", "Come by, {hours}", "Open {hours}"),
		},
		free: join(englishFree, englishFreeByTrade), hook: englishHook, answer: englishAnswer, call: englishCall,
		callArea: say(anyMood, anyTrade, "{name} in {area}", "Come to {area}, to {name}", "See you in {area} at {name}"),
		callAny:  join(say(anyMood, anyTrade, "Come on over, come today", "Open up the door for me"), say(trot, anyTrade, "Come along, my dear, my dear")),
		phone:    say(anyMood, anyTrade, "Call {phone}", "{phone}"),
		titles:   say(anyMood, anyTrade, "The {name} Song", "Song of {name}", "Oh, {name}", "Meet Me at {name}", "{name} La La La", "On the Way to {name}"),
	}
}

var englishArea = join(
	say(anyMood, anyTrade, "Walking down through {area}", "There's a song in {area}", "All the lights of {area}", "Meet me out in {area}", "Every road to {area}"),
	say(gentle, anyTrade, "Sunny day in {area}", "Hand in hand in {area}", "Let me take you to {area}"),
	say(trendy, anyTrade, "{area} is where we ride", "Drop the pin in {area}", "Turn it up in {area}"),
	say(trot, anyTrade, "Oh my dear, to {area} we go", "Over the hill to {area}"),
)

var englishCategory = join(
	say(anyMood, anyTrade, "Looking for a {category}?", "Here's a {category} for you", "Through the door of a {category}"),
	say(trendy, anyTrade, "{category}, that's the plan"),
	say(trot, anyTrade, "Hey ho, what a {category}"),
)

// A thing sold takes "the": whether it can be counted is not known.
var englishMenu = join(
	say(anyMood, anyTrade, "Thinking about the {menu}", "I came here for the {menu}", "{menu} for {won}", "{won} for the {menu}", "{menu}, {won}", "{menu}, {menu}, {won}"),
	say(gentle, anyTrade, "The {menu} makes me smile today", "All I need is the {menu}", "Just {won} for the {menu}"),
	say(trendy, anyTrade, "{menu} on repeat, repeat", "Give me the {menu}, give me the beat", "{won}, {menu}, let's go"),
	say(trot, anyTrade, "Oh, the {menu} is calling me", "Sing it out for the {menu}"),
)

var englishMenuByTrade = join(
	say(anyMood, food, "One more bite of the {menu}", "{menu} for you and for me", "Hungry for the {menu}"),
	say(gentle, food, "Won't you share the {menu} with me"),
	say(trot, food, "Pass the {menu} round the table"),
	say(anyMood, drink, "{menu} in my hand", "One more sip of the {menu}"),
	say(gentle, drink, "Slow it down, the {menu} and me"),
	say(trendy, drink, "{menu} to go, we go"),
	say(anyMood, beauty, "{menu} and a brand new me", "After the {menu}, look at me"),
	say(trendy, beauty, "{menu}, now strike a pose"),
	say(anyMood, stay, "Waking up slow in the {menu}", "{menu}, {won}, sleep tight"),
	say(gentle, stay, "Good night from the {menu}"),
	say(anyMood, gym, "{menu} and a brand new start", "Get your {menu}, get it going"),
	say(trendy, gym, "{menu}, turn the music up"),
	say(anyMood, flower, "Say it with the {menu}", "{menu} for the one you love", "Hold the {menu} close to you"),
)

var englishHook = join(
	say(anyMood, anyTrade, "{name}, {name}, la la la", "La la la, {name}, la la", "Oh oh {name}, this is our song", "{name}, oh {name}", "Sing it: {name}, {name}"),
	say(trendy, anyTrade, "Hey {name}, yeah {name}", "{name} up, {name} go"),
	say(trot, anyTrade, "Hey ho {name}, hey ho {name}"),
)

var englishAnswer = join(
	say(anyMood, anyTrade, "Call it again: {name}", "Clap your hands for {name}", "I hear {name} calling", "Don't forget {name}", "All the way to {name}"),
	say(trendy, anyTrade, "Make some noise for {name}"),
)

var englishCall = join(
	say(anyMood, anyTrade, "Come and see us at {name}", "Meet me today at {name}", "Come on over to {name}", "Open the door of {name}", "See you soon at {name}"),
	say(trendy, anyTrade, "Right now, right here, {name}"),
	say(trot, anyTrade, "Come on down to {name}, my dear"),
	say(anyMood, food, "Come hungry to {name}"), say(anyMood, drink, "Take a seat at {name}"), say(anyMood, beauty, "Shine a little at {name}"),
	say(anyMood, stay, "Rest your head at {name}"), say(anyMood, gym, "Work it out at {name}"), say(anyMood, flower, "Pick a flower at {name}"),
)

var englishFree = join(
	say(bright, anyTrade, "Sunshine tapping on my shoulder", "Humming as I walk along", "Skipping down the street with you", "Something good is on its way", "Clouds are floating, so am I", "Open up the window wide", "Call your friends and come along", "Clap your hands and sing with me", "Smile a little, sing a lot", "Feel the morning in my shoes"),
	say(warm, anyTrade, "At the end of a long, long day", "Take it slow, you're doing fine", "I remember your face tonight", "Hold my hand and stay a while", "Light a candle in my heart", "Close your eyes and listen now", "Stars are falling on the sill", "Let the evening hold you near", "Walk with me a little way", "Quiet streets and gentle rain"),
	say(trendy, anyTrade, "Headphones on and volume up", "Feels like Friday all week long", "Neon flash and heartbeat drum", "Leave your worries, come with me", "Hands up high above your head", "Feet are moving on their own", "Take a picture, click click click", "Cut the beat and cut the day", "Left foot, right foot, here we go", "You and I, we know the vibe"),
	say(trot, anyTrade, "Shoulders up and dance along", "Life's a road, so rest a while", "Laugh out loud, ha ha ha ha", "Moon is riding on the clouds", "Time, oh time, don't run so fast", "Boom chaka boom and boom again", "Clap your hands, we sing all night", "Where are you going, my dear", "Sway to the left, to the right", "Swing me round and round again"),
)

var englishFreeByTrade = join(
	say(gentle, food, "Hear my belly sing along", "Pull a chair up next to mine", "Pass the salt and pass the smiles"),
	say(trendy|trot, food, "Spoons and forks, they keep the beat", "Knock knock, hungry at the door"),
	say(gentle, drink, "Watch the steam go up and dance", "Window seat and nowhere to be"),
	say(trendy|trot, drink, "Ice is clinking on the beat", "Raise a glass to you and me"),
	say(gentle, beauty, "Look who's smiling in the mirror", "Let your hair down, let it swing"),
	say(trendy|trot, beauty, "Turn around and watch me shine", "Shake it left and shake it right"),
	say(gentle, stay, "Pack a bag and close the door", "Count the stars and drift away"),
	say(trendy|trot, stay, "Turn your phone off, turn the page", "Roll the suitcase down the lane"),
	say(gentle, gym, "One more step than yesterday", "Tie your laces, breathe in deep"),
	say(trendy|trot, gym, "One more set and one more song", "Heart is pounding like a drum"),
	say(gentle, flower, "There's a word I never say", "Someone's smile is on my mind"),
	say(trendy|trot, flower, "Petals falling on the beat", "Petals here and petals there"),
)

var (
	ones = []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	tens = []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
)

// spell writes a number in words, as it is sung: 9000 nine thousand.
func spell(n int) string {
	if n >= 1_000_000_000 {
		return fmt.Sprint(n)
	}
	var parts []string
	for _, g := range []struct {
		unit int
		name string
	}{{1_000_000, "million"}, {1000, "thousand"}, {1, ""}} {
		v := n / g.unit
		n %= g.unit
		if v == 0 {
			continue
		}
		if v >= 100 {
			parts = append(parts, ones[v/100], "hundred")
			v %= 100
		}
		switch {
		case v >= 20 && v%10 > 0:
			parts = append(parts, tens[v/10]+"-"+ones[v%10])
		case v >= 20:
			parts = append(parts, tens[v/10])
		case v > 0:
			parts = append(parts, ones[v])
		}
		if g.name != "" {
			parts = append(parts, g.name)
		}
	}
	return strings.Join(parts, " ")
}

// clock says a time of day: eleven thirty a.m.
func clock(t clockTime) string {
	half := "a.m."
	if t.hour%24 >= 12 {
		half = "p.m."
	}
	n := t.hour % 12
	if n == 0 {
		n = 12
	}
	if t.half {
		return ones[n] + " thirty " + half
	}
	return ones[n] + " " + half
}

// openers begin a quoted sentence in lower case when it does not begin a line;
// another first word may be a name.
var openers = strings.Fields(`the a an it it's they they're we we're you you're this that these those my our so very everything always great good nice friendly best staff soft quiet warm fresh free free every two three one first`)

func lowerFirst(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if slices.Contains(openers, strings.ToLower(first)) {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
