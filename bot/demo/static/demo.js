// Two chats side by side, each seen by one resident and kept up to date by the page's events.

const $ = (id) => document.getElementById(id);
const EMOJI = ["👍", "❤", "😁", "🙏", "🎉"];
// Emoji compare without U+FE0F, on which the networks do not agree, and are shown with it, lest they turn into plain signs.
const bare = (emoji) => emoji.replaceAll("\ufe0f", "");
const dressed = (emoji) => bare(emoji).replace(/^❤$/, "❤\ufe0f");
const HINTS = {
  telegram: "Écrire au groupe",
  matrix: "Écrire au salon",
};

async function ask(path, body) {
  const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) {
    notice(told.error);
    throw new Error(told.error);
  }
  return told;
}

let hush;
function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(hush);
  hush = setTimeout(() => ($("notice").hidden = true), 4000);
}

function button(text, run, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", run);
  return made;
}

const names = [];
function face(node, name, bot) {
  node.className = `face ${bot ? "bot" : `c${Math.max(0, names.indexOf(name)) % 8}`}`;
  node.textContent = [...name][0] ?? "";
  return node;
}

class Side {
  constructor({ name, app, people }, title) {
    this.name = name;
    this.app = app;
    this.people = people;
    this.who = people[0];
    this.place = "group";
    this.drawn = new Map();
    this.node = $("side").content.cloneNode(true).firstElementChild;
    this.node.classList.add(name);
    this.node.setAttribute("aria-label", app);
    this.part(".badge").textContent = app;
    this.part("h2").textContent = title;
    this.part("form").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.part(".about button").addEventListener("click", () => this.settle());
    this.text = this.part("textarea");
    this.text.setAttribute("aria-label", `Votre message sur ${app}`);
    this.text.addEventListener("input", () => this.grow());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
      if (event.key === "Escape") this.settle();
    });
    this.chooser();
    this.settle();
  }

  part(selector) { return this.node.querySelector(selector); }

  chooser() {
    const who = this.people.map((name) => {
      const made = button("", () => { this.who = name; this.turn(); });
      made.append(face(document.createElement("span"), name), name);
      made.setAttribute("role", "radio");
      return made;
    });
    this.part(".who").append(...who);
    const places = [["group", "Groupe", ""], ["private", "Privé", " avec Palier"]].map(([place, text, more]) => {
      const made = button(text, () => { this.place = place; this.turn(); });
      made.dataset.place = place;
      const rest = document.createElement("span");
      rest.className = "more";
      rest.textContent = more;
      made.append(rest);
      return made;
    });
    this.part(".places").append(...places);
    this.chosen();
  }

  chosen() {
    this.node.querySelectorAll(".who button").forEach((made, i) => made.setAttribute("aria-checked", String(this.people[i] === this.who)));
    this.node.querySelectorAll(".places button").forEach((made) => made.setAttribute("aria-pressed", String(made.dataset.place === this.place)));
    this.text.placeholder = this.place === "group" ? HINTS[this.name] : "Écrire à Palier";
  }

  turn() {
    this.settle();
    this.drawn.clear();
    this.chosen();
    this.refresh(true);
  }

  // --- what is seen

  async refresh(jump = false) {
    if (this.asking) { this.again = true; return; } // one question at a time, and one more for what came meanwhile
    this.asking = true;
    try {
      do {
        this.again = false;
        const query = new URLSearchParams({ side: this.name, who: this.who, place: this.place });
        const asked = query.toString();
        const view = await ask(`/view?${query}`);
        if (asked === new URLSearchParams({ side: this.name, who: this.who, place: this.place }).toString()) this.show(view, jump);
        else this.again = true;
      } while (this.again);
    } finally {
      this.asking = false;
    }
  }

  show(view, jump) {
    const list = this.part(".messages");
    const low = jump || list.scrollHeight - list.scrollTop - list.clientHeight < 90;
    const nodes = [];
    let before = null;
    for (const message of view.messages) {
      const follows = Boolean(before && !before.service && !message.service && before.author === message.author
        && message.at - before.at < 300 && !message.whisper && !before.whisper);
      nodes.push(this.draw(message, follows));
      before = message;
    }
    if (!nodes.length) {
      const empty = document.createElement("p");
      empty.className = "empty";
      empty.textContent = this.place === "private" ? "Écrivez à Palier, par exemple : aide" : "Personne n’a encore écrit.";
      nodes.push(empty);
    }
    if (nodes.some((node, i) => list.children[i] !== node) || list.children.length !== nodes.length) list.replaceChildren(...nodes);
    if (low) list.scrollTop = list.scrollHeight;
    this.part(".pinned").hidden = !view.pinned;
    this.part(".pinned summary").textContent = view.pinned;
  }

  draw(message, follows) {
    const source = JSON.stringify([message, follows]);
    const known = this.drawn.get(message.id);
    if (known?.source === source) return known.node;
    const node = $("message").content.cloneNode(true).firstElementChild;
    const part = (name) => node.querySelector(`.${name}`);
    node.classList.toggle("mine", message.mine && !message.service);
    node.classList.toggle("follows", follows);
    node.classList.toggle("service", Boolean(message.service));
    node.classList.toggle("whispered", message.whisper);
    face(part("face"), message.author, message.bot);
    part("whisper").hidden = !message.whisper;
    part("author").textContent = message.author;
    part("author").classList.toggle("bot", message.bot);
    part("answered").hidden = !message.answered;
    part("answered").textContent = message.answered;
    if (message.service) part("words").textContent = message.service;
    else part("words").innerHTML = message.html; // escaped by the server, piece by piece
    part("keys").replaceChildren(...message.buttons.map((row) => this.keys(row, message)));
    part("reactions").replaceChildren(...message.reactions.map((one) => this.reaction(message, one)));
    part("edited").hidden = !message.edited;
    const when = new Date(message.at * 1000);
    part("foot").querySelector("time").textContent = when.toLocaleTimeString("fr", { hour: "2-digit", minute: "2-digit" });
    if (!message.service && !message.whisper) this.deeds(node, part("deeds"), message);
    this.drawn.set(message.id, { source, node });
    return node;
  }

  keys(row, message) {
    const line = document.createElement("div");
    line.append(...row.map((key) => {
      if (key.data) return button(key.text, () => this.tap(message, key.data));
      const link = document.createElement("a");
      link.textContent = key.text;
      if (/^https?:/i.test(key.url)) link.href = key.url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      return link;
    }));
    return line;
  }

  reaction(message, { emoji, by, mine }) {
    const made = button(`${dressed(emoji)} ${by.length > 1 ? by.length : ""}`, () => this.react(message, emoji, !mine), `${emoji}, ${by.join(", ")}`);
    made.title = by.join(", ");
    made.setAttribute("aria-pressed", String(mine));
    return made;
  }

  deeds(node, place, message) {
    place.append(button("Répondre", () => this.answer(message)));
    place.append(...EMOJI.map((emoji) => {
      const held = message.reactions.some((one) => one.mine && bare(one.emoji) === emoji);
      return button(dressed(emoji), () => this.react(message, emoji, !held), `Réagir ${emoji}`);
    }));
    if (message.mine) {
      place.append(button("Modifier", () => this.amend(message)));
      place.append(button("Supprimer", () => this.act("remove", { id: message.id })));
    }
    node.addEventListener("click", () => {
      this.open?.classList.remove("open");
      this.open = node;
      node.classList.add("open");
    });
  }

  // --- what is done

  act(deed, about) {
    return ask("/do", { side: this.name, who: this.who, place: this.place, deed, ...about }).then((told) => {
      if (told.notice) notice(told.notice);
      return this.refresh();
    });
  }

  tap(message, data) { this.act("tap", { id: message.id, data }).catch(() => {}); }

  react(message, emoji, on) {
    const shown = message.reactions.find((one) => bare(one.emoji) === bare(emoji))?.emoji;
    const written = this.name === "matrix" ? dressed(emoji) : bare(emoji);
    this.act("react", { id: message.id, emoji: shown ?? written, on }).catch(() => {});
  }

  about(text) {
    this.part(".about").hidden = !text;
    this.part(".about span").textContent = text;
    if (text) this.text.focus();
  }

  answer(message) {
    Object.assign(this, { reply: message.id, edit: "" });
    this.about(`Réponse à ${message.author} : ${message.text}`);
  }

  amend(message) {
    Object.assign(this, { reply: "", edit: message.id });
    this.text.value = message.text;
    this.about("Modification du message");
  }

  settle() {
    Object.assign(this, { reply: "", edit: "" });
    this.text.value = "";
    this.grow();
    this.about("");
  }

  grow() { this.text.rows = Math.min(5, this.text.value.split("\n").length); }

  async send() {
    const text = this.text.value.trim();
    if (!text) return;
    try {
      await (this.edit ? this.act("edit", { id: this.edit, text }) : this.act("say", { id: this.reply, text }));
      this.settle();
      const list = this.part(".messages");
      list.scrollTop = list.scrollHeight;
    } catch {
      // the notice says why; the words stay where they were typed
    }
  }
}

// --- Palier itself

let running = true;
function palier(on) {
  running = on;
  $("state").textContent = on ? "Palier tourne" : "Palier est coupé";
  $("state").classList.toggle("off", !on);
  $("power").textContent = on ? "Couper Palier" : "Relancer Palier";
  $("power").title = on ? "kill -9 : rien de ce qui s’écrit pendant ce temps ne se perd" : "";
}

$("power").addEventListener("click", () => ask("/palier", { on: !running }).catch(() => {}));

const town = await ask("/town");
town.sides.forEach((side) => names.push(...side.people));
$("place").textContent = `${town.place}, ${town.commune}`;
const sides = Object.fromEntries(town.sides.map((side) => [side.name, new Side(side, town.place)]));
$("sides").append(...Object.values(sides).map((side) => side.node));
palier(town.palier);

const tabs = [["both", "Les deux"], ...Object.values(sides).map((side) => [side.name, side.app])].map(([show, text]) => {
  const made = button(text, () => choose(show));
  made.dataset.show = show;
  return made;
});
function choose(show) {
  $("sides").dataset.show = show;
  tabs.forEach((tab) => {
    tab.setAttribute("aria-pressed", String(tab.dataset.show === show));
    if (show === "both" || tab.dataset.show === show) tab.classList.remove("news");
  });
}
$("switch").append(...tabs);
choose("both");

const events = new EventSource("/events");
events.addEventListener("message", (event) => {
  const told = JSON.parse(event.data);
  if ("palier" in told) palier(told.palier);
  const side = sides[told.side];
  if (!side) return;
  side.refresh().catch(() => {});
  const show = $("sides").dataset.show;
  if (show !== "both" && show !== told.side) tabs.find((tab) => tab.dataset.show === told.side).classList.add("news");
});
events.addEventListener("open", () => Object.values(sides).forEach((side) => side.refresh().catch(() => {})));
Object.values(sides).forEach((side) => side.refresh(true).catch(() => {}));
