package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"castad/functions/place"
)

// placeFile is docs/sample/place.json; its schema is documented beside it.
type placeFile struct {
	place.Details
	Language string    `json:"language"`
	Photos   []string  `json:"photos"`
	Order    placeWish `json:"order"`
}

type placeWish struct {
	Genre    string   `json:"genre"`
	Mood     string   `json:"mood"`
	Voice    string   `json:"voice"`
	Seconds  int      `json:"seconds"`
	Aspect   string   `json:"aspect"`
	Template string   `json:"template"`
	Quality  string   `json:"quality"`
	Publish  string   `json:"publish"`
	Channels []string `json:"channels"`
	Caption  string   `json:"caption"`
	Hashtags []string `json:"hashtags"`
}

// readPlace reads a place file strictly and makes its photos' paths absolute.
func readPlace(file string) (placeFile, error) {
	var p placeFile
	text, err := os.ReadFile(file)
	if err != nil {
		return p, fmt.Errorf("read the place: %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&p); err != nil {
		return p, fmt.Errorf("read the place %s: %w", file, err)
	}
	if len(p.Photos) == 0 {
		return p, fmt.Errorf("the place %s names no photos", file)
	}
	for i, photo := range p.Photos {
		if !filepath.IsAbs(photo) {
			p.Photos[i] = filepath.Join(filepath.Dir(file), photo)
		}
	}
	return p, nil
}
