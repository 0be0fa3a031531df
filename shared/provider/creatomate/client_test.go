package creatomate_test

import (
	"testing"

	"castad/shared/provider/creatomate/creatomatetest"
	"castad/shared/provider/providertest"
)

// clients is where npm ci installs the vendors' own Node clients.
const clients = "../../../scripts/studio/clients"

func TestCreatomatesOwnClientReadsTheStandIn(t *testing.T) {
	t.Parallel()
	s := creatomatetest.Start(t, creatomatetest.Options{Key: "right"})
	out := providertest.Node(t, clients, "creatomate", `
import creatomate from 'creatomate';
const client = (key) => {
  const c = new creatomate.Client(key);
  c.httpClient.defaults.baseURL = process.env.URL + '/v1'; // an option that it does not offer
  return c;
};
const source = new creatomate.Source({ outputFormat: 'mp4', width: 180, height: 320, duration: 2, elements: [new creatomate.Text({ text: 'Hanbit' })] });
const [r] = await client('right').render({ source, metadata: 'run_1.4.1' }); // it waits 2 s before it asks
console.log(r.status, r.url === process.env.URL + '/files/' + r.id + '/film.mp4', r.width, r.metadata);
const fault = (f) => fetch(process.env.URL + '/faults', { method: 'POST', body: JSON.stringify(f) });
await fault({ kind: 'fail', text: 'no font' });
const [bad] = await client('right').startRender({ source });
const { status, errorMessage } = await client('right').fetchRender(bad.id);
console.log(status, errorMessage);
await fault({ kind: 'status', status: 402 });
console.log(await client('right').startRender({ source }).catch((e) => e.constructor.name));
console.log(await client('wrong').startRender({ source }).catch((e) => e.constructor.name));
`, "URL="+s.URL)
	const want = "succeeded true 180 run_1.4.1\nfailed no font\nInsufficientCreditsError\nInvalidApiKeyError\n"
	if out != want {
		t.Errorf("it wrote\n%s", out)
	}
	if l := s.Ledger(); len(l) != 2 || l[0].Tag != "run_1.4.1" {
		t.Errorf("%+v", l)
	}
}
