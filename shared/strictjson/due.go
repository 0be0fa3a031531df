package strictjson

import (
	"reflect"
	"time"

	"castad/shared/fault"
)

// What is due, by shape.
var (
	dueText   = fault.Words{Ko: "문자열", En: "a string"}
	dueBool   = fault.Words{Ko: "true 또는 false", En: "true or false"}
	dueNumber = fault.Words{Ko: "따옴표 없는 숫자", En: "a number, without quotes"}
	dueWhole  = fault.Words{Ko: "따옴표와 쉼표 없는 정수", En: "a whole number, without quotes and commas"}
	dueList   = fault.Words{Ko: "목록 [ … ]", En: "a list [ … ]"}
	dueObject = fault.Words{Ko: "객체 { … }", En: "an object { … }"}
	dueTime   = fault.Words{Ko: "2026-12-24T09:00:00+09:00과 같은 시각(RFC 3339)", En: "a time as RFC 3339 has it, such as 2026-12-24T09:00:00+09:00"}
)

// Due says what a value for dst has to look like; nothing for types that do not tell.
func Due(dst reflect.Value) fault.Words {
	switch known := dst.Interface().(type) {
	case time.Time:
		return dueTime
	case interface{ Form() string }:
		return fault.Words{Ko: known.Form() + " 형식의 번호", En: "an id of the form " + known.Form()}
	}
	switch dst.Kind() {
	case reflect.Bool:
		return dueBool
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return dueWhole
	}
	return fault.Words{}
}
