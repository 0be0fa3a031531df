// What goes wrong, and what others knock with: vendors with their tokens, Kakao with its
// key, operators with what is stuck. The stand-ins tell what they were sent, and fail when
// they are told to.
import { client, env, key, ok, same, type Schemas } from "./api.js";

const owner = client(env("TOKEN"));
const stranger = client("");
const operator = client(env("ADMIN_TOKEN"));

type Standin = "MUSIC" | "RENDERER" | "INSTAGRAM";

async function desk(who: Standin, method: string, path: string, body?: unknown): Promise<string> {
  const answer = await fetch(env(who) + path, { method, body: body === undefined ? null : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${who}${path}: ${answer.status} ${await answer.text()}`);
  return answer.text();
}

// told is the first match of a pattern in what a stand-in was sent.
async function told(who: Standin, pattern: RegExp): Promise<string> {
  const found = pattern.exec(await desk(who, "GET", "/ledger"))?.[1];
  if (!found) throw new Error(`${who} was sent no ${pattern}`);
  return found;
}

// until asks again and again until the answer is good.
async function until<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 1200; tries++) {
    const answer = await ask();
    if (good(answer)) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${what} does not come`);
}

const order = async (place: string) => ok(await owner.POST("/ads", { params: { header: key() }, body: { place, publish: "none" } }), 201).id;
const read = async (id: string) => ok(await owner.GET("/ads/{id}", { params: { path: { id } } }));
const becomes = (id: string, state: Schemas["Ad"]["state"]) => until(`an ad that has ${state}`, () => read(id), (ad) => ad.state === state);

// failing: a song that the vendor does not make, and one that it makes when asked again.
export async function failing(place: string) {
  await desk("MUSIC", "POST", "/faults", [{ op: "generate", kind: "fail", times: 10 }]);
  const id = await order(place);
  const failed = await becomes(id, "failed");
  same(failed.fail?.code, "vendor.failed", "why it failed");
  await desk("MUSIC", "DELETE", "/faults");
  ok(await owner.POST("/ads/{id}/retry", { params: { path: { id } } }));
  await becomes(id, "succeeded");
}

// lost: a reel of which nobody learns whether it is out; its owner has looked.
export async function lost(ad: string, account: string) {
  const made = ok(await owner.POST("/posts", { params: { header: key() }, body: { ad, channel: "instagram", account } }), 201);
  const at = { params: { path: { id: made.id } } };
  const shown = await until("a post that nobody finds", async () => ok(await owner.GET("/posts/{id}", at)), (p) => p.fail?.code === "run.outcome_never_known");
  same(shown.state, "unknown", "a lost post");
  await desk("INSTAGRAM", "DELETE", "/faults");
  same(ok(await owner.POST("/posts/{id}/confirm", { ...at, body: { published: false } })).fail?.code, "post.confirmed_absent", "a post that is not there");
}

// stuck: a run that waits for a vendor is moved on, and ended.
export async function stuck(place: string) {
  const vendor = { params: { path: { vendor: "suno" } } };
  ok(await operator.POST("/admin/vendors/{vendor}/pause", { ...vendor, body: { reason: "a test" } }));
  const id = await order(place);
  const run = { params: { path: { id: (await read(id)).run } } };
  same(ok(await operator.POST("/admin/runs/{id}/redrive", run)).state, "running", "a run that was moved on");
  ok(await operator.POST("/admin/runs/{id}/cancel", run));
  await becomes(id, "cancelled");
  ok(await operator.POST("/admin/vendors/{vendor}/resume", { ...vendor, body: { reason: "a test" } }));
}

// letters: a message that was given up is sent again.
export async function letters() {
  const all = ok(await operator.GET("/admin/deadletters", { params: { query: { queue: "song-generate" } } })).items;
  ok(await operator.POST("/admin/deadletters/{id}/redrive", { params: { path: { id: all.find((l) => l.ours)!.id } } }));
}

// unlinked: Kakao says that somebody has ended the link.
export async function unlinked() {
  const headers = { Authorization: "KakaoAK admin", "Content-Type": "application/x-www-form-urlencoded" };
  const body = "app_id=1&user_id=1&referrer_type=UNLINK_FROM_APPS";
  same(ok(await stranger.POST("/auth/kakao/unlink", { headers, body: body as never, bodySerializer: (b: unknown) => b as BodyInit })).received, true, "Kakao's word");
}

// knocking: vendors call back and fetch what they were given, with the tokens that they were sent.
export async function knocking() {
  const song = { path: { token: await told("MUSIC", /\/callbacks\/song\/([\w-]+)/) } };
  ok(await stranger.POST("/callbacks/song/{token}", { params: song, body: { code: 200, data: { callbackType: "complete", task_id: "x" } } as never }));
  const film = { path: { token: await told("RENDERER", /\/callbacks\/video\/([\w-]+)/) } };
  ok(await stranger.POST("/callbacks/video/{token}", { params: film, body: { id: "x", status: "succeeded" } as never }));
  const media = { path: { token: await told("RENDERER", /\/media\/([\w.-]+)/) } };
  const file = await stranger.GET("/media/{token}", { params: media, parseAs: "arrayBuffer" });
  const size = (ok(file) as ArrayBuffer).byteLength;
  const head = await stranger.HEAD("/media/{token}", { params: media, parseAs: "text" });
  same([head.response.status, Number(head.response.headers.get("Content-Length"))], [200, size], "HEAD of what was fetched");
}
