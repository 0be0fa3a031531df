package seal

// Version returns the key version that a value names; "" for what is no sealed value.
func Version(sealed []byte) string {
	e, err := parse(sealed)
	if err != nil {
		return ""
	}
	return e.version
}
