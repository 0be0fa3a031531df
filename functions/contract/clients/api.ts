// The client that is generated from openapi.json, and what the visits of client.ts share.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Schemas = components["schemas"];

export const env = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};
export const base = env("API");

// called are the operations that the client was asked for, as the document writes them.
export const called = new Set<string>();

const as = (token: string): Middleware => ({
  onRequest({ request, schemaPath }) {
    called.add(`${request.method.toLowerCase()} ${schemaPath}`);
    if (token !== "") request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
});

// client is somebody's; without a token it is a stranger's.
export const client = (token: string) => {
  const c = createClient<paths>({ baseUrl: base });
  c.use(as(token));
  return c;
};

let keys = 0;
// key is a new Idempotency-Key.
export const key = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": `client-${++keys}` });

export type Answer<T> = { data?: T; error?: unknown; response: Response };

// ok returns what was answered with one of the statuses.
export function ok<T>(answer: Answer<T>, ...statuses: number[]): T {
  const { status, url } = answer.response;
  if (!(statuses.length === 0 ? answer.response.ok : statuses.includes(status))) {
    throw new Error(`${url} answered ${status}: ${JSON.stringify(answer.error ?? answer.data)}`);
  }
  return answer.data as T;
}

// refused wants a problem with this status and code.
export function refused(answer: Answer<unknown>, status: number, code: Schemas["FaultCode"]): void {
  const problem = answer.error as Schemas["Problem"] | undefined;
  if (answer.response.status !== status || problem?.code !== code || !problem.message.ko || !problem.message.en) {
    throw new Error(`${answer.response.url}: want ${status} ${code}, got ${answer.response.status} ${JSON.stringify(problem)}`);
  }
}

export function same(got: unknown, want: unknown, what: string): void {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

// headed refuses an answer without a header.
export function headed(answer: Answer<unknown>, name: string): string {
  const value = answer.response.headers.get(name);
  if (!value) throw new Error(`${answer.response.url} has no ${name}`);
  return value;
}

export type Sent = { id: string; event: string; data: string };

// events reads a stream to its end or to the nth event.
export async function events(body: ReadableStream<Uint8Array>, most = Infinity): Promise<Sent[]> {
  const all: Sent[] = [];
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const one: Sent = { id: "", event: "", data: "" };
      for (const line of text.slice(0, end).split("\n")) {
        const [field, ...rest] = line.split(": ");
        if (field === "id" || field === "event" || field === "data") one[field] = rest.join(": ");
      }
      text = text.slice(end + 2);
      if (one.event !== "") all.push(one);
      if (all.length >= most) return all;
    }
  }
  return all;
}

// form is a page's form with what a person types into it.
export async function press(page: string, typed: Record<string, string>): Promise<string> {
  const at = new URL(page);
  const form = new URLSearchParams(at.search);
  for (const [name, value] of Object.entries(typed)) form.set(name, value);
  const answer = await fetch(new URL(at.pathname, at), { method: "POST", body: form, redirect: "manual" });
  const to = answer.headers.get("Location");
  if (!to) throw new Error(`${page}: ${answer.status} ${await answer.text()}`);
  return to.split("#")[0]!;
}
