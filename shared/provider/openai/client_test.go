package openai_test

import (
	"strings"
	"testing"

	"castad/shared/provider/openai/openaitest"
	"castad/shared/provider/providertest"
)

// clients is where npm ci installs the vendors' own Node clients.
const clients = "../../../scripts/studio/clients"

func TestOpenAIsOwnClientReadsTheStandIn(t *testing.T) {
	t.Parallel()
	s := openaitest.Start(t, openaitest.Options{Key: "sk-right"})
	out := providertest.Node(t, clients, "openai", `
import OpenAI from 'openai';
const client = new OpenAI({ baseURL: process.env.URL, apiKey: 'sk-right', maxRetries: 0 });
const brief = { language: 'en', mood: 'warm', seconds: 15, facts: [{ id: 'f1', kind: 'name', text: 'Hanbit Noodles' }] };
const ask = () => client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: JSON.stringify(brief) }] });
const told = async (kind) => {
  await fetch(new URL('/faults', process.env.URL), { method: 'POST', body: JSON.stringify(kind) });
  return ask().then((a) => a.choices[0], (e) => e);
};
const answer = await ask();
console.log(answer.choices[0].finish_reason, JSON.parse(answer.choices[0].message.content).title, answer.usage.total_tokens > 0);
const quota = await told({ kind: 'status', status: 429, code: 'insufficient_quota', text: 'no credit' });
console.log(quota instanceof OpenAI.RateLimitError, quota.code, quota.message);
const refusal = await told({ kind: 'refusal' });
console.log(refusal.message.refusal);
const wrong = await new OpenAI({ baseURL: process.env.URL, apiKey: 'sk-wrong', maxRetries: 0 }).models.list().catch((e) => e.status);
console.log(wrong);
`, "URL="+s.URL)
	const want = "stop Hanbit Noodles true\ntrue insufficient_quota 429 no credit\nI'm sorry, I can't help with that.\n404\n"
	if out != want {
		t.Errorf("it wrote\n%s", out)
	}
	if n := len(s.Ledger()); n != 2 || strings.Contains(string(s.Ledger()[0].Request), "sk-right") {
		t.Errorf("%d in the ledger", n)
	}
}
