// Looks at reports in a browser: no message of an error, no request to anywhere, nothing clipped or
// overlapping, a name and a table for every drawing, enough contrast, at three widths, light and dark; and
// a first screen that prints on one page.
//
//   node scripts/browser.mjs REPORT.html…                 checks
//   node scripts/browser.mjs --shots DIR REPORT.html…     checks, and leaves pictures and a PDF
//
// Needs node and chromium, and nothing from a registry: it talks to the browser over a pipe.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const WIDTHS = [380, 800, 1440];
// What is inside the margins of a page of letter paper, the shorter of the usual ones.
const PAGE = { width: 718, height: 958 };
// Pictures are of so many pixels from the top, in so many pieces.
const SLICE = 1400;
const SLICES = 4;

const files = process.argv.slice(2);
let shots = null;
if (files[0] === '--shots') [, shots] = files.splice(0, 2);
if (files.length === 0) {
  console.error('usage: node scripts/browser.mjs [--shots DIR] REPORT.html…');
  process.exit(2);
}
if (shots) mkdirSync(shots, { recursive: true });

const profile = mkdtempSync(join(tmpdir(), 'climbdown-browser-'));
const browser = spawn(process.env.CHROMIUM ?? 'chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe',
  `--user-data-dir=${profile}`, 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const ended = new Promise((done) => browser.on('exit', done));
browser.on('error', (e) => { console.error(`chromium cannot be started: ${e.message}`); process.exit(2); });

// The DevTools protocol over file descriptors 3 and 4: JSON, each message ended by a zero byte.
const waiting = new Map();
const listeners = new Set();
let last = 0;
let rest = '';
browser.stdio[4].setEncoding('utf8').on('data', (chunk) => {
  const parts = (rest + chunk).split('\0');
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id === undefined) for (const hear of listeners) hear(message);
    else {
      const [done, failed] = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) failed(new Error(message.error.message));
      else done(message.result);
    }
  }
});
const send = (method, params = {}, sessionId = undefined) => new Promise((done, failed) => {
  last += 1;
  waiting.set(last, [done, failed]);
  browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + '\0');
});

// Runs in the page; gives what is wrong with it.
const inspect = () => {
  const wrong = [];
  const name = (e) => (e.textContent ?? '').trim().slice(0, 50) || e.tagName;
  if (document.documentElement.scrollWidth > innerWidth + 1) {
    const over = [...document.querySelectorAll('body *')].find((e) =>
      e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll') && !e.closest('.skip'));
    wrong.push(`wider than the window: ${over ? `${over.tagName} ${name(over)}` : '?'}`);
  }
  for (const one of document.querySelectorAll('details')) one.open = true;
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of ids) if (ids.filter((other) => other === id).length > 1) wrong.push(`id ${id} twice`);
  for (const e of document.querySelectorAll('[aria-labelledby]')) {
    if (!document.getElementById(e.getAttribute('aria-labelledby'))) wrong.push(`no label for ${e.id}`);
  }
  for (const a of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(a.hash.slice(1))) wrong.push(`link to nothing: ${a.hash}`);
  }
  for (const figure of document.querySelectorAll('figure')) {
    if (!figure.querySelector('table')) wrong.push(`no table: ${figure.id}`);
  }
  for (const svg of document.querySelectorAll('svg')) {
    const where = svg.closest('figure')?.id;
    if (!svg.getAttribute('aria-label')) wrong.push(`no alternative: ${where}`);
    if (!svg.closest('figure')?.querySelector('.says')) wrong.push(`no sentence: ${where}`);
    const view = svg.viewBox.baseVal;
    const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent !== '');
    const boxes = texts.map((t) => t.getBBox());
    boxes.forEach((box, k) => {
      if (box.x < -0.5 || box.y < -0.5 || box.x + box.width > view.width + 0.5 ||
          box.y + box.height > view.height + 0.5) {
        wrong.push(`clipped in ${where}: ${name(texts[k])}`);
      }
      for (let m = 0; m < k; m += 1) {
        const other = boxes[m];
        const across = Math.min(box.x + box.width, other.x + other.width) - Math.max(box.x, other.x);
        const down = Math.min(box.y + box.height, other.y + other.height) - Math.max(box.y, other.y);
        if (across > 0.5 && down > 3.5) wrong.push(`overlap in ${where}: ${name(texts[m])} | ${name(texts[k])}`);
      }
    });
  }
  // Contrast of text against the page (WCAG 2.2, 1.4.3): 4.5, and 3 for large type.
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).slice(0, 3).map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const seen = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== '');
    if (!own || ['SCRIPT', 'STYLE'].includes(e.tagName)) continue;
    const style = getComputedStyle(e);
    const colour = e instanceof SVGElement ? style.fill : style.color;
    if (seen.has(colour)) continue;
    seen.add(colour);
    const [a, b] = [light(colour), paper].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${name(e)}`);
  }
  for (const one of document.querySelectorAll('details')) one.open = false;
  return wrong;
};

let failed = 0;
const check = async (file) => {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  const wrong = new Set();
  let loaded;
  const hear = (message) => {
    if (message.sessionId !== sessionId) return;
    const { method, params } = message;
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Runtime.exceptionThrown') wrong.add(`exception: ${params.exceptionDetails.text}`);
    if (method === 'Log.entryAdded') wrong.add(`console: ${params.entry.text}`);
    if (method === 'Network.requestWillBeSent' && !/^(file|data|blob):/.test(params.request.url)) {
      wrong.add(`request: ${params.request.url}`);
    }
  };
  listeners.add(hear);
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await call(`${domain}.enable`);
  const evaluate = async (expression) => {
    const { result } = await call('Runtime.evaluate', { expression, returnByValue: true });
    return result.value;
  };
  for (const scheme of ['light', 'dark']) {
    for (const width of WIDTHS) {
      await call('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
      await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
      const load = new Promise((done) => { loaded = done; });
      await call('Page.navigate', { url: pathToFileURL(resolve(file)).href });
      await load;
      for (const text of await evaluate(`(${inspect})()`)) wrong.add(`${width} ${scheme}: ${text}`);
      if (shots) {
        const height = await evaluate('document.documentElement.scrollHeight');
        for (let k = 0; k < SLICES && k * SLICE < height; k += 1) {
          const clip = { x: 0, y: k * SLICE, width, height: Math.min(SLICE, height - k * SLICE), scale: 1 };
          const { data } = await call('Page.captureScreenshot', { clip, captureBeyondViewport: true });
          const stem = `${basename(dirname(resolve(file)))}-${width}-${scheme}-${k + 1}`;
          writeFileSync(join(shots, `${stem}.png`), Buffer.from(data, 'base64'));
        }
      }
    }
  }
  await call('Emulation.setDeviceMetricsOverride', { ...PAGE, deviceScaleFactor: 1, mobile: false });
  await call('Emulation.setEmulatedMedia', { media: 'print', features: [] });
  const end = await evaluate('Math.ceil(document.querySelector(".screen").getBoundingClientRect().bottom + scrollY)');
  if (!(end <= PAGE.height)) wrong.add(`the first screen needs ${end} of ${PAGE.height} pixels of a page`);
  await call('Emulation.setEmulatedMedia', { media: '', features: [] });
  if (shots) {
    const { data } = await call('Page.printToPDF', { preferCSSPageSize: true });
    writeFileSync(join(shots, `${basename(dirname(resolve(file)))}.pdf`), Buffer.from(data, 'base64'));
  }
  listeners.delete(hear);
  await send('Target.closeTarget', { targetId });
  for (const text of wrong) console.error(`${file}: ${text}`);
  if (wrong.size === 0) console.log(`${file}: well`);
  failed += wrong.size;
};

try {
  for (const file of files) await check(file);
} finally {
  await send('Browser.close').catch(() => {});
  await ended;
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
}
process.exit(failed === 0 ? 0 : 1);
