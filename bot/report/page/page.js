"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("live");
  const $ = (id) => document.getElementById(id);
  const articles = [...document.querySelectorAll("article")];
  const files = [...document.querySelectorAll("section.file")];
  const links = [...document.querySelectorAll(".tree a[data-file]")];
  const selects = [...document.querySelectorAll("#filters select")];
  const search = $("q");
  const texts = new Map(); // made when a search first needs them

  const text = (article) => {
    if (!texts.has(article)) {
      const file = article.closest(".file").dataset.file;
      texts.set(article, `${file}\n${article.textContent}`.toLowerCase());
    }
    return texts.get(article);
  };

  const facts = (article) => ({ file: article.closest(".file").dataset.file, ...article.dataset });

  const filter = () => {
    const wanted = selects.filter((each) => each.value).map((each) => [each.dataset.key, each.value]);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const article of articles) {
      const known = facts(article);
      const fits = wanted.every(([key, value]) => known[key] === value) &&
        words.every((word) => text(article).includes(word));
      article.hidden = !fits;
      shown += fits;
    }
    for (const file of files) file.hidden = !file.querySelector("article:not([hidden])");
    for (const link of links) {
      if (wanted.some(([key, value]) => key === "file" && value === link.dataset.file)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    $("count").textContent = shown === articles.length ? `${shown} shown` : `${shown} of ${articles.length} shown`;
    $("clear").hidden = !wanted.length && !words.length;
    if ($("nothing")) $("nothing").hidden = shown > 0;
  };

  const clear = () => {
    $("filters")?.reset(); // the form's own handler filters again
  };

  const step = (by) => {
    const visible = articles.filter((each) => !each.hidden);
    if (!visible.length) return;
    const current = document.activeElement?.closest?.("article");
    let at = visible.indexOf(current);
    if (at < 0) {
      // from where the reader looks: the first one whose end is below the top of the window
      at = visible.findIndex((each) => each.getBoundingClientRect().bottom > 80);
      at = at < 0 ? visible.length - 1 : at;
    } else {
      at = Math.min(Math.max(at + by, 0), visible.length - 1);
    }
    visible[at].focus({ preventScroll: true });
    visible[at].scrollIntoView({ block: "start", behavior: "instant" });
  };

  const themes = ["auto", "light", "dark"];
  const paint = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    $("theme").querySelector("span").textContent = theme;
  };
  const remembered = () => {
    try {
      return localStorage.getItem("codebot-theme");
    } catch {
      return null; // a browser may keep nothing for files
    }
  };
  const nextTheme = () => {
    const theme = themes[(themes.indexOf(root.dataset.theme ?? "auto") + 1) % themes.length];
    paint(theme);
    try {
      localStorage.setItem("codebot-theme", theme);
    } catch { /* it lasts as long as the page does */ }
  };

  const copy = async (button) => {
    const rows = button.closest("article").querySelectorAll(".diff ins");
    const lines = [...rows].map((row) => row.textContent).join("");
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(lines);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser does not let this page copy";
    }
    setTimeout(() => { button.textContent = said; }, 1500);
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    o: () => {
      const proof = document.activeElement?.closest?.("article")?.querySelector(".proof");
      if (proof) proof.open = !proof.open;
    },
    "/": () => { search?.focus(); search?.select(); },
    "?": () => $("help").showModal(),
    t: nextTheme,
    Escape: clear,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    const typing = event.target.matches?.("input, select, textarea");
    if (typing && event.key !== "Escape") return;
    if (typing) {
      event.target.blur();
      if (event.target === search && !search.value) return;
      return;
    }
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  let soon = 0;
  const form = $("filters"); // not there where nothing is suggested
  search?.addEventListener("input", () => { cancelAnimationFrame(soon); soon = requestAnimationFrame(filter); });
  for (const select of selects) select.addEventListener("change", filter);
  form?.addEventListener("submit", (event) => { event.preventDefault(); step(0); });
  form?.addEventListener("reset", () => setTimeout(filter));
  $("keys").addEventListener("click", () => $("help").showModal());
  $("theme").addEventListener("click", nextTheme);
  for (const link of links) {
    link.addEventListener("click", (event) => {
      const select = $("by-file");
      if (!select) return;
      event.preventDefault();
      select.value = select.value === link.dataset.file ? "" : link.dataset.file;
      filter();
      $("suggestions").scrollIntoView();
    });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (button) copy(button);
  });
  if (matchMedia("(max-width: 900px)").matches) {
    for (const tree of document.querySelectorAll("details.tree")) tree.open = false;
  }
  paint(themes.includes(remembered()) ? remembered() : "auto");
  if (form) filter();
})();
