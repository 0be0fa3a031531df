package openapi

import "strings"

// deepest is how far a made-up example follows types into each other: no answer is that
// deep, so only a type that holds itself is cut short.
const deepest = 12

// texts are what a field of this name looks like.
var texts = map[string]string{
	"ko": "가게 정보를 확인해 주세요.", "en": "Please check the details.", "name": "돌담골목 칼국수", "title": "돌담골목 칼국수", "text": "돌담골목에서 한 그릇",
	"caption": "을지로에서 만나요", "url": "https://youtu.be/dQw4w9WgXcQ", "link": "https://naver.me/xYz12", "address": "서울 중구 을지로 999길 7",
	"area": "을지로", "phone": "0507-0000-0001", "channel": "youtube", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"type": "image/jpeg", "state": "succeeded", "source": "owner", "status": "ok", "query": "칼국수", "etag": "\"3\"",
	"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth?client_id=castad", "token_type": "Bearer", "side": "you", "section": "hook", "privacy": "unlisted", "account": "channel_01hv3kq9zr2ab", "request_id": "5d1e0000-0000-4000-8000-00000000abcd",
}

// numbers are what a field of this name counts.
var numbers = map[string]int{"seconds": 30, "won": 9000, "width": 1080, "height": 1920, "bytes": 8_388_608, "expires_in": 900}

// sample makes a value up that fits a schema, the same one every time.
func sample(known map[string]Object, schema Object, name string, depth int) any {
	if to, ok := schema.Field("$ref").(string); ok {
		return sample(known, known[strings.TrimPrefix(to, "#/components/schemas/")], name, depth)
	}
	if any, ok := schema.Field("anyOf").([]Object); ok {
		return sample(known, any[0], name, depth)
	}
	if enum, ok := schema.Field("enum").([]string); ok && len(enum) > 0 {
		return enum[0]
	}
	kind, _ := schema.Field("type").(string)
	if kinds, ok := schema.Field("type").([]string); ok {
		kind = kinds[0]
	}
	switch kind {
	case "object":
		return object(known, schema, depth)
	case "array":
		items, _ := schema.Field("items").(Object)
		if depth > deepest {
			return []any{}
		}
		return []any{sample(known, items, strings.TrimSuffix(name, "s"), depth+1)}
	case "boolean":
		return true
	case "integer":
		if least, ok := schema.Field("minimum").(int64); ok && least > 1 {
			return least
		}
		return max(1, numbers[name])
	case "number":
		return 1.5
	case "string":
		return text(schema, name)
	}
	return Object{}
}

func object(known map[string]Object, schema Object, depth int) any {
	properties, _ := schema.Field("properties").(Object)
	out := Object{}
	for _, p := range properties {
		value, _ := p.Value.(Object)
		if depth <= deepest {
			out = out.With(p.Name, sample(known, value, p.Name, depth+1))
		}
	}
	if values, ok := schema.Field("additionalProperties").(Object); ok && depth <= deepest {
		out = out.With("0", sample(known, values, "", depth+1))
	}
	return out
}

func text(schema Object, name string) string {
	if pattern, ok := schema.Field("pattern").(string); ok && strings.HasSuffix(pattern, "_[0-9a-hjkmnp-tv-z]{13}$") {
		prefix, _, _ := strings.Cut(strings.TrimPrefix(pattern, "^"), "_")
		return prefix + "_01hv3kq9zr2ab"
	}
	if schema.Field("format") == "date-time" {
		return "2026-11-29T09:00:00Z"
	}
	if schema.Field("contentEncoding") != nil {
		return "Y2FzdGFk"
	}
	if s := texts[name]; s != "" {
		return s
	}
	return name
}
