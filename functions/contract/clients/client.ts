// Calls every operation of openapi.json with the client that is generated from it, as a
// developer of a web or mobile client would, and says which ones it has not called.
import { readFile } from "node:fs/promises";
import { called, client, env, events, headed, key, ok, press, refused, same, type Schemas } from "./api.js";
import { failing, letters, lost, knocking, stuck, unlinked } from "./others.js";

const owner = client(env("TOKEN"));
const stranger = client("");

// health: anybody may ask.
async function health() {
  same(ok(await stranger.GET("/health/live")).status, "ok", "live");
  same(ok(await stranger.GET("/health/ready")).status, "ready", "ready");
}

// contract: the document is there, and a copy is kept by its ETag.
async function contract() {
  const answer = await stranger.GET("/openapi.json");
  const document = ok(answer) as { openapi: string; paths: Record<string, Record<string, unknown>> };
  const etag = headed(answer, "ETag");
  const again = await stranger.GET("/openapi.json", { headers: { "If-None-Match": etag }, parseAs: "text" });
  same(again.response.status, 304, "If-None-Match");
  same((await stranger.HEAD("/openapi.json", { parseAs: "text" })).response.status, 200, "HEAD");
  return document;
}

// place: typed facts and a photo; the same key makes one place.
async function place() {
  const headers = key();
  const body = { name: "돌담골목 칼국수", area: "을지로", menu: [{ name: "칼국수", won: 9000 }] };
  const made = ok(await owner.POST("/places", { params: { header: headers }, body }), 201);
  same(ok(await owner.POST("/places", { params: { header: headers }, body }), 200).id, made.id, "the same key");
  refused(await owner.POST("/places", { params: { header: headers }, body: { ...body, name: "다른 가게" } }), 422, "request.idempotency_key_reused");
  const photo = await readFile(env("PHOTO"));
  const upload = { params: { path: { id: made.id } }, body: photo as never, bodySerializer: (b: unknown) => b as BodyInit, headers: { "Content-Type": "image/jpeg" } };
  const kept = ok(await owner.POST("/places/{id}/photos", upload), 201);
  same(ok(await owner.POST("/places/{id}/photos", upload), 200).id, kept.id, "the same photo");
  same(ok(await owner.GET("/places/{id}", { params: { path: { id: made.id } } })).photos.length, 1, "photos");
  const found = ok(await owner.GET("/places", { params: { query: { query: "한빛분식 60" } } })).items;
  if (found.length === 0) throw new Error("the search finds nothing");
  await correct(made.id, kept.id);
  return made;
}

// correct: a place is put right by whoever has read it last; a photo goes and comes back.
async function correct(place: string, photo: string) {
  const at = { path: { id: place } };
  const etag = headed(await owner.GET("/places/{id}", { params: at }), "ETag");
  const body = { facts: [{ fact: "f3", won: 9500 }, { kind: "menu" as const, text: "만두" }], photos: [photo] };
  refused(await owner.PATCH("/places/{id}", { params: at as never, body }), 428, "request.if_match_required");
  const now = ok(await owner.PATCH("/places/{id}", { params: { ...at, header: { "If-Match": etag } }, body }));
  same(now.facts.find((f) => f.text === "만두")?.id, "f4", "a new fact's id");
  refused(await owner.PATCH("/places/{id}", { params: { ...at, header: { "If-Match": etag } }, body }), 412, "resource.stale");
  same(ok(await owner.DELETE("/places/{id}/photos/{photo}", { params: { path: { id: place, photo } } })).photos.length, 0, "photos that are left");
  const upload = { params: at, body: (await readFile(env("PHOTO"))) as never, bodySerializer: (b: unknown) => b as BodyInit, headers: { "Content-Type": "image/jpeg" } };
  same(ok(await owner.POST("/places/{id}/photos", upload), 201).id, photo, "the photo that came back");
}

// social: an account is connected as in a browser, with its cookie, and let go.
async function social(channel: "youtube" | "instagram") {
  const begun = await owner.GET("/social/{channel}/start", { params: { path: { channel } } });
  const page = ok(begun).authorize_url;
  const cookie = headed(begun, "Set-Cookie").split(";")[0]!;
  const back = new URL(await press(page, { answer: "allow", decision: "allow" }));
  const query = { state: back.searchParams.get("state")!, code: back.searchParams.get("code")! };
  refused(await stranger.GET("/social/{channel}/callback", { params: { path: { channel }, query } }), 400, "social.bad_state"); // another browser
  const again = new URL(await press(ok(await owner.GET("/social/{channel}/start", { params: { path: { channel } }, headers: { Cookie: cookie } })).authorize_url, { answer: "allow", decision: "allow" }));
  const done = ok(await stranger.GET("/social/{channel}/callback", {
    params: { path: { channel }, query: { state: again.searchParams.get("state")!, code: again.searchParams.get("code")! } }, headers: { Cookie: cookie },
  }));
  const all = ok(await owner.GET("/social/accounts")).items;
  if (!all.some((a) => a.id === done.account.id)) throw new Error(`the account is not in ${JSON.stringify(all)}`);
  return done.account.id;
}

// ad: an order, followed by stream, by the stream resumed and by long poll.
async function ad(place: string, account: string) {
  const headers = key();
  const body = { place, publish: "auto" as const, channels: [{ channel: "youtube" as const, account, privacy: "unlisted" as const }] };
  const made = ok(await owner.POST("/ads", { params: { header: headers }, body }), 201);
  same(ok(await owner.POST("/ads", { params: { header: headers }, body }), 200).id, made.id, "the same key");
  const id = { path: { id: made.id } };
  const first = await events(ok(await owner.GET("/ads/{id}/events", { params: id, parseAs: "stream" })) as ReadableStream<Uint8Array>, 3);
  const last = Number(first.at(-1)!.id);
  const rest = await events(ok(await owner.GET("/ads/{id}/events", { params: { ...id, header: { "Last-Event-ID": last } }, parseAs: "stream" })) as ReadableStream<Uint8Array>);
  if (rest.some((e) => e.event === "change" && Number(e.id) <= last)) throw new Error("a resumed stream repeats itself");
  same(rest.at(-1)?.event, "end", "the last event");
  const polled = ok(await owner.GET("/ads/{id}/events", { params: { ...id, query: { wait: 1, after: 0 } }, parseAs: "json" })) as { ended: boolean; items: unknown[] };
  same(polled.ended, true, "the long poll");
  const answer = await owner.GET("/ads/{id}", { params: id });
  const shown = ok(answer);
  same(shown.state, "succeeded", "the ad");
  const unchanged = await owner.GET("/ads/{id}", { params: id, headers: { "If-None-Match": headed(answer, "ETag") } });
  same(unchanged.response.status, 304, "If-None-Match");
  refused(await owner.POST("/ads/{id}/cancel", { params: id }), 409, "ad.already_ended");
  refused(await owner.POST("/ads/{id}/retry", { params: id }), 409, "ad.not_failed");
  const page = ok(await owner.GET("/ads", { params: { query: { limit: 1 } } }));
  same(page.items[0]?.id, made.id, "the list");
  return shown;
}

// ended follows an ad by long poll until its newest run is over.
async function ended(ad: string) {
  for (let after = 0; ; ) {
    const news = ok(await owner.GET("/ads/{id}/events", { params: { path: { id: ad }, query: { wait: 20, after } } })) as Schemas["AdEventsProgress"];
    if (news.ended) return;
    if (news.items.length === 0) throw new Error(`an ad in motion gave no news: ${JSON.stringify(news)}`);
    after = news.next;
  }
}

const read = async (ad: string) => {
  const answer = await owner.GET("/ads/{id}", { params: { path: { id: ad } } });
  return { ad: ok(answer), etag: headed(answer, "ETag") };
};

// edits: what they would cost, and every way to make them; only with the newest ETag.
async function edits(place: string, id: string) {
  const worth = ok(await owner.POST("/ads/quote", { body: { wish: { place, publish: "none" } } }));
  if (worth.won <= 0 || worth.worst_won < worth.won) throw new Error(`a quote of ${JSON.stringify(worth)}`);
  const change = { captions: { "0": "어서 오세요" } };
  const less = ok(await owner.POST("/ads/quote", { body: { ad: id, change } }));
  if (less.won >= worth.won) throw new Error(`an edit costs ${less.won}, the whole ${worth.won}`);

  const first = await read(id);
  const patch = { path: { id } };
  refused(await owner.PATCH("/ads/{id}", { params: { ...patch, header: key() as never }, body: change }), 428, "request.if_match_required");
  const header = { ...key(), "If-Match": first.etag };
  same(ok(await owner.PATCH("/ads/{id}", { params: { ...patch, header }, body: change })).revision, 2, "the revision");
  same(ok(await owner.PATCH("/ads/{id}", { params: { ...patch, header }, body: change })).revision, 2, "the same key");
  await ended(id);
  refused(await owner.PATCH("/ads/{id}", { params: { ...patch, header: { ...key(), "If-Match": first.etag } }, body: { title: "새 제목" } }), 412, "resource.stale");

  const lyric = { path: { id: (await read(id)).ad.lyric!.id } };
  const words = await owner.GET("/lyrics/{id}", { params: lyric });
  ok(words);
  ok(await owner.PATCH("/lyrics/{id}", { params: { ...lyric, header: { ...key(), "If-Match": headed(words, "ETag") } }, body: { title: "돌담골목 노래" } }));
  await ended(id);

  const song = { path: { id: (await read(id)).ad.song!.id } };
  const other = 1 - ok(await owner.GET("/songs/{id}", { params: song })).chosen;
  ok(await owner.POST("/songs/{id}/choose", { params: { ...song, header: key() }, body: { take: other } }), 201);
  await ended(id);
  ok(await owner.POST("/songs/{id}/regenerate", { params: { ...song, header: key() } }), 201);
  await ended(id);
  const video = { path: { id: (await read(id)).ad.video!.id } };
  ok(await owner.GET("/videos/{id}", { params: video }));
  ok(await owner.POST("/videos/{id}/regenerate", { params: { ...video, header: key() } }), 201);
  await ended(id);
}

// approval: the film is made, and posted when its owner has said so; a page listens with a ticket.
async function approval(place: string, account: string) {
  const body = { place, publish: "approve" as const, channels: [{ channel: "youtube" as const, account, privacy: "unlisted" as const }] };
  const { id } = ok(await owner.POST("/ads", { params: { header: key() }, body }), 201);
  const at = { path: { id } };
  const { ticket } = ok(await owner.POST("/ads/{id}/events/ticket", { params: at }), 201);
  const listen = () => stranger.GET("/ads/{id}/events", { params: { ...at, query: { ticket } as never }, parseAs: "stream" });
  same((await events(ok(await listen()) as ReadableStream<Uint8Array>, 1)).length, 1, "the events of a ticket");
  refused({ ...(await stranger.GET("/ads/{id}/events", { params: { ...at, query: { ticket } as never } })) }, 401, "auth.ticket_ended"); // once
  for (let after = 0; (await read(id)).ad.state !== "awaiting_approval"; ) {
    after = (ok(await owner.GET("/ads/{id}/events", { params: { ...at, query: { wait: 20, after } } })) as Schemas["AdEventsProgress"]).next;
  }
  ok(await owner.POST("/ads/{id}/approve", { params: at }));
  await ended(id);
  same((await read(id)).ad.posts?.[0]?.state, "published", "the approved post");
}

// cancelled: an order that is taken back.
async function cancelled(place: string) {
  const { id } = ok(await owner.POST("/ads", { params: { header: key() }, body: { place, publish: "none" } }), 201);
  ok(await owner.POST("/ads/{id}/cancel", { params: { path: { id } } }));
  await ended(id);
  same((await read(id)).ad.state, "cancelled", "the cancelled ad");
}

// posts: one that is called off before its time, one that goes out and is taken down.
async function posts(ad: string, account: string) {
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const headers = key();
  const body = { ad, channel: "youtube" as const, account, again: true, at };
  const later = ok(await owner.POST("/posts", { params: { header: headers }, body }), 201);
  same(ok(await owner.POST("/posts", { params: { header: headers }, body }), 200).id, later.id, "the same key");
  same(later.state, "scheduled", "a post with a time");
  ok(await owner.POST("/posts/{id}/cancel", { params: { path: { id: later.id } } }));
  const now = ok(await owner.POST("/posts", { params: { header: key() }, body: { ad, channel: "youtube", account, again: true, privacy: "unlisted" } }), 201);
  const id = { path: { id: now.id } };
  for (let tries = 0; ok(await owner.GET("/posts/{id}", { params: id })).state !== "published"; tries++) {
    if (tries > 600) throw new Error("the post does not go out");
    await new Promise((done) => setTimeout(done, 50));
  }
  refused(await owner.POST("/posts/{id}/confirm", { params: id, body: { published: false } }), 409, "post.not_unknown");
  same(ok(await owner.POST("/posts/{id}/remove", { params: id })).state, "removed", "what was taken down");
  same(ok(await owner.GET("/posts", { params: { query: { ad, limit: 1 } } })).items[0]?.id, now.id, "the list");
}

// archive: a finished ad is found, taken along, put away and brought back.
async function archive(ad: string) {
  const id = { path: { id: ad } };
  const shown = ok(await owner.GET("/archive/{id}", { params: id }));
  same(ok(await owner.GET("/archive", { params: { query: { query: shown.lyric.title, limit: 1 } } })).items[0]?.id, ad, "what is found by its title");
  const zip = ok(await owner.GET("/archive/{id}/export", { params: id, parseAs: "arrayBuffer" })) as ArrayBuffer;
  const head = (await owner.HEAD("/archive/{id}/export", { params: id, parseAs: "text" })).response;
  same([head.status, Number(head.headers.get("Content-Length"))], [200, zip.byteLength], "HEAD of the export");
  same(new TextDecoder().decode(zip.slice(0, 2)), "PK", "the export");
  const { deleted_at } = ok(await owner.DELETE("/archive/{id}", { params: id }));
  same(ok(await owner.GET("/archive", { params: { query: { deleted: true } } })).items[0]?.deleted_at, deleted_at, "what is put away");
  refused(await owner.GET("/ads/{id}", { params: id }), 404, "resource.not_found");
  same(ok(await owner.POST("/archive/{id}/restore", { params: id })).deleted_at, undefined, "the restored ad");
  same((await read(ad)).ad.state, "succeeded", "the restored ad");
}

// home: what is there at a glance.
async function home(ad: string) {
  const page = ok(await owner.GET("/home"));
  if (page.places === 0) throw new Error("home has no places");
  if (!page.films.some((f) => f.ad === ad)) throw new Error(`the film is not in ${JSON.stringify(page.films)}`);
  if (page.posts.length === 0 || !page.ads.cancelled || page.spending.starts === 0) throw new Error(`home is ${JSON.stringify(page)}`);
}

// session: a browser signs in, an app does, and leaves; the user goes away.
async function session() {
  const begun = await stranger.GET("/auth/kakao/start", { params: { query: { next: "/" } }, redirect: "manual" });
  same(begun.response.status, 303, "the way to Kakao");
  const login = headed(begun, "Set-Cookie").split(";")[0]!;
  const consent = await fetch(headed(begun, "Location"), { redirect: "manual" });
  const back = new URL(consent.headers.get("Location")!).searchParams;
  const query = { state: back.get("state")!, code: back.get("code")! };
  refused(await stranger.GET("/auth/kakao/callback", { params: { query } }), 400, "auth.bad_state"); // another browser
  const entered = await stranger.GET("/auth/kakao/callback", { params: { query }, headers: { Cookie: login }, redirect: "manual" });
  same(entered.response.status, 303, "the way back");
  const cookie = headed(entered, "Set-Cookie").split(";")[0]!;
  const browser = client(ok(await stranger.POST("/auth/renew", { headers: { Cookie: cookie } })).access_token);
  const me = await browser.GET("/auth/me");
  ok(me);
  headed(me, "ETag");

  const native = ok(await stranger.POST("/auth/kakao/token", { body: { id_token: env("ID_TOKEN"), nonce: env("NONCE") } }));
  const renewed = ok(await stranger.POST("/auth/renew", { body: { refresh_token: native.refresh_token! } }));
  refused(await stranger.POST("/auth/renew", { body: { refresh_token: renewed.refresh_token!, audience: "admin" } }), 403, "auth.denied");
  const app = client(renewed.access_token);
  if (ok(await stranger.GET("/auth/keys")).keys.length === 0) throw new Error("no keys");
  ok(await app.POST("/auth/leave", { body: { everywhere: true } }));
  refused(await stranger.POST("/auth/kakao/unlink", { body: "user_id=1" as never }), 401, "auth.unauthenticated");
  ok(await browser.DELETE("/auth/me"), 202);
}

// operations: what operators see and do.
async function operations() {
  const operator = client(env("ADMIN_TOKEN"));
  const run = ok(await operator.GET("/admin/runs", { params: { query: { limit: 1, state: "succeeded" } } })).items[0]!;
  const id = { path: { id: run.id } };
  ok(await operator.GET("/admin/runs/{id}", { params: id }));
  same((await operator.POST("/admin/runs/{id}/cancel", { params: id })).response.status, 409, "a run that has ended");
  same((await operator.POST("/admin/runs/{id}/redrive", { params: id })).response.status, 409, "a run that is not stuck");
  ok(await operator.GET("/admin/deadletters", { params: { query: { limit: 1 } } }));
  refused(await operator.POST("/admin/deadletters/{id}/redrive", { params: { path: { id: 1_000_000 } } }), 404, "resource.not_found");
  ok(await operator.GET("/admin/users", { params: { query: { limit: 100 } } }));
  ok(await operator.POST("/admin/users/{id}/role", { params: { path: { id: env("SOMEBODY") } }, body: { role: "admin" } }));
  ok(await operator.GET("/admin/budgets"));
  ok(await operator.GET("/admin/costs"));
  ok(await operator.GET("/admin/vendors"));
  const vendor = { path: { vendor: "suno" } };
  ok(await operator.POST("/admin/vendors/{vendor}/pause", { params: vendor, body: { reason: "a test" } }));
  ok(await operator.POST("/admin/vendors/{vendor}/resume", { params: vendor, body: { reason: "a test" } }));
  ok(await operator.POST("/admin/publishing/pause", { body: { reason: "a test" } }));
  ok(await operator.POST("/admin/publishing/resume", { body: { reason: "a test" } }));
  const pass = ok(await operator.POST("/admin/bypass", { body: { purpose: "a test", seconds: 60 } }));
  ok(await operator.GET("/admin/bypass"));
  ok(await operator.DELETE("/admin/bypass/{id}", { params: { path: { id: pass.id } } }));
  if (ok(await operator.GET("/admin/audit", { params: { query: { limit: 10 } } })).items.length === 0) throw new Error("nothing is audited");
  ok(await operator.GET("/admin/audit/verify"));
  refused(await owner.GET("/admin/users"), 403, "auth.denied");
}

// files: whole, in parts, and not at all when it is known.
async function files(file: string) {
  const id = { path: { id: file } };
  const head = await owner.HEAD("/files/{id}", { params: id, parseAs: "text" });
  same(head.response.status, 200, "HEAD");
  const size = Number(headed(head, "Content-Length"));
  const etag = headed(head, "ETag");
  const part = await owner.GET("/files/{id}", { params: id, headers: { Range: "bytes=4-7", "If-Range": etag }, parseAs: "arrayBuffer" });
  same(part.response.status, 206, "Range");
  same(new TextDecoder().decode(part.data as ArrayBuffer), "ftyp", "the part");
  same(headed(part, "Content-Range"), `bytes 4-7/${size}`, "Content-Range");
  const known = await owner.GET("/files/{id}", { params: id, headers: { "If-None-Match": etag }, parseAs: "text" });
  same(known.response.status, 304, "If-None-Match");
  refused(await owner.GET("/files/{id}", { params: id, headers: { Range: `bytes=${size}-` } }), 416, "request.bad_value");
}

// doors: what only others knock at, with tokens that are none.
async function doors() {
  const token = { path: { token: "x".repeat(43) } };
  refused(await stranger.GET("/media/{token}", { params: token }), 404, "resource.not_found");
  same((await stranger.HEAD("/media/{token}", { params: token, parseAs: "text" })).response.status, 404, "HEAD");
  refused(await stranger.POST("/callbacks/song/{token}", { params: token, body: {} as never }), 404, "resource.not_found");
  refused(await stranger.POST("/callbacks/video/{token}", { params: token, body: {} as never }), 404, "resource.not_found");
  refused(await stranger.GET("/ads"), 401, "auth.unauthenticated");
}

await health();
const document = await contract();
const made = await place();
const account = await social("youtube");
const shown = await ad(made.id, account);
await files(shown.video!.file);
await edits(made.id, shown.id);
await approval(made.id, account);
await cancelled(made.id);
await posts(shown.id, account);
await home(shown.id);
await archive(shown.id);
await session();
await failing(made.id);
await lost(shown.id, await social("instagram"));
await stuck(made.id);
await letters();
await operations();
await unlinked();
await doors();
await knocking();
ok(await owner.DELETE("/social/accounts/{id}", { params: { path: { id: account } } }));

const offered = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m} ${path}`));
const uncalled = offered.filter((o) => !called.has(o));
if (uncalled.length > 0) throw new Error(`not called: ${uncalled.join(", ")}`);
console.log(`${called.size} of ${offered.length} operations called`);
