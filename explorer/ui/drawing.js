// Shows an SVG that follows the theme: scroll, zoom, choose a node by click or keyboard, download.
const SVG_NS = "http://www.w3.org/2000/svg";
const LEGIBLE = 0.8;
// On a screen of 1920x1080 a picture may grow into the place that it has, up to this.
const LARGEST = 1.4;
// Looks like Streamlit's icon "download", beside the buttons of Streamlit's own files.
const ARROW = '<svg viewBox="0 0 24 24" width="20" height="20" fill="currentColor" aria-hidden="true">'
  + '<path d="M12 16 7 11l1.4-1.45L11 12.15V4h2v8.15l2.6-2.6L17 11l-5 5zM6 20q-.83 0-1.41-.59T4 18v-3h2v3h12'
  + 'v-3h2v3q0 .83-.59 1.41T18 20H6z"/></svg>';
const FONTS = "Source Sans, Arial, Helvetica, sans-serif";
// A rerun draws the page again; what the visitor has zoomed and scrolled to stays.
const kept = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".drawing");
  const stage = root.querySelector(".stage");
  const before = kept.get(root) ?? {};
  const same = before.svg === data.svg && stage.firstElementChild;
  root.classList.toggle("bare", !data.tools || Boolean(data.min_width));
  root.classList.toggle("scrolls", Boolean(data.min_width));
  // Who has chosen by keyboard goes on from there.
  const focused = !same && stage.contains(root.getRootNode().activeElement);
  if (!same) stage.innerHTML = data.svg;
  const svg = stage.querySelector("svg");
  if (!svg) return;

  const words = Object.fromEntries(data.words);
  root.querySelectorAll("button[data-do]").forEach((button) => {
    const word = words[button.dataset.do] ?? "";
    if (button.hasAttribute("data-sign")) button.setAttribute("aria-label", word);
    else button.textContent = word;
  });
  root.querySelector(".hint").textContent = words.hint ?? "";

  // Charts and drawings share the theme's ten colours; CSS cannot index a list, so name them.
  const colours = getComputedStyle(root).getPropertyValue("--st-chart-categorical-colors");
  colours.split(/,\s*(?![^(]*\))/).forEach((colour, slot) => {
    if (colour.trim()) root.style.setProperty(`--colour-${slot}`, colour.trim());
  });

  const { x: left, y: top, width, height } = svg.viewBox.baseVal;
  svg.setAttribute("role", data.choosable ? "group" : "img");
  svg.setAttribute("aria-label", data.label);

  const stays = same || (data.scene && data.scene === before.scene);
  let scale = stays ? before.scale : undefined;
  const zooms = data.tools && !data.min_width;
  const keep = () => {
    kept.set(root, { svg: data.svg, scene: data.scene, selected: data.selected, scale });
  };
  const resize = (wanted) => {
    scale = Math.min(4, Math.max(0.02, wanted));
    svg.style.width = `${width * scale}px`;
    svg.style.height = `${height * scale}px`;
    if (data.height && !full()) {
      stage.style.height = `${Math.min(data.height, height * scale + 18)}px`;
    }
    keep();
  };
  const room = () => [stage.clientWidth / width, full() ? stage.clientHeight / height
    : (data.height ?? Infinity) / height];
  const full = () => root.matches(":fullscreen");
  const roomy = () => (window.innerWidth >= 1700 && window.innerHeight >= 900 ? LARGEST : 1);
  const fit = () => resize(Math.min(...room(), full() ? 3 : 1));
  // Whole where that is still legible; what would shrink further keeps its size and is scrolled.
  const natural = () => {
    const whole = Math.min(...room());
    const wide = room()[0];
    const most = roomy();
    resize(whole >= LEGIBLE ? Math.min(most, whole) : wide >= LEGIBLE ? Math.min(1, wide) : 1);
  };
  const zoom = (factor, at = [stage.clientWidth / 2, stage.clientHeight / 2]) => {
    const [x, y] = [stage.scrollLeft + at[0], stage.scrollTop + at[1]];
    const old = scale;
    resize(scale * factor);
    stage.scrollLeft = x * (scale / old) - at[0];
    stage.scrollTop = y * (scale / old) - at[1];
  };

  if (zooms) {
    if (!data.height) stage.style.height = "auto";
    if (scale) resize(scale);
    else if (data.start === "fit") fit();
    else natural();
    if (!stays) {
      // From its beginning, or where that is out of sight on a narrow screen, to what is lit.
      const lit = svg.querySelector("[data-lit]")?.getBoundingClientRect();
      const end = stage.getBoundingClientRect().x + stage.clientWidth;
      stage.scrollTo(0, 0);
      if (lit && lit.right + 40 > end) stage.scrollLeft = lit.right + 40 - end;
    }
  } else {
    const tall = Math.min(height, Math.max(data.height ?? height, LEGIBLE * height)) * roomy();
    stage.style.height = data.height ? `${tall}px` : "auto";
    svg.style.maxWidth = "100%";
    if (data.height) {
      svg.setAttribute("width", "100%");
      svg.setAttribute("height", "100%");
    } else {
      svg.style.height = "auto";
    }
  }
  // A window may change its width without a rerun.
  const fitted = () => {
    if (!zooms && !data.height) {
      // Not beyond what one sees at once: the reader of a tall picture would have to scroll.
      const grown = Math.min(roomy(), stage.clientWidth / width, 0.6 * window.innerHeight / height);
      svg.style.width = grown > 1 ? `${width * grown}px` : "";
    }
    if (data.min_width && !zooms) {
      const whole = stage.clientWidth >= LEGIBLE * data.min_width;
      svg.style.minWidth = whole ? "" : `${data.min_width}px`;
    }
    hint();
  };
  // What is cut off fades, so that one sees that there is more.
  const hint = () => {
    const rest = stage.scrollWidth - stage.clientWidth - stage.scrollLeft;
    stage.classList.toggle("more", rest > 4);
    stage.classList.toggle("past", stage.scrollLeft > 4);
  };
  const watched = new ResizeObserver(fitted);
  watched.observe(stage);
  stage.addEventListener("scroll", hint, { passive: true });
  fitted();
  keep();

  const nodes = [...svg.querySelectorAll("[data-path], g.node[id]")].filter(
    (node) => !node.hasAttribute("data-fixed"),
  );
  const pathOf = (node) => node.dataset.path ?? node.id;
  const chosen = nodes.find((node) => pathOf(node) === data.selected);
  // Of a picture of many positions, the one that was pointed at.
  const placeIn = (node, event) => {
    if (!node.dataset.grid) return "";
    if (!event) return `,${node.dataset.at}`;
    const box = node.querySelector("image").getBoundingClientRect();
    const [rows, columns] = node.dataset.grid.split(",").map(Number);
    const index = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
    return `,${index((event.clientY - box.y) / box.height, rows)}`
      + `,${index((event.clientX - box.x) / box.width, columns)}`;
  };
  const choose = (node, event) =>
    setTriggerValue("clicked", pathOf(node) + placeIn(node, event));
  nodes.forEach((node) => node.classList.toggle("chosen", node === chosen));
  if (data.choosable) {
    const stop = chosen ?? nodes[0];
    nodes.forEach((node, index) => {
      node.setAttribute("tabindex", node === stop ? "0" : "-1");
      node.setAttribute("role", "button");
      node.setAttribute("aria-pressed", String(node === chosen));
      const title = node.querySelector("title");
      // Holds what one sees, so that it can be called by that.
      const seen = [...node.querySelectorAll("text")].map((line) => line.textContent).join(" ");
      const said = title?.textContent ?? pathOf(node);
      node.setAttribute("aria-label", !seen || said.includes(seen) ? said : `${said} (${seen})`);
      node.onclick = (event) => { if (!dragged) choose(node, event); };
      node.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Enter" || event.key === " ") choose(node);
        else if (step) {
          const next = nodes[Math.min(nodes.length - 1, Math.max(0, index + step))];
          next.setAttribute("tabindex", "0");
          next.focus({ preventScroll: true });
          if (zooms) next.scrollIntoView({ block: "nearest", inline: "nearest" });
        } else return;
        event.preventDefault();
        event.stopPropagation(); // the page may have shortcuts on the same keys
      };
    });
  }

  if (focused) nodes.find((node) => node.tabIndex === 0)?.focus({ preventScroll: true });

  // A chosen block stands out with its addition, its shortcut and its neighbours.
  const dims = Boolean(data.dim && chosen);
  const own = new Set([data.selected, `${data.selected}.add`]);
  const drawn = [...svg.querySelectorAll("g.edge[data-tail]")];
  const near = drawn.filter(({ dataset: { tail, head } }) =>
    own.has(head) || (own.has(tail) && !head.endsWith(".add")));
  const lit = new Set([...own, ...near.flatMap(({ dataset }) => [dataset.tail, dataset.head])]);
  const fade = (element, name, isNear) =>
    element.classList.toggle("far", dims && !isNear && !name.startsWith("legend"));
  drawn.forEach((edge) => fade(edge, edge.dataset.tail, near.includes(edge)));
  svg.querySelectorAll("g.node").forEach((node) => fade(node, node.id, lit.has(node.id)));

  let dragged = false;
  let from = null;
  const onWheel = (event) => {
    if (!zooms || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    const at = [event.clientX - box.x, event.clientY - box.y];
    zoom(event.deltaY > 0 ? 1 / 1.15 : 1.15, at);
  };
  const onDown = (event) => {
    dragged = false;
    // Fingers scroll by themselves.
    if (zooms && event.button === 0 && event.pointerType === "mouse") {
      from = [event.clientX, event.clientY, stage.scrollLeft, stage.scrollTop];
    }
  };
  const onMove = (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
    if (Math.hypot(dx, dy) > 4) dragged = true;
    if (dragged) stage.scrollTo(from[2] - dx, from[3] - dy);
  };
  const onUp = () => { from = null; };
  const onFull = () => { if (full()) fit(); else if (zooms) natural(); };
  stage.addEventListener("wheel", onWheel, { passive: false });
  stage.addEventListener("pointerdown", onDown);
  window.addEventListener("pointermove", onMove);
  window.addEventListener("pointerup", onUp);
  root.addEventListener("fullscreenchange", onFull);

  // A saved picture has no page around it: every variable becomes the colour it has now.
  const standalone = () => {
    const style = getComputedStyle(root);
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", SVG_NS);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.removeAttribute("style");
    if (!copy.hasAttribute("font-family")) copy.setAttribute("font-family", FONTS);
    [...copy.querySelectorAll("[class]"), copy].forEach((node) => {
      ["class", "tabindex", "role", "aria-pressed"].forEach((name) => node.removeAttribute(name));
    });
    const background = document.createElementNS(SVG_NS, "rect");
    const box = { x: left, y: top, width, height };
    Object.entries(box).forEach(([name, value]) => background.setAttribute(name, value));
    background.setAttribute("fill", style.getPropertyValue("--st-background-color") || "white");
    copy.insertBefore(background, copy.firstChild);
    const text = new XMLSerializer().serializeToString(copy);
    return text.replace(/var\((--[\w-]+)(?:,\s*([^)]*))?\)/g, (_, name, fallback) =>
      (style.getPropertyValue(name).trim() || fallback || "currentColor").replaceAll('"', "'"));
  };
  const save = (blob, extension) => {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(blob);
    anchor.download = `${data.filename}.${extension}`;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 10000);
  };
  const savePng = () => {
    const picture = new Image();
    const blob = new Blob([standalone()], { type: "image/svg+xml" });
    picture.onload = () => {
      const canvas = document.createElement("canvas");
      const sharpness = Math.min(2, 16000 / Math.max(width, height));
      canvas.width = width * sharpness;
      canvas.height = height * sharpness;
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(picture.src);
      canvas.toBlob((png) => save(png, "png"), "image/png");
    };
    picture.src = URL.createObjectURL(blob);
  };
  const pictures = {
    svg: () => save(new Blob([standalone()], { type: "image/svg+xml" }), "svg"),
    png: savePng,
  };
  root.querySelector(".saves").replaceChildren(...(data.saves ?? []).map(({ kind, word, text }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.innerHTML = ARROW;
    button.append(word);
    button.onclick = pictures[kind] ?? (() => save(new Blob([text], { type: "text/plain" }), kind));
    return button;
  }));
  const actions = {
    in: () => zoom(1.3),
    out: () => zoom(1 / 1.3),
    fit,
    natural,
    full: () => (full() ? document.exitFullscreen() : root.requestFullscreen()),
  };
  root.querySelectorAll("button[data-do]").forEach((button) => {
    button.onclick = actions[button.dataset.do];
  });

  const moved = !stays || data.selected !== before.selected;
  if (chosen && data.follow && (data.min_width || (zooms && moved))) {
    const [node, frame] = [chosen.getBoundingClientRect(), stage.getBoundingClientRect()];
    const outside = node.x < frame.x || node.right > frame.right
      || node.y < frame.y || node.bottom > frame.bottom;
    if (outside || data.min_width) {
      stage.scrollLeft += node.x + node.width / 2 - frame.x - frame.width / 2;
      stage.scrollTop += node.y + node.height / 2 - frame.y - frame.height / 2;
    }
  }
  return () => {
    watched.disconnect();
    stage.removeEventListener("scroll", hint);
    window.removeEventListener("pointermove", onMove);
    window.removeEventListener("pointerup", onUp);
    stage.removeEventListener("wheel", onWheel);
    stage.removeEventListener("pointerdown", onDown);
    root.removeEventListener("fullscreenchange", onFull);
  };
}
