let token = localStorage.getItem("shelfsight-token") || "", names = [];

const show = (id, isShown) => { find(id).hidden = !isShown; };

function say(problem, done = "") {
  find("problem").textContent = problem;
  find("done").textContent = done;
}

async function ask(path) {
  const answer = await fetch("teach/" + path);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

// Every change goes through here: with the token, never by GET.
async function change(path, content, body = null) {
  const headers = { Authorization: "Bearer " + token };
  if (body === null) headers["Content-Type"] = "application/json";
  const answer = await fetch("teach/" + path, { method: "POST", headers, body: body || JSON.stringify(content) });
  if (answer.status === 401) {
    show("unlock", true);
    find("token").focus();
  }
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

// What a button does: what goes wrong is told in one line.
const doing = (action) => async (event) => {
  if (event) event.preventDefault();
  say("");
  try { await action(event); } catch (error) { say(error.message || text("no_answer")); }
};

// A button that changes something, after which the lists are read again.
function changing(label, action) {
  return element("button", label, { type: "button", onclick: doing(async () => {
    await action();
    await refresh();
  }) });
}

find("unlock").onsubmit = doing(async () => {
  token = find("token").value.trim();
  await change("check_token", {});
  localStorage.setItem("shelfsight-token", token);
  show("unlock", false);
});
if (!token) show("unlock", true);

// What can be named, for the fields that ask for a name.
function showNames({ taught, bundle }) {
  names = [...new Set([...bundle.products, ...taught.filter((one) => one.kind !== "nothing").map((one) => one.name)])];
  find("known").replaceChildren(...names.map((name) => element("option", null, { value: name })));
}

const REFRESH_MS = 5000; // of the lists
async function keepFresh() {
  const isWriting = ["INPUT", "SELECT"].includes(document.activeElement && document.activeElement.tagName);
  if (!document.hidden && !isWriting) await refresh().catch((error) => say(error.message || text("no_answer")));
  setTimeout(keepFresh, REFRESH_MS);
}
