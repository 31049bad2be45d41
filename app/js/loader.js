// Wakes the islands of a page. This file replaces the inline script that Leptos would print: the content policy allows
// none. Our own tag holds the names of the two built files, because they carry fingerprints.

const { js, wasm } = document.querySelector("script[data-wasm]").dataset;
const outer = [];

function wake(island, module) {
  const run = module[island.dataset.component];
  if (run) {
    outer.at(-1)?.();
    run(island);
  }
}

function walk(node, module) {
  const children = node.localName === "leptos-children";
  if (node.localName === "leptos-island") wake(node, module);
  if (children) outer.push(node.$$on_hydrate);
  for (const child of node.children) walk(child, module);
  if (children) outer.pop();
}

async function load() {
  const module = await import(js);
  await module.default({ module_or_path: wasm });
  module.hydrate();
  walk(document.body, module);
  document.documentElement.dataset.awake = "";
}

// Reading comes first, but for no longer than a second: a browser that draws nothing is never idle. The plain forms
// work until then, and for ever if this fails.
const soon = window.requestIdleCallback ?? setTimeout;
soon(() => load().catch((error) => console.warn("Kith: the page works without its quick parts.", error)), {
  timeout: 1000,
});
