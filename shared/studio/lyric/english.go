package lyric

import (
	"fmt"
	"regexp"
	"strings"

	"castad/shared/claim"
)

var article = regexp.MustCompile(`\b([Aa])n? ([aeioAEIO])`)

func english() *grammar {
	return &grammar{
		shortest: 5, longest: 12, quote: mostlyLatin, mend: func(s string) string { return article.ReplaceAllString(s, "${1}n ${2}") },
		price: func(won int) string { return spell(won) + " won" },
		hours: func(open, shut int) string { return clock(open) + " to " + clock(shut) },
		verse: map[claim.FactKind][]template{
			claim.Area: join(
				say(anyMood, anyTrade, "Walking down through {area}", "There's a song in {area}", "All the lights of {area}", "Meet me out in {area}", "Every road to {area}"),
				say(polite, anyTrade, "Sunny day in {area}", "Hand in hand in {area}", "Let me take you to {area}"),
				say(trendy, anyTrade, "{area} is where we ride", "Drop the pin in {area}", "Turn it up in {area}"),
				say(trot, anyTrade, "Oh my dear, to {area} we go", "Over the hill to {area}"),
			),
			claim.Category: join(
				say(anyMood, anyTrade, "Looking for a {category}?", "Here's a {category} for you", "Through the door of a {category}"),
				say(trendy, anyTrade, "{category}, that's the plan"),
				say(trot, anyTrade, "Hey ho, what a {category}"),
			),
			claim.Menu: join(
				say(anyMood, anyTrade, "Thinking about {menu}", "{menu} is on my mind", "I came here for {menu}", "Dreaming of {menu} tonight", "{menu} for {won}", "{won} and {menu} is mine"),
				say(polite, anyTrade, "Won't you share {menu} with me", "{menu} makes me smile today"),
				say(trendy, anyTrade, "{menu} on repeat, repeat", "Give me {menu}, give me the beat", "{won}, {menu}, let's go"),
				say(trot, anyTrade, "{menu} is calling me home", "Sing it out for {menu}"),
				say(anyMood, food, "One more bite of {menu}", "{menu} for you and for me"),
				say(anyMood, drink, "A cup of {menu} in my hand", "One more sip of {menu}"),
			),
			claim.Praise: say(anyMood, anyTrade, "{praise}", "I heard them say: {praise}", "Someone told me {praise}", "Oh, {praise}", "{praise}, they say"),
			claim.Story:  say(anyMood, anyTrade, "{story}", "This is our story: {story}", "Listen now: {story}", "{story}, oh yeah"),
			claim.Offer:  say(anyMood, anyTrade, "{offer}", "Hey, did you hear? {offer}", "Today: {offer}", "{offer}, come along"),
			claim.Hours:  say(anyMood, anyTrade, "{hours}", "Come by {hours}", "Open {hours}"),
		},
		free: join(
			say(bright, anyTrade, "Sunshine tapping on my shoulder", "Humming as I walk along", "Skipping down the street with you", "Something good is on its way", "Clouds are floating, so am I", "Open up the window wide", "Call your friends and come along", "Clap your hands and sing with me", "Smile a little, sing a lot", "Feel the morning in my shoes"),
			say(warm, anyTrade, "At the end of a long, long day", "Take it slow, you're doing fine", "I remember your face tonight", "Hold my hand and stay a while", "Light a candle in my heart", "Close your eyes and listen now", "Stars are falling on the sill", "Let the evening hold you near", "Walk with me a little way", "Quiet streets and gentle rain"),
			say(trendy, anyTrade, "Headphones on and volume up", "Feels like Friday all week long", "Neon flash and heartbeat drum", "Leave your worries, come with me", "Hands up high above your head", "Feet are moving on their own", "Take a picture, click click click", "Cut the beat and cut the day", "Left foot, right foot, here we go", "You and I, we know the vibe"),
			say(trot, anyTrade, "Shoulders up and dance along", "Life's a road, so rest a while", "Laugh out loud, ha ha ha ha", "Moon is riding on the clouds", "Time, oh time, don't run so fast", "Boom jack jack and boom jack jack", "Clap your hands, we sing all night", "Where are you going, my dear", "Sway to the left, to the right", "Swing me round and round again"),
		),
		hook: join(
			say(anyMood, anyTrade, "{name}, {name}, la la la", "La la la, {name}, la la", "Oh oh {name}, this is our song", "{name}, oh {name}", "Sing it: {name}, {name}"),
			say(trendy, anyTrade, "Hey {name}, yeah {name}", "{name} up, {name} go"),
			say(trot, anyTrade, "Hey ho {name}, hey ho {name}"),
		),
		answer: join(
			say(anyMood, anyTrade, "Call it again: {name}", "Clap your hands for {name}", "I hear {name} calling", "Don't forget {name}", "All the way to {name}"),
			say(trendy, anyTrade, "Make some noise for {name}"),
		),
		call: join(
			say(anyMood, anyTrade, "Come and see us at {name}", "Meet me today at {name}", "Come on over to {name}", "Open the door of {name}", "See you soon at {name}"),
			say(trendy, anyTrade, "Right now, right here, {name}"),
			say(trot, anyTrade, "Come on down to {name}, my dear"),
		),
		callArea: say(anyMood, anyTrade, "{name} in {area}", "Come to {area}, to {name}", "See you in {area} at {name}"),
		phone:    say(anyMood, anyTrade, "Call {phone}", "{phone}"),
		titles:   say(anyMood, anyTrade, "The {name} Song", "Song of {name}", "Oh, {name}", "Meet Me at {name}", "{name} La La La", "On the Way to {name}"),
	}
}

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

func clock(h int) string {
	half := "a.m."
	if h%24 >= 12 {
		half = "p.m."
	}
	n := h % 12
	if n == 0 {
		n = 12
	}
	return ones[n] + " " + half
}
