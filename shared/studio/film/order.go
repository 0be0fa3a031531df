package film

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// order is a create request that has been read.
type order struct {
	script   json.RawMessage
	webhook  string
	metadata string
	dryRun   bool
}

// readOrder reads the request; a hint that is not empty is what is wrong with it.
func (s *Server) readOrder(w http.ResponseWriter, r *http.Request, version int) (o order, status int, hint string) {
	bad := func(format string, args ...any) (order, int, string) {
		return order{}, http.StatusBadRequest, fmt.Sprintf(format, args...)
	}
	body, hint := readBody(w, r)
	if hint != "" {
		return bad("%s", hint)
	}
	p := &problems{}
	req, ok := newObject(body, "", p)
	if !ok {
		return bad("The body must be one JSON object.")
	}
	if _, ok := req.take("template_id"); ok {
		return bad("template_id is not supported yet by this renderer: send the RenderScript itself.")
	}
	for _, name := range []string{"tags", "modifications"} {
		if raw, ok := req.take(name); ok && string(raw) != "{}" && string(raw) != "[]" {
			return bad("%s needs templates, which are not supported yet by this renderer: send the RenderScript itself.", name)
		}
	}
	o.webhook, o.metadata, o.dryRun = req.text("webhook_url", ""), req.text("metadata", ""), req.flag("dry_run", false)
	if len(o.metadata) > 4096 {
		return bad("metadata is longer than 4096 bytes.")
	}
	if !s.mayCall(o.webhook) {
		return bad("webhook_url is not an address that may be called.")
	}
	script := req
	if raw, ok := req.take("source"); ok {
		if version == 2 {
			return bad("source is not used in version 2: send the RenderScript's fields at the top level.")
		}
		if script, ok = newObject(raw, "", p); !ok {
			return bad("source must be an object.")
		}
		for name, v := range req.fields { // output_format, render_scale, … beside the source
			script.fields[name] = v
		}
	} else if version == 1 {
		return bad("source is needed: an object that holds the RenderScript.")
	}
	if len(p.errors) > 0 {
		return bad("%s", p.errors[0])
	}
	raw, err := json.Marshal(script.fields)
	if err != nil {
		return bad("The body must be one JSON object.")
	}
	o.script = raw
	return o, 0, ""
}

func readBody(w http.ResponseWriter, r *http.Request) (body []byte, hint string) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, "The body must be application/json."
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, fmt.Sprintf("The body is larger than %d bytes.", maxBody)
	}
	if err != nil {
		return nil, "The body could not be read."
	}
	return body, ""
}

// mayCall reports whether a webhook's address is allowed; none is.
func (s *Server) mayCall(webhook string) bool {
	if webhook == "" {
		return true
	}
	u, err := url.Parse(webhook)
	return err == nil && len(webhook) <= 4096 && checkURL(u, s.allow) == nil
}

// read parses a script and checks all that can be known without its files.
func (s *Server) read(raw json.RawMessage, p *problems) (*script, []wanted) {
	sc := parse(raw, p)
	if sc == nil {
		return nil, nil
	}
	list := sc.sources(p)
	s.checkSources(list, p)
	sc.check(s.fonts, p)
	return sc, list
}
