// Gives the focus to what one works with next, where a click has taken it away.
let before;

export default function ({ data }) {
  const first = before === undefined;
  const news = before !== data.asked;
  before = data.asked;
  if (first || !news) return;
  const lost = () => !document.activeElement || document.activeElement === document.body;
  const take = () => {
    if (!lost()) return true;
    const kind = data.element === "figure" ? "[role=figure]" : data.element;
    const place = document.querySelector(`.st-key-${data.inside} ${kind}`);
    if (!place) return false;
    if (place.tabIndex < 0) place.tabIndex = -1; // a heading or chart takes no focus else
    place.focus({ preventScroll: true });
    if (data.element !== "button") { // what one reads next, and the words above it
      place.style.scrollMarginTop = "12rem";
      place.scrollIntoView({ block: "nearest" });
    }
    return true;
  };
  // What had the focus vanishes a moment after the page is drawn, which a slow server takes long for.
  const drawing = () => document.querySelector(".stApp")?.dataset.testScriptState === "running";
  let left = 20;
  const again = () => {
    if ((lost() && take()) || (!drawing() && !left--)) return;
    timer = setTimeout(again, 50);
  };
  let timer = setTimeout(again, 0);
  return () => clearTimeout(timer);
}
