//go:build race

package blob_test

// raceDetector: shadow memory makes the resident set several times the heap.
const raceDetector = true
