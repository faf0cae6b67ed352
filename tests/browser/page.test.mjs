// The page in headless Chromium, with the Worker in workerd and the simulator behind it.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startStage } from "../../scripts/stage.mjs";
import { launch } from "./chromium.mjs";

const OUT = fileURLToPath(new URL("../out/", import.meta.url));
mkdirSync(OUT, { recursive: true });

let stage;
let browser;
before(async () => {
  stage = await startStage({ pace: 15 });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stage?.stop();
});

const DESKTOP = { width: 1280, height: 860 };

/** Opens the page with the token. `close()` fails if there was an error on the console. */
async function open({ colorScheme = "light", viewport = DESKTOP, hash = `#token=${stage.token}` } = {}) {
  const page = await browser.context.newPage();
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    const isExpected = message.type() !== "error" || /status of (401|429|502)/.test(message.text());
    if (!isExpected) errors.push(message.text());
  });
  await page.goto(`${stage.origin}/${hash}`);
  await page.waitForSelector('[data-testid="model"] option', { state: "attached" });
  const by = (id) => page.getByTestId(id);
  const state = (name) => page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, name);
  const ask = async (model, text) => {
    await by("model").selectOption(model);
    await by("prompt").fill(text);
    await by("send").click();
  };
  const shot = (name) => page.screenshot({ path: `${OUT}${name}.png` });
  const close = async () => {
    await page.close();
    assert.deepEqual(errors, []);
  };
  return { page, by, state, ask, shot, close };
}

test("streams an answer, and shows its route, timing and usage", async () => {
  const { page, by, state, ask, shot, close } = await open();
  await shot("desk-idle");
  assert.equal(new URL(page.url()).hash, "", "the token is removed from the address");
  await ask("dac-generic", "Tell me about clusters tokens=60");
  await state("streaming");
  // The answer grows while it arrives.
  await page.waitForFunction(() => document.querySelector('[data-testid="answer"]')?.textContent.length > 10);
  const early = (await by("answer").last().textContent()).length;
  await shot("desk-streaming");
  await state("idle");
  const whole = await by("answer").last().textContent();
  assert.ok(whole.length > early, "it was shown before it was complete");
  assert.match(whole, /Tell me about clusters/);
  assert.match(await by("route").last().textContent(), /DEDICATED.*GENERIC.*127\.0\.0\.1/s);
  assert.match(await by("ttft").last().textContent(), /\d+ ms/);
  assert.match(await by("tps").last().textContent(), /\d.*tok\/s/);
  assert.match(await by("usage").last().textContent(), /60 completion/);
  assert.match(await by("fallback").last().textContent(), /not used/);
  await shot("desk-done");
  await close();
});

test("the stop button cancels the request to OCI, and keeps what was received", async () => {
  const { page, by, state, ask, shot, close } = await open();
  await ask("dac-generic", "A very long story tokens=5000");
  await state("streaming");
  await page.waitForFunction(() => document.querySelector('[data-testid="answer"]')?.textContent.length > 20);
  const record = stage.simulator.requests.at(-1);
  await by("stop").click();
  await state("idle");
  await record.done;
  assert.equal(record.clientGone, true);
  assert.ok((await by("answer").last().textContent()).length > 20);
  assert.match(await by("finish").last().textContent(), /stopped/);
  await shot("desk-stopped");
  await close();
});

test("shows that the fallback was used for an endpoint that can't stream", async () => {
  const { by, state, ask, shot, close } = await open({ colorScheme: "dark" });
  await ask("dac-no-stream", "Do you stream? tokens=20");
  await by("fallback").filter({ hasText: "used" }).last().waitFor();
  await state("idle");
  assert.match(await by("fallback").last().textContent(), /used: bad_request/);
  assert.match(await by("answer").last().textContent(), /Do you stream\?/);
  await shot("desk-dark-fallback");
  await close();
});

describe("streams from every alias:", () => {
  for (const [model, route] of [
    ["dac-cohere", /DEDICATED.*COHERE/s],
    ["dac-cohere-v2", /DEDICATED.*COHEREV2/s],
    ["dac-unknown-format", /DEDICATED.*COHERE/s],
    ["on-demand-command-r", /ON_DEMAND.*COHERE/s],
    ["on-demand-llama", /OpenAI-compatible/],
  ]) {
    test(model, async () => {
      const { by, state, ask, close } = await open();
      await ask(model, "Which format is this? tokens=20");
      await state("streaming");
      await state("idle");
      assert.match(await by("answer").last().textContent(), /Which format is this\?/);
      assert.match(await by("route").last().textContent(), route);
      await close();
    });
  }
});

test("shows a tool call that a model writes as text", async () => {
  const { page, by, state, ask, shot, close } = await open();
  await by("tools").check();
  await ask("dac-qwen", "What is the weather in Oslo?");
  await by("tool-calls").filter({ hasText: "get_weather" }).last().waitFor();
  await state("idle");
  assert.match(await by("tool-calls").last().textContent(), /Oslo|city/);
  assert.match(await by("finish").last().textContent(), /tool_calls/);
  assert.doesNotMatch(await page.textContent("main"), /<tool_call>/);
  await shot("desk-tool-call");
  await close();
});

test("shows an error with its code, beside what was received", async () => {
  const { by, state, ask, shot, close } = await open();
  await ask("dac-cut", "Will this break? tokens=30");
  await state("error");
  assert.match(await by("error").last().textContent(), /stream_/);
  assert.ok((await by("answer").last().textContent()).length > 0);
  await shot("desk-error");
  await close();
});

test("works on a phone, and with the keyboard alone", async () => {
  const { page, by, state, shot, close } = await open({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await by("prompt").focus();
  await page.keyboard.type("From a phone tokens=200");
  await page.keyboard.press("Enter");
  await state("streaming");
  await page.waitForFunction(() => document.querySelector('[data-testid="answer"]')?.textContent.length > 20);
  await shot("phone-dark-streaming");
  await page.keyboard.press("Escape");
  await state("idle");
  assert.match(await by("finish").last().textContent(), /stopped/);
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  assert.ok(overflow <= 0, "nothing is wider than the screen");
  await close();
});

test("asks for the token if there is none", async () => {
  const other = await launch();
  const page = await other.context.newPage();
  await page.goto(stage.origin);
  await page.getByTestId("token-input").fill(stage.token);
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-testid="model"] option', { state: "attached" });
  await other.close();
});
