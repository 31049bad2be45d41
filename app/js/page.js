// Small comforts that need no more than this: the whole card opens its post, keyboard shortcuts, Back, the transition
// from a card to its page.

const root = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);

// After sign-out, Back must not show a page of the user who signed out.
addEventListener("pageshow", (event) => {
  if (event.persisted && "me" in root.dataset) location.reload();
});

// A click on the text of a post opens it too, but not while the text is being selected.
document.addEventListener("click", (event) => {
  const text = event.target.closest?.(".post .text");
  if (!text || event.target.closest("a") || String(getSelection())) return;
  const link = $(".when", text.closest(".post"));
  if (link) event.ctrlKey || event.metaKey ? open(link.href) : link.click();
});

// A form is sent once. The islands handle their own forms, and have done so before the event gets here.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "";
  event.submitter?.setAttribute("aria-busy", "true");
  // A response that is a file leaves the page as it is.
  setTimeout(ready, 8_000, form);
});
function ready(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach(ready));

// Deletes drafts when their author signs out, also in browsers that ignore `Clear-Site-Data`.
addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/sign-out") return;
  root.dataset.me = "";
  try { localStorage.clear(); } catch {}
});

// The card that the user opened becomes the page, and on the way back the page becomes the card.
const named = (path) => {
  const id = /^\/posts\/(\d+)$/.exec(path ?? "")?.[1];
  return id && document.getElementById(`p${id}`);
};
const path = (entry) => entry?.url && new URL(entry.url).pathname;
function name(card) {
  if (!card || card.classList.contains("focal")) return;
  card.style.viewTransitionName = "post";
  setTimeout(() => (card.style.viewTransitionName = ""), 600);
}
// A transition that the next visit cuts short is no error.
function calm(event) {
  for (const stage of ["ready", "finished"]) event.viewTransition?.[stage].catch(() => {});
}
addEventListener("pageswap", calm);
addEventListener("pagereveal", calm);
addEventListener("pageswap", (event) => event.viewTransition && name(named(path(event.activation?.entry))));
addEventListener("pagereveal", (event) => event.viewTransition && name(named(path(window.navigation?.activation?.from))));

// Keyboard shortcuts, never while the user types.
function step(by) {
  const links = [...document.querySelectorAll(".post .when")];
  const here = links.findIndex((link) => link.closest(".post").contains(document.activeElement));
  const from = here < 0 ? links.findIndex((link) => link.getBoundingClientRect().bottom > 80) - (by > 0 ? 1 : 0) : here;
  const next = links[Math.min(Math.max(from + by, 0), links.length - 1)];
  next?.focus({ preventScroll: true });
  next?.closest(".post").scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => {
    const field = $("[type=search]");
    field?.checkVisibility() ? field.focus() : (location.href = "/search");
  },
};

if ("me" in root.dataset) {
  Object.assign(keys, {
    l: () => {
      const post = document.activeElement.closest(".post") ?? $(".focal");
      if (post) $(".like", post).click();
    },
    n: () => {
      const field = $(".composer textarea");
      field ? field.focus() : $(".write a").click();
    },
    "?": () => {
      const help = $(".note:has(.keys)")?.cloneNode(true);
      if (!help) return;
      help.classList.add("help");
      help.popover = "auto";
      help.ontoggle = (event) => event.newState === "closed" && help.remove();
      document.body.append(help);
      help.showPopover();
    },
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const act = keys[event.key];
  if (!act || $(":popover-open")) return;
  event.preventDefault();
  act();
});
