// What is nicer with a script. Every page does its work without it.

// Buttons that copy what stands beside them.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) {
    break; // not on http, but for localhost
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    const said = document.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser did not allow it: select the text and copy it.";
    }
  });
}

// Parts of a page that stay up to date: the page is asked for again, and what is marked is replaced.
// Whoever only looks does not stay signed in by that: see SessionFilter.
const live = document.querySelectorAll("[data-live]");
// What a screen reader is told of it: only what matters, not every minute that passes.
const news = document.querySelector("[data-news]");
if (live.length > 0) {
  const timer = setInterval(async () => {
    if (document.hidden) {
      return;
    }
    let answer;
    try {
      answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
    } catch {
      return; // away: what is there stays
    }
    if (!answer.ok) {
      clearInterval(timer);
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const told = fresh.querySelector("[data-news]")?.dataset.news;
    if (news && told && told !== news.dataset.news) {
      news.dataset.news = told;
      news.textContent = told;
    }
    for (const part of live) {
      const next = fresh.getElementById(part.id);
      if (next && next.innerHTML !== part.innerHTML) {
        const active = part.contains(document.activeElement) && document.activeElement;
        if (active && !active.hasAttribute("href")) {
          continue; // somebody is about to press a button in it
        }
        const focused = active && active.getAttribute("href");
        part.innerHTML = next.innerHTML;
        if (focused) {
          [...part.querySelectorAll("a[href]")]
            .find((link) => link.getAttribute("href") === focused)
            ?.focus({ preventScroll: true });
        }
      }
    }
  }, 15000);
}
