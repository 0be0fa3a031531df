package openapi

import "castad/shared/fault"

// Source is what the source text says and reflection cannot see. Types and fields are named
// by import path, "castad/functions/ad.Wish" and "castad/functions/ad.Wish.Mood".
type Source struct {
	Types  map[string]string
	Fields map[string]string
	// Enums are the constants of a string type, in their order.
	Enums map[string][]string
	// Modules are the first paragraphs of the modules' package comments, by module, "ad".
	Modules map[string]string
	// Functions are by function name, "ad-request".
	Functions map[string]Behaviour
}

// Behaviour is what the code of one function can do.
type Behaviour struct {
	// Doc is the package comment.
	Doc string
	// Codes are the failures that it can reach, sorted.
	Codes []fault.Code
	// Always is the status that it answers with when all is well, 0 = the usual one;
	// Sometimes is another one, 201 when something is new.
	Always, Sometimes int
	// Tags: it sets an ETag. Cookies: it sets cookies. Located: it says where what it made is.
	Tags, Cookies, Located bool
	// Redirects: it sends the browser elsewhere instead of answering, sometimes.
	Redirects bool
}

// Extra is what neither types nor code say about one function.
type Extra struct {
	// Guard names the security scheme of a public function, or says in words what protects it
	// when OpenAPI has no scheme for it; "open" = there is nothing to protect.
	Guard string
	// Or says in words what may come instead of the scheme that Guard names.
	Or string
	// Body are the content types of a body that is not JSON.
	Body []string
	// Content are the types of the files that are answered; empty = any.
	Content []string
	// Poll is a value of the type that a long poll answers, Events one for each event of a stream.
	Poll   any
	Events map[string]any
	// Example is a request body, More are others that show what does not go together with it.
	Example string
	More    []string
}
