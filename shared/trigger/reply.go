package trigger

import (
	"net/http"
	"strconv"
)

// Created is the status of an answer that made something (201), for functions,
// which do not import net/http.
const Created = http.StatusCreated

// Versioned is a Reply whose ETag is a version number.
func Versioned(version int) Reply {
	return Reply{Header: http.Header{"Etag": {`"` + strconv.Itoa(version) + `"`}}}
}
