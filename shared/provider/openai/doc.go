// Package openai asks an OpenAI-compatible chat model for lyrics: OpenAI itself,
// a model server of our own (vLLM, llama.cpp, Ollama), or the studio. Which
// one it is, is a base URL.
//
// The wire format is the SDK's (github.com/sashabaranov/go-openai v1.43.0); the
// transport is package provider's, so deadline, size cap, no redirects and no
// retries hold here as everywhere.
//
// # The prompt
//
// Two messages. The system message says what to write, and that the user message
// is data: facts are typed by strangers, so nothing in them is an instruction.
// The user message is the claim.Brief as JSON and
// nothing else. The answer is bound to a JSON schema in strict mode; every line
// names the facts it uses, which package claim then checks. Servers that ignore
// response_format are met half way: the schema stands in the prompt as well, and the
// lyric is looked for inside prose, code fences and <think> blocks. Those that refuse
// it (DeepSeek: 400) are asked for less by Config.Format.
//
// # Classes
//
// A lost answer costs tokens and nothing else, so there is no unknown here: what
// other vendors call unknown is later, and the engine may ask again. So is an
// answer that is cut (finish_reason length), empty or no lyric: another try of
// the same prompt may come out well, and the engine counts the tries.
//
//	SDK refuses before sending (reasoning model with a temperature)   ourFault
//	429 insufficient_quota and the codes of quotaCodes, 402           quotaExhausted
//	429 otherwise                                                     rateLimited
//	400 content_filter, content_policy_violation, context_length…     userFault
//	400 otherwise, 401, 403, 404, 422, redirects                      ourFault
//	413                                                               userFault
//	408, 409, 5xx, no answer, unintelligible answer                   later
//	refusal, finish_reason content_filter                             userFault
package openai
