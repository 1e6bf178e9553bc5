// Shows an SVG that follows the theme: pan, zoom, choose a node by click or keyboard, download.
const SVG_NS = "http://www.w3.org/2000/svg";

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".drawing");
  const stage = root.querySelector(".stage");
  root.classList.toggle("bare", !data.tools);
  root.classList.toggle("scrolls", Boolean(data.min_width));
  stage.style.height = data.height ? `${data.height}px` : "auto";
  stage.innerHTML = data.svg;
  const svg = stage.querySelector("svg");
  if (!svg) return;

  // Charts and drawings share the theme's ten colours; CSS cannot index a list, so name them.
  const colours = getComputedStyle(root).getPropertyValue("--st-chart-categorical-colors");
  colours.split(/,\s*(?![^(]*\))/).forEach((colour, slot) => {
    if (colour.trim()) root.style.setProperty(`--colour-${slot}`, colour.trim());
  });

  const home = svg.viewBox.baseVal;
  const full = [home.x, home.y, home.width, home.height];
  let view = [...full];
  const show = () => svg.setAttribute("viewBox", view.join(" "));
  svg.setAttribute("role", data.choosable ? "group" : "img");
  svg.setAttribute("aria-label", data.label);
  svg.style.maxWidth = "100%";
  if (data.height) {
    svg.setAttribute("width", "100%");
    svg.setAttribute("height", "100%");
  } else {
    svg.style.height = "auto";
  }
  if (data.min_width) svg.style.minWidth = `${data.min_width}px`;

  const zoom = (factor, centre = [0.5, 0.5]) => {
    const [x, y, w, h] = view;
    const width = Math.min(full[2] * 2, Math.max(full[2] / 200, w * factor));
    const ratio = width / w;
    view = [x + (w - width) * centre[0], y + h * (1 - ratio) * centre[1], width, h * ratio];
    show();
  };
  // Legible first: a long network starts at its input in natural size, and the fit is a button.
  const natural = () => {
    const box = stage.getBoundingClientRect();
    const scale = Math.min(1, Math.max(box.width / full[2], box.height / full[3]));
    const width = box.width / scale;
    const height = box.height / scale;
    const x = width >= full[2] ? full[0] - (width - full[2]) / 2 : full[0];
    const y = height >= full[3] ? full[1] - (height - full[3]) / 2 : full[1];
    view = [x, y, width, height];
    show();
  };
  const fit = () => { view = [...full]; show(); };

  const nodes = [...svg.querySelectorAll("[data-path], g.node[id]")].filter(
    (node) => !node.hasAttribute("data-fixed"),
  );
  const pathOf = (node) => node.dataset.path ?? node.id;
  const centre = (node) => {
    const box = node.getBBox();
    const matrix = svg.getCTM().inverse().multiply(node.getCTM());
    const point = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
    return point.matrixTransform(matrix);
  };
  const moveTo = (node) => {
    const { x, y } = centre(node);
    view = [x - view[2] / 2, y - view[3] / 2, view[2], view[3]];
    show();
  };
  const choose = (node) => setTriggerValue("clicked", pathOf(node));
  if (data.choosable) {
    nodes.forEach((node, index) => {
      const chosen = pathOf(node) === data.selected;
      node.classList.toggle("chosen", chosen);
      node.setAttribute("tabindex", chosen || (index === 0 && !data.selected) ? "0" : "-1");
      node.setAttribute("role", "button");
      node.setAttribute("aria-pressed", String(chosen));
      const title = node.querySelector("title");
      node.setAttribute("aria-label", title?.textContent ?? pathOf(node));
      node.onclick = () => { if (!dragged) choose(node); };
      node.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Enter" || event.key === " ") choose(node);
        else if (step) {
          const next = nodes[Math.min(nodes.length - 1, Math.max(0, index + step))];
          next.setAttribute("tabindex", "0");
          next.focus({ preventScroll: true });
          if (data.height) moveTo(next);
        } else return;
        event.preventDefault();
        event.stopPropagation(); // the page may have shortcuts on the same keys
      };
    });
  }

  let dragged = false;
  let from = null;
  const onWheel = (event) => {
    if (!data.tools || data.min_width || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    const at = [(event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height];
    zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, at);
  };
  const onDown = (event) => {
    dragged = false;
    if (data.tools && !data.min_width && event.button === 0) from = [event.clientX, event.clientY, ...view];
  };
  const onMove = (event) => {
    if (!from) return;
    const box = stage.getBoundingClientRect();
    const scale = Math.max(view[2] / box.width, view[3] / box.height);
    const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
    if (Math.hypot(dx, dy) > 4) dragged = true;
    if (!dragged) return;
    view = [from[2] - dx * scale, from[3] - dy * scale, view[2], view[3]];
    show();
  };
  const onUp = () => { from = null; };
  stage.addEventListener("wheel", onWheel, { passive: false });
  stage.addEventListener("pointerdown", onDown);
  window.addEventListener("pointermove", onMove);
  window.addEventListener("pointerup", onUp);

  // A saved picture has no page around it: every variable becomes the colour it has now.
  const standalone = () => {
    const style = getComputedStyle(root);
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", SVG_NS);
    copy.setAttribute("viewBox", full.join(" "));
    copy.setAttribute("width", full[2]);
    copy.setAttribute("height", full[3]);
    copy.removeAttribute("style");
    copy.querySelectorAll(".chosen").forEach((node) => node.classList.remove("chosen"));
    const background = document.createElementNS(SVG_NS, "rect");
    const [x, y, width, height] = full;
    Object.entries({ x, y, width, height }).forEach(([k, v]) => background.setAttribute(k, v));
    background.setAttribute("fill", style.getPropertyValue("--st-background-color") || "white");
    copy.insertBefore(background, copy.firstChild);
    const text = new XMLSerializer().serializeToString(copy);
    return text.replace(/var\((--[\w-]+)(?:,\s*([^)]*))?\)/g, (_, name, fallback) =>
      style.getPropertyValue(name).trim() || fallback || "currentColor");
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
      const scale = Math.min(2, 16000 / Math.max(full[2], full[3]));
      canvas.width = full[2] * scale;
      canvas.height = full[3] * scale;
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(picture.src);
      canvas.toBlob((png) => save(png, "png"), "image/png");
    };
    picture.src = URL.createObjectURL(blob);
  };
  const actions = {
    in: () => zoom(1 / 1.3),
    out: () => zoom(1.3),
    fit,
    natural,
    svg: () => save(new Blob([standalone()], { type: "image/svg+xml" }), "svg"),
    png: savePng,
  };
  root.querySelectorAll("button[data-do]").forEach((button) => {
    button.onclick = actions[button.dataset.do];
  });

  if (data.tools && data.height && data.start !== "fit") {
    natural();
    const chosen = nodes.find((node) => pathOf(node) === data.selected);
    const outside = chosen && (() => {
      const { x, y } = centre(chosen);
      return x > view[0] + view[2] || y > view[1] + view[3] || x < view[0] || y < view[1];
    })();
    if (outside) moveTo(chosen);
  }
  if (data.min_width) {
    const chosen = nodes.find((node) => pathOf(node) === data.selected);
    if (chosen) {
      const [node, frame] = [chosen.getBoundingClientRect(), stage.getBoundingClientRect()];
      stage.scrollLeft += node.x + node.width / 2 - frame.x - frame.width / 2;
    }
  }
  return () => {
    window.removeEventListener("pointermove", onMove);
    window.removeEventListener("pointerup", onUp);
    stage.removeEventListener("wheel", onWheel);
    stage.removeEventListener("pointerdown", onDown);
  };
}
