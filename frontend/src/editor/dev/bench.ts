/**
 * The product's own surface under the prototype's measurements: `await bench(10_000)` in the page answers milliseconds.
 * The runner may expose `cpuMs()`, the CPU time of all browser processes so far; frames then also have a CPU price.
 */
import { Mipmap } from "../canvas/photo";
import { Surface } from "../canvas/surface";
import { Editor } from "../core/editor";
import { moved } from "../core/kinds";
import type { DrawnLabel } from "../core/types";
import { PlainLayer, shapesOf } from "./plain";
import { benchOntology, HEIGHT, photograph, polygons, random, WIDTH } from "./scene";

declare global {
  interface Window {
    cpuMs?: () => Promise<number>;
    bench: typeof bench;
    plain: typeof plain;
  }
}

const FIT = 1600 / WIDTH;
const MANY = 2000;
const cpu = () => window.cpuMs?.() ?? Promise.resolve(0);
const frame = () => new Promise<number>((ok) => requestAnimationFrame(() => ok(performance.now())));
const rest = (ms: number) => new Promise((ok) => setTimeout(ok, ms));
const at = (sorted: readonly number[], p: number) =>
  +(sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? 0).toFixed(3);
const spread = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    p50: at(sorted, 0.5),
    p95: at(sorted, 0.95),
    mean: +(values.reduce((a, b) => a + b, 0) / values.length).toFixed(4),
  };
};

async function frames(n: number, step: (i: number) => void) {
  const times: number[] = [],
    from = await cpu();
  let last = await frame();
  for (let i = 0; i < n; i++) {
    step(i);
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return { ...spread(times), cpu: +(((await cpu()) - from) / n).toFixed(2) };
}

function stage(): HTMLElement {
  const host = document.getElementById("host");
  if (!host) throw new Error("no host");
  host.replaceChildren();
  return host;
}

/** Milliseconds of CPU for one of many: single ones are shorter than the clock is fine. */
async function each(n: number, step: (i: number) => void): Promise<number> {
  const from = await cpu();
  for (let i = 0; i < n; i++) step(i);
  return +(((await cpu()) - from) / n).toFixed(5);
}

const swing = (i: number) => ({ x: 60 * Math.sin(i / 9), y: 40 * Math.cos(i / 7), k: FIT });

/** The baseline under the same measurements. */
async function plain(n: number, vertices = 40) {
  const host = stage(),
    bitmap = await createImageBitmap(await photograph()),
    colors = new Map(benchOntology.objects.map((o) => [o.id, o.color])),
    shapes = shapesOf(polygons(n, vertices) as DrawnLabel[], colors);
  await rest(200);
  const cpu0 = await cpu();
  const layer = new PlainLayer(host, bitmap, shapes, { x: 0, y: 0, k: FIT });
  await frame();
  await frame();
  await frame();
  const firstCpu = (await cpu()) - cpu0;
  await rest(600);
  const pan = await frames(60, (i) => layer.setView(swing(i)));
  const r = random(11),
    hitCpu = await each(MANY, () => layer.hit(r() * WIDTH, r() * HEIGHT));
  layer.close();
  return { n, vertices, firstCpu: +firstCpu.toFixed(0), pan, hitCpu };
}

async function bench(n: number, vertices = 40) {
  const host = stage(),
    bitmap = await createImageBitmap(await photograph()),
    labels = polygons(n, vertices) as DrawnLabel[];
  await rest(200);
  const cpu0 = await cpu(),
    started = performance.now();
  const editor = new Editor({ width: WIDTH, height: HEIGHT }, benchOntology, labels),
    surface = new Surface(host, editor);
  surface.show(new Mipmap(bitmap, editor.image));
  const firstSync = performance.now() - started;
  await frame();
  await frame();
  const firstRender = performance.now() - started;
  await frame();
  const firstCpu = (await cpu()) - cpu0;
  await rest(300);
  editor.setView({ x: 0, y: 0, k: FIT });
  await rest(600);
  const pan = await frames(60, (i) => editor.setView(swing(i)));
  await rest(300);
  const zoom = await frames(60, (i) => {
    const k = FIT * 10 ** Math.sin((i / 60) * Math.PI);
    editor.setView({ x: 800 - (800 / FIT) * k, y: 450 - (450 / FIT) * k, k });
  });
  editor.setView({ x: 0, y: 0, k: FIT });
  await rest(600);
  const r = random(11),
    hitCpu = await each(MANY, () => editor.scene.hit(r() * WIDTH, r() * HEIGHT, 7 / FIT));
  surface.close();
  // The edit itself: command, scene, index, history. Its repaint is a frame, measured with the drag.
  const chosen = Array.from({ length: MANY }, () => labels[Math.floor(r() * n)]?.id ?? "");
  const editCpu = await each(MANY, (i) =>
    editor.put("Move", moved(editor.scene.get(chosen[i] ?? "") as DrawnLabel, i % 2 ? -1 : 1, 1)),
  );
  const again = new Surface(host, editor),
    held = editor.scene.get(labels[n >> 1]?.id ?? "") as DrawnLabel;
  editor.set({ view: { x: 0, y: 0, k: FIT } });
  await rest(500);
  const drag = await frames(60, (i) => editor.set({ held: [moved(held, 6 * Math.sin(i / 5), 4 * Math.cos(i / 5))] }));
  const stats = { ...again.stats };
  again.close();
  return {
    n,
    vertices,
    firstSync: +firstSync.toFixed(1),
    firstRender: +firstRender.toFixed(1),
    firstCpu: +firstCpu.toFixed(0),
    pan,
    zoom,
    hitCpu,
    editCpu,
    drag,
    stats,
  };
}

window.bench = bench;
window.plain = plain;
