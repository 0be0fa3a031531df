//go:build race

package provider

// raceDetector: shadow memory makes the resident set several times the heap.
const raceDetector = true
