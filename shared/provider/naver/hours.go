package naver

import (
	"slices"
	"strings"

	"castad/shared/pattern"
)

var (
	weekdays = []string{"월", "화", "수", "목", "금", "토", "일"}
	english  = map[string]string{"mon": "월", "tue": "화", "wed": "수", "thu": "목", "fri": "금", "sat": "토", "sun": "일"}
	clock    = pattern.New(`^([01]?[0-9]|2[0-9]):([0-5][0-9])(?::[0-5][0-9])?$`)
)

// day is one day's opening hours in words: "11:00–21:00" or "쉼".
type day struct{ day, open string }

// hours says in words when the place is open: days that follow each other and are
// alike are put together. "" when that cannot be read: half of it would be wrong.
func hours(root view) string {
	list := root.at("newBusinessHours", "businessHours")
	if inner := list.list(); len(inner) > 0 && inner[0].at("businessHours").v != nil && inner[0].at("day").v == nil {
		list = inner[0].at("businessHours") // newBusinessHours: the days are one level further in
	}
	if s, ok := list.v.(string); ok {
		return plain(s) // some pages say it in words
	}
	var days []day
	for _, n := range list.list() {
		d := day{day: dayName(n.at("day", "dayOfWeek", "date").text())}
		times := n.at("businessHours", "hours")
		start, end := clockOf(or(times.at("start", "startTime").text(), n.at("start", "startTime").text())), clockOf(or(times.at("end", "endTime").text(), n.at("end", "endTime").text()))
		switch off, _ := n.at("isDayOff", "dayOff").v.(bool); {
		case d.day == "":
			return ""
		case start != "" && end != "":
			d.open = start + "–" + end
		case off, closed.MatchString(n.at("description", "hourString").text()):
			d.open = "쉼"
		default:
			return ""
		}
		days = append(days, d)
	}
	return inWords(days)
}

var closed = pattern.New(`휴무|휴업|쉼|쉬는|(?i)closed`)

// dayName is "매일", "평일", "주말" or one of weekdays; "" for anything else (a holiday, a date).
func dayName(s string) string {
	s = strings.TrimSuffix(s, "요일")
	if s == "매일" || s == "평일" || s == "주말" || slices.Contains(weekdays, s) {
		return s
	}
	if len(s) >= 3 {
		return english[strings.ToLower(s[:3])]
	}
	return ""
}

// clockOf is a time of day as 11:00, "" when it is none.
func clockOf(s string) string {
	m := clock.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	if len(m[1]) == 1 {
		m[1] = "0" + m[1]
	}
	return m[1] + ":" + m[2]
}

// inWords puts together neighbouring days that are alike; "" when a day comes twice.
func inWords(days []day) string {
	var parts []string
	seen := map[string]bool{}
	for i := 0; i < len(days); {
		j := i
		for ; j < len(days) && days[j].open == days[i].open && slices.Index(weekdays, days[j].day)-slices.Index(weekdays, days[i].day) == j-i; j++ {
			if seen[days[j].day] {
				return ""
			}
			seen[days[j].day] = true
			if !slices.Contains(weekdays, days[j].day) {
				j++
				break
			}
		}
		label := days[i].day
		switch n := j - i; {
		case n == len(weekdays):
			label = "매일"
		case n > 2:
			label += "–" + days[j-1].day
		case n == 2:
			label += "·" + days[j-1].day
		}
		parts = append(parts, label+" "+days[i].open)
		i = j
	}
	return strings.Join(parts, ", ")
}
