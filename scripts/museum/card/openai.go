package card

const (
	openaiPackage = "./shared/provider/openai"
	openaiErrors  = "https://platform.openai.com/docs/guides/error-codes"
)

// openai is the wing of OpenAI and those that speak its protocol.
var openai = []Card{
	{
		ID: "openai-quota-is-no-rate-limit", Source: "langchain-ai/langchainjs#1929, openai/codex PR#6340, 2389-research/tracker#547",
		Vendor:  "An account without credit is answered with 429 insufficient_quota, a busy one with 429 too.",
		Must:    "tell them apart by the code: no waiting brings credit.",
		Package: openaiPackage, Test: "TestEveryFailureHasItsClass/no_quota",
		Mutant: Mutant{"shared/provider/openai/errors.go", `var quotaCodes = []string{"insufficient_quota", `, `var quotaCodes = []string{`},
	},
	{
		ID: "openai-no-choices", Source: "opencode-ai/opencode#122, aaif-goose/goose PR#5248, songquanpeng/one-api#833",
		Vendor:  "A server answers 200 with an empty list of choices and no error.",
		Must:    "ask again, and not fall over the missing first choice.",
		Package: openaiPackage, Test: "TestEveryFailureHasItsClass/no_choices",
		Mutant: Mutant{"shared/provider/openai/answer.go", `	if len(res.Choices) == 0 {
		return fail(provider.Later, "no_choices", "")
	}
`, ""},
	},
	{
		ID: "openai-error-with-status-200", Source: "songquanpeng/one-api#833",
		Vendor:  "A proxy answers 200 with an error for a body.",
		Must:    "not take it for a lyric.",
		Package: openaiPackage, Test: "TestEveryFailureHasItsClass/an_error_with_status_200",
		Mutant: Mutant{"shared/provider/openai/answer.go", `	if len(res.Choices) == 0 {
		return fail(provider.Later, "no_choices", "")
	}
`, `	if len(res.Choices) == 0 {
		return claim.Lyric{}, nil
	}
`},
	},
	{
		ID: "openai-refusal", Source: "https://platform.openai.com/docs/guides/structured-outputs",
		Vendor:  "The model declines: 200, the schema is not kept, and the reason is in message.refusal.",
		Must:    "tell the owner instead of asking for the same again.",
		Package: openaiPackage, Test: "TestEveryFailureHasItsClass/a_refusal",
		Mutant: Mutant{"shared/provider/openai/answer.go", `case choice.Message.Refusal != "":`, `case choice.Message.Refusal == "no":`},
	},
	{
		ID: "openai-withheld-by-the-filter", Source: "apache/flink-agents PR#1040",
		Vendor:  "The content filter takes the answer away: 200, no text, finish_reason content_filter.",
		Must:    "tell the owner instead of calling it a bad answer.",
		Package: openaiPackage, Test: "TestEveryFailureHasItsClass/an_answer_withheld_by_the_filter",
		Mutant: Mutant{"shared/provider/openai/answer.go", "case choice.FinishReason == sdk.FinishReasonContentFilter:", "case choice.FinishReason == sdk.FinishReasonFunctionCall:"},
	},
	{
		ID: "openai-cut-at-the-token-limit", Source: "browser-use/browser-use PR#5148, mastra-ai/mastra#24442, TanStack/ai#1426",
		Vendor:  "The answer ends at the token limit, in the middle of the JSON: finish_reason length.",
		Must:    "say that it was cut, and ask again.",
		Package: openaiPackage, Test: "TestEveryFailureHasItsClass/an_answer_cut_at_the_token_limit",
		Mutant: Mutant{"shared/provider/openai/answer.go", "case choice.FinishReason == sdk.FinishReasonLength:", "case choice.FinishReason == sdk.FinishReasonFunctionCall:"},
	},
	{
		ID: "openai-schema-ignored", Source: "ollama/ollama#15595, ROCm/FastFlowLM#554, BerriAI/litellm#7131",
		Vendor:  "A local server ignores response_format: the JSON stands in prose and a code fence.",
		Must:    "find the lyric in it.",
		Package: openaiPackage, Test: "TestProseAroundTheLyricIsMetHalfWay",
		Mutant: Mutant{"shared/provider/openai/answer.go", "i := strings.IndexByte(text, '{')", "i := strings.Index(text, `{\"title`) - len(text)"},
	},
	{
		ID: "openai-schema-refused", Source: "ItzCrazyKns/Vane#969, khoj-ai/khoj#1336, llm-exe/llm-exe#662, dzhng/deep-research#22",
		Vendor:  "A compatible server refuses response_format json_schema with 400, and takes json_object.",
		Must:    "ask for what the setting says, with the schema in the prompt.",
		Package: openaiPackage, Test: "TestAServerThatKnowsNoSchemasIsAskedForLess",
		Mutant: Mutant{"shared/provider/openai/openai.go", "	case FormatObject:\n		r.ResponseFormat", "	case FormatText + FormatObject:\n		r.ResponseFormat"},
	},
	{
		ID: "openai-draft-in-the-thoughts", Source: "admonstrator/zettelrobbe#74, langchain-ai/langchain PR#35530, vllm-project/vllm#13125",
		Vendor:  "A reasoning model writes its thoughts, drafts included, before the answer: <think>…</think>.",
		Must:    "take the answer and not the draft.",
		Package: openaiPackage, Test: "TestParse",
		Mutant: Mutant{"shared/provider/openai/answer.go", `if i := strings.LastIndex(text, "</think>"); i >= 0 {`, `if i := strings.LastIndex(text, "</thoughts>"); i >= 0 {`},
	},
	{
		ID: "openai-lyric-of-nothing", Source: "opencode-ai/opencode#122",
		Vendor:  "The JSON has the right form and nothing in it.",
		Must:    "ask again instead of paying for a song without words.",
		Package: openaiPackage, Test: "TestParse",
		Mutant: Mutant{"shared/provider/openai/answer.go", "	if len(out.Lines) == 0 {\n", "	if out.Lines != nil && len(out.Lines) == 0 {\n"},
	},
	{
		ID: "openai-model-that-does-not-stop", Source: "tinyhumansai/tinyagents PR#94",
		Vendor:  "A small model repeats itself to the end of its tokens, in JSON that is valid.",
		Must:    "take no lyric of two hundred lines.",
		Package: openaiPackage, Test: "TestParse",
		Mutant: Mutant{"shared/provider/openai/answer.go", "	if len(r.Lines) > maxLines {\n", "	if len(r.Lines) > 100*maxLines {\n"},
	},
	{
		ID: "openai-model-name-refused-by-the-library", Source: "https://github.com/sashabaranov/go-openai/blob/master/reasoning_validator.go, FoundationAgents/OpenManus#490",
		Vendor:  "The client library refuses a temperature for models whose names begin with o1, o3, o4 or gpt-5, also for a local one of such a name.",
		Must:    "find that at the start, as a setting, and not at the first order, as a failure of the vendor.",
		Package: openaiPackage, Test: "TestSettingsThatTheSDKRefusesAreOurs",
		Mutant: Mutant{"shared/provider/openai/openai.go", "if err := sdk.NewReasoningValidator().Validate(c.request(\"{}\")); err != nil {", "if err := sdk.NewReasoningValidator().Validate(sdk.ChatCompletionRequest{}); err != nil {"},
	},
	{
		ID: "openai-temperature-zero-left-out", Source: "sashabaranov/go-openai#9, sashabaranov/go-openai#678",
		Vendor:  "The client library leaves a temperature of 0 out of the request, and the server takes 1.",
		Must:    "send the smallest number that is not 0.",
		Package: openaiPackage, Test: "TestALyricComesBackWithItsUsage",
		Mutant: Mutant{"shared/provider/openai/openai.go", "r.Temperature = max(*t, math.SmallestNonzeroFloat32)", "r.Temperature = max(*t, -math.SmallestNonzeroFloat32)"},
	},
	{
		ID: "openai-keyless-server", Source: "mutonby/openshorts#17, RayVentura/ShortGPT#82",
		Vendor:  "A local server takes no key, and some refuse an empty one.",
		Must:    "send no Authorization at all when there is no key.",
		Package: openaiPackage, Test: "TestAKeylessServerIsSentNoKey",
		Mutant: Mutant{"shared/provider/openai/openai.go", "config := sdk.DefaultConfig(c.cfg.Key)", "config := sdk.DefaultConfig(c.cfg.Key + \" \")"},
	},
	{
		ID: "openai-gateway-page", Source: openaiErrors,
		Vendor:  "A gateway answers 502 with a web page and Retry-After.",
		Must:    "go by the status, and keep the time that it asks for.",
		Package: openaiPackage, Test: "TestAGatewaysPageIsClassedByItsStatus",
		Mutant: Mutant{"shared/provider/openai/errors.go", "return c.p.Fail(call, a, statusClass(other.HTTPStatusCode, \"\", \"\"), \"\", \"\")", "return c.p.Fail(call, nil, provider.OurFault, \"\", \"\")"},
	},
	{
		ID: "openai-key-told", Source: openaiErrors,
		Vendor:  "A wrong key is repeated in the error's text: \"Incorrect API key provided: …\".",
		Must:    "keep it out of errors and logs.",
		Package: openaiPackage, Test: "TestTheKeyIsNotInErrors",
		Mutant: Mutant{"shared/provider/client.go", "	return []string{c.key}\n", "	return nil\n"},
	},
	{
		ID: "openai-tokens-of-a-useless-answer", Source: "https://platform.openai.com/docs/api-reference/chat/object",
		Vendor:  "An answer that is of no use is charged like any other.",
		Must:    "count its tokens all the same.",
		Package: openaiPackage, Test: "TestUsageIsToldEvenWhenTheLyricIsOfNoUse",
		Mutant: Mutant{"shared/provider/openai/openai.go", "	return lyric, used, err\n", "	if err != nil {\n		used = Usage{}\n	}\n	return lyric, used, err\n"},
	},
}
