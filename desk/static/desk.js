// Keyboard, copying, and looking for news. Every page works without this file.
(function () {
  "use strict";
  const find = (what, within) => (within || document).querySelector(what);
  const all = (what, within) => [...(within || document).querySelectorAll(what)];
  const typing = (at) => at && (/^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && at.type !== "checkbox" || at.isContentEditable);

  // ── the list: j and k move, enter opens, x ticks ──
  let place = -1;
  const rows = () => all(".queue > li");
  function move(by) {
    const list = rows();
    if (!list.length) return;
    place = Math.max(0, Math.min(list.length - 1, place + by));
    list.forEach((row, index) => row.classList.toggle("at", index === place));
    const link = find(".what a", list[place]);
    link.focus({ preventScroll: true });
    list[place].scrollIntoView({ block: "nearest" });
  }
  // ── one question: a number picks an answer, enter gives it ──
  function pick(number) {
    const choice = all(".choice")[number - 1];
    if (!choice) return;
    all(".choice").forEach((each) => each.classList.toggle("at", each === choice));
    const preview = find("details", choice);
    if (preview) preview.open = true;
    const button = find("button.pick", choice);
    const reason = find("input[required]", choice);
    (reason && !reason.value ? reason : button).focus();
    choice.scrollIntoView({ block: "nearest" });
  }
  const go = (what) => { const link = find(what); if (link) link.click(); };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target)) return;
    const key = event.key;
    if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
    else if (key === "x" && rows()[place]) { const box = find("input[type=checkbox]", rows()[place]); if (box) box.click(); }
    else if (key === "/" && find("input[name=q]")) find("input[name=q]").focus();
    else if (key >= "1" && key <= "9") pick(Number(key));
    else if (key === "c") go("[data-key=c]");
    else if (key === "n") go("[data-key=n]");
    else if (key === "u") go("[data-key=u]");
    else return;
    event.preventDefault();
  });

  // ── tick all, and copy ──
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) all("input[name=item]").forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches(".filters select")) event.target.form.requestSubmit();
    count();
  });
  function count() {
    const told = find("[data-count]");
    if (told) told.textContent = all("input[name=item]:checked").length || "no";
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = find("input", button.parentElement);
    field.select();
    navigator.clipboard.writeText(field.value).then(() => { button.textContent = "Copied"; });
  });

  // ── news: quietly, never while somebody works on the page ──
  let known = document.body.dataset.pulse ?? null;
  const busy = () => typing(document.activeElement) || all("input[name=item]:checked").length || place >= 0 || all(".choice.at").length;
  async function look() {
    const live = all("[data-live]");
    if (!live.length || document.hidden) return;
    try {
      const answer = await fetch("/pulse", { headers: { accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const version = (await answer.json()).version;
      if (known !== null && version !== known) await renew(live);
      known = version;
    } catch { /* the desk has stopped for now */ }
  }
  async function renew(live) {
    if (live[0].dataset.live === "say" || busy()) {
      const told = find("[data-news]");
      if (told) told.hidden = false;
      return;
    }
    const answer = await fetch(location.pathname + location.search);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = all("[data-live]", page);
    if (fresh.length === live.length && !busy()) live.forEach((each, index) => each.replaceChildren(...fresh[index].childNodes));
    const badge = find("[data-waiting]"), newer = find("[data-waiting]", page);
    if (badge && newer) badge.replaceWith(newer);
  }
  const address = new URL(location.href);
  if (address.searchParams.has("done")) {
    ["done", "lost"].forEach((name) => address.searchParams.delete(name));
    history.replaceState(null, "", address.pathname + address.search);
  }
  look();
  setInterval(look, 4000);
})();
