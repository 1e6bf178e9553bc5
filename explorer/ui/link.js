// Copies the address; on a telephone closes the menu, once a page was chosen in it; and says when
// another theme was chosen. It is on every page, so that none needs a component more for that, nor
// for what focus_kept.js does, which is read before it.
// The colour of the ground when it was looked at last: a rerun calls the function below again.
let shown;

export default function ({ parentElement, data, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  const field = parentElement.querySelector("input");
  field.setAttribute("aria-label", data.field);
  const said = data.copy;
  button.textContent = said;
  let timer;
  const done = () => {
    button.textContent = data.copied;
    clearTimeout(timer);
    timer = setTimeout(() => { button.textContent = said; }, 2500);
  };
  // Browsers offer the clipboard to https and localhost only; elsewhere the address is shown.
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      done();
    } catch {
      field.hidden = false;
      field.value = window.location.href;
      field.select();
      if (document.execCommand("copy")) done();
    }
  };
  // On a telephone the menu covers the page that was just chosen in it.
  const menu = parentElement.getRootNode().host?.closest("[data-testid=stSidebar]")
    ?? document.querySelector("[data-testid=stSidebar]");
  const chosen = (event) => {
    const link = event.target.closest?.("[data-testid=stPageLink-NavLink]");
    if (!link || window.innerWidth >= 768) return;
    menu.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
  };
  menu?.addEventListener("click", chosen);
  // By the menu or by the system, the app's styles change with the theme; a scroll bar or a
  // dialog changes them too, but not the ground.
  const app = document.querySelector("[data-testid=stApp]");
  const ground = () => getComputedStyle(app).backgroundColor;
  const look = () => {
    const now = ground();
    if (shown && now !== shown) setTriggerValue("theme", now);
    shown = now;
  };
  const turned = new MutationObserver(look);
  if (app) look();
  if (app) turned.observe(app, { attributes: true });
  return () => {
    clearTimeout(timer);
    menu?.removeEventListener("click", chosen);
    turned.disconnect();
  };
}
