// Package openapi describes HTTP functions as an OpenAPI 3.1 document.
//
// What a client can rely on is read from what runs: routes and methods from
// function.json, inputs and outputs from the Go types and the tags that package
// strictjson obeys, statuses and codes from fault's catalogue. Sentences and what
// types cannot say (which codes a function can reach, whether it creates) come
// from the source (package source). Nothing is written down twice.
//
// Promise: the same functions give the same bytes. Schemas of requests refuse
// unknown fields, because the API does; schemas of answers do not, because
// fields are added to them. A list in an answer is never null. Types that cannot be
// described are an error, not an empty schema.
//
// Used when the contract is generated and tested, not when it is served: the
// committed document is.
package openapi
