package fault

// Told is what people are told about why something ended without success.
type Told struct {
	Code      Code   `json:"code"`
	Side      string `json:"side"`
	Message   Words  `json:"message"`
	Next      Words  `json:"next"`
	Retryable bool   `json:"retryable"`
}

// Words are a sentence in both languages.
type Words struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

// Tell is what the catalogue says about a code, that it is ours when it has no entry;
// nil for no code.
func Tell(code Code) *Told {
	if code == "" {
		return nil
	}
	e, ok := code.Entry()
	if !ok {
		e, _ = CodeInternal.Entry()
	}
	return &Told{Code: code, Side: e.Side, Message: Words{e.Ko, e.En}, Next: Words{e.NextKo, e.NextEn}, Retryable: e.Retryable}
}
