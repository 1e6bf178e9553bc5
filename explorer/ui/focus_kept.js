// Keeps the keyboard where one works: what was pressed with Enter or Space may be gone once the page
// has run, and the next Tab would begin at the top of the page.
const FOCUSABLE = ["button", "input", "a[href]", "summary", "[role=radio]", "[tabindex='0']"]
  .map((kind) => `${kind}:not([disabled], [tabindex='-1'])`).join(", ");
const STEP_MS = 200;
let stopWatching = () => {};

// What is seen of `root` and takes the focus, also within components.
function takers(root) {
  return [root, ...root.querySelectorAll("*")].flatMap((node) => [
    ...(node.matches?.(FOCUSABLE) && node.getClientRects().length ? [node] : []),
    ...(node.shadowRoot ? takers(node.shadowRoot) : []),
  ]);
}

// Which sections are open: the chosen one of each row of options, by the row's key.
function opened() {
  const chosen = document.querySelectorAll(".stMain [role=radio][aria-checked=true]");
  return new Map([...chosen].flatMap((option) => {
    const row = option.closest("[class*='st-key-']");
    const key = row && [...row.classList].find((name) => name.startsWith("st-key-"));
    return key ? [[key, option]] : [];
  }));
}

const nameOf = (node) => node.getAttribute("aria-label") ?? node.textContent;

// What may have the focus next, best first: the new page's title, the control that was drawn anew, the
// section that was opened, or what stands where it stood. `pressed` is what was pressed and all that
// it was in, from the inside out, each with its key and its place among its neighbours; `before` says
// which sections were open then.
function* successors(pressed, name, page, before) {
  if (window.location.pathname !== page) {
    const title = document.querySelector(".stMain h1");
    if (title) title.tabIndex = -1; // a heading takes no focus else
    if (title) yield title;
    return;
  }
  const key = pressed.find((part) => part.key)?.key;
  const again = [...document.querySelectorAll(`.${CSS.escape(key ?? "none")}`)].flatMap(takers);
  yield* again.filter((node) => nameOf(node) === name);
  yield* again;
  for (const [row, option] of opened()) {
    if (before.has(row) && before.get(row) !== nameOf(option)) yield option;
  }
  const still = pressed.findIndex(({ node }) => node.isConnected);
  for (let above = Math.max(still, 1); above < pressed.length; above += 1) {
    const { node } = pressed[above];
    if (node === document.body) return;
    yield* [...node.children].slice(pressed[above - 1].place).flatMap(takers);
    yield* takers(node).reverse();
  }
}

const nothing = () => !document.activeElement || document.activeElement === document.body;

function watch(event) {
  stopWatching();
  if (event.type !== "keydown" || !["Enter", " "].includes(event.key)) return;
  const page = window.location.pathname;
  const pressed = event.composedPath().filter((node) => node instanceof Element).map((node) => ({
    node,
    key: [...node.classList].find((name) => name.startsWith("st-key-")),
    place: node.parentNode ? [...node.parentNode.children].indexOf(node) : 0,
  }));
  if (!pressed[0]?.node.matches(FOCUSABLE)) return;
  const name = nameOf(pressed[0].node);
  const before = new Map([...opened()].map(([row, option]) => [row, nameOf(option)]));
  let left = 300; // steps: a minute, for what takes long to compute
  let lost = 0;
  const timer = setInterval(() => {
    // Some pages lead on by themselves, which may take a moment: see focus.py.
    const led = document.querySelector("[class*='st-key-'][class*='_focus']");
    const drawing = document.querySelector(".stApp")?.dataset.testScriptState === "running";
    lost = nothing() && !led && !drawing ? lost + 1 : 0;
    // What is folded away takes no focus, and the next one is asked.
    for (const node of lost >= 2 ? successors(pressed, name, page, before) : []) {
      node.focus({ preventScroll: true });
      if (!nothing()) break;
    }
    if (!left--) stopWatching();
  }, STEP_MS);
  stopWatching = () => clearInterval(timer);
}

// Streamlit draws what a popover holds at the end of the page, where Tab would come to it after all
// else: so it leads from the button that opened it into it, and from its ends to that button and on.
function step(event) {
  const opener = document.querySelector("button[aria-haspopup=dialog][aria-expanded=true]");
  const body = document.querySelector("[role=dialog]:not([aria-modal=true])");
  if (event.key !== "Tab" || !opener || !body) return;
  // While one is outside, all in it is taken out of the order, and told by this mark.
  const out = [...body.querySelectorAll("[data-tabindex]:not([data-tabindex='-1'], [disabled])")]
    .filter((node) => node.getClientRects().length);
  const inside = out.length ? out : takers(body);
  const from = event.composedPath()[0];
  let next;
  if (from === opener) next = event.shiftKey ? undefined : inside[0];
  else if (event.shiftKey) next = from === inside[0] ? opener : undefined;
  else if (from === inside.at(-1)) {
    const others = takers(document.body).filter((node) => !inside.includes(node));
    next = others[others.indexOf(opener) + 1];
  }
  if (!next) return;
  event.preventDefault();
  next.focus();
}

document.addEventListener("keydown", step, true);
document.addEventListener("keydown", watch, true);
document.addEventListener("pointerdown", watch, true);

