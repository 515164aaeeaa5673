// Keep a page that stands open up to date: ask for a short word, and when it is another one, fetch the page anew.
const main = document.querySelector("main[data-changes]");
let known = main && main.dataset.word;

async function look() {
  if (document.hidden) return;
  const answer = await fetch(main.dataset.changes, { cache: "no-store" });
  if (answer.status === 401) return location.reload();
  const word = await answer.text();
  if (answer.ok && word !== known) await renew();
  if (answer.ok) known = word;
}

async function renew() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["#stopped", "#main"]) document.querySelector(part).replaceChildren(...page.querySelector(part).childNodes);
}

if (main) setInterval(() => look().catch(() => {}), 5000);
