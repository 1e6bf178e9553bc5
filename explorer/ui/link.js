// Copies the address; and on a telephone closes the menu, once a page was chosen in it.
export default function ({ parentElement, data }) {
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
  return () => { clearTimeout(timer); menu?.removeEventListener("click", chosen); };
}
