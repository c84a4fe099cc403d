import { describe, expect, it } from "vitest";
import { Api, Lost, Refusal } from "../src/core/api";

function api(answer: () => Promise<Response>) {
  const calls: [string, RequestInit][] = [];
  const it = new Api(
    () => "secret",
    (url, init) => {
      calls.push([url, init ?? {}]);
      return answer();
    },
  );
  return { api: it, calls };
}

const json = (status: number, body: unknown) => async () => new Response(JSON.stringify(body), { status });

describe("a call", () => {
  it("carries the token in its header and never a cookie", async () => {
    const { api: a, calls } = api(json(200, { creditor: "x" }));
    await a.lookup({ code: "PAGOPA|002" });
    const [url, init] = calls[0]!;
    expect(url).toBe("/api/v1/notices/lookup");
    expect((init.headers as Record<string, string>)["Authorization"]).toBe("Bearer secret");
    expect(init.credentials).toBe("omit");
    expect(init.body).toBe(`{"code":"PAGOPA|002"}`);
  });

  it("gives a refusal its code, message, hint and what stands in the way, as they came", async () => {
    const error = { code: "notice_locked", message: "L’avviso è impegnato.", hint: "Aspetta.", payment_id: "A1-1" };
    const { api: a } = api(json(409, { error }));
    const caught = await a.charge({ request_id: "r", terminal: "t", notices: [] }).catch((e: unknown) => e);
    expect(caught).toBeInstanceOf(Refusal);
    expect((caught as Refusal).error).toEqual(error);
    expect((caught as Refusal).status).toBe(409);
  });

  it.each([
    ["no network", () => Promise.reject(new TypeError("failed"))],
    ["a page instead of JSON", async () => new Response("<html>", { status: 200 })],
    ["an error without a reason", async () => new Response("{}", { status: 502 })],
    ["an empty error", async () => new Response("", { status: 500 })],
    ["a torn answer", async () => new Response(`{"id":"A1`, { status: 202 })],
  ])("is lost, not refused, on %s", async (_, answer) => {
    const { api: a } = api(answer);
    await expect(a.charge({ request_id: "r", terminal: "t", notices: [] })).rejects.toBeInstanceOf(Lost);
  });

  it("takes an empty answer for done", async () => {
    const { api: a } = api(async () => new Response(null, { status: 204 }));
    await expect(a.logout()).resolves.toBeUndefined();
  });

  it("puts names into the path safely", async () => {
    const { api: a, calls } = api(json(200, {}));
    await a.terminal("cassa/1", "free", "r9");
    expect(calls[0]![0]).toBe("/api/v1/terminals/cassa%2F1/free");
    expect(calls[0]![1].body).toBe(`{"request_id":"r9"}`);
  });
});
