package fault

import (
	"fmt"
	"strings"
)

// Unit is what the size of an input counts.
type Unit struct{ ko, en string }

// The units. None is for numbers, which count nothing but themselves.
var (
	None       = Unit{}
	Characters = Unit{"자", " characters"}
	Items      = Unit{"개", " items"}
)

// OneOf says that an input is one of the values.
func OneOf(values ...string) Words {
	list := strings.Join(values, ", ")
	return Words{Ko: list + " 가운데 하나", En: "one of " + list}
}

// Between says how small and how large an input may be.
func Between(least, most int64, u Unit) Words {
	return Words{Ko: fmt.Sprintf("%d%s 이상 %d%s 이하", least, u.ko, most, u.ko), En: fmt.Sprintf("from %d to %d%s", least, most, u.en)}
}

// AtMost says how large an input may be.
func AtMost(most int64, u Unit) Words {
	return Words{Ko: fmt.Sprintf("%d%s 이하", most, u.ko), En: fmt.Sprintf("at most %d%s", most, u.en)}
}

// AtLeast says how small an input may be.
func AtLeast(least int64, u Unit) Words {
	return Words{Ko: fmt.Sprintf("%d%s 이상", least, u.ko), En: fmt.Sprintf("at least %d%s", least, u.en)}
}

// Hashtag is what a hashtag may be, on every channel.
var Hashtag = Words{Ko: "#을 뺀 1–40자, 빈칸과 <, > 없이", En: "1 to 40 characters without #, spaces, < and >"}
