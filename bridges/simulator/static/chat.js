// One resident's view of one chat, kept up to date by the simulator's events.

const $ = (id) => document.getElementById(id);
const EMOJI = ["👍", "❤", "😁", "🙏", "🎉", "🤔"];
const state = { world: null, who: 0, chat: 0, reply: null, edit: null, quote: "" };
const drawn = new Map();
let open = null;

async function ask(path, body) {
  const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(`/control/${path}`, options);
  const told = await answer.json();
  if (!answer.ok) {
    notice(told.error);
    throw new Error(told.error);
  }
  return told;
}

const act = (path, body) => ask(path, { chat: state.chat, from: state.who, ...body }).then(refresh, () => {});

let hush;
function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(hush);
  hush = setTimeout(() => ($("notice").hidden = true), 4000);
}

// --- who and where

const nameOf = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");
const isBot = () => state.world.bots.some((bot) => bot.id === state.chat);
const present = (chat) => ["creator", "administrator", "member", "restricted"].includes(chat.members[state.who]);

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, String(value) === String(chosen))));
}

async function meet() {
  state.world = await ask("world");
  const people = state.world.users;
  if (!people.some((user) => user.id === state.who)) state.who = people[0]?.id ?? 0;
  fill($("who"), people.map((user) => [user.id, nameOf(user)]), state.who);
  const groups = state.world.chats.filter((chat) => present(chat) && !chat.moved_to);
  const places = [...groups.map((chat) => [chat.id, chat.title]), ...state.world.bots.map((bot) => [bot.id, `${nameOf(bot)} (privé)`])];
  if (!places.some(([id]) => id === state.chat)) state.chat = places[0]?.[0] ?? 0;
  fill($("chat"), places, state.chat);
  const topics = groups.find((chat) => chat.id === state.chat)?.topics ?? [];
  $("topics").hidden = topics.length === 0;
  fill($("topic"), [["", "Général"], ...topics.map((topic) => [topic.message_thread_id, topic.name])], $("topic").value);
  history.replaceState(null, "", `#user=${state.who}&chat=${state.chat}`);
}

// --- what they see

async function refresh() {
  await meet();
  if (!state.who || !state.chat) return;
  const view = await ask(`view?chat=${state.chat}&user=${state.who}&last=300`);
  const list = $("messages");
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const nodes = [];
  let before = null;
  for (const message of view.messages) {
    const follows = Boolean(before && !before.service && !message.service && before.from.id === message.from.id
      && before.from.name === message.from.name && message.date - before.date < 300 && !message.ephemeral_message_id && !before.ephemeral_message_id);
    nodes.push(draw(message, follows));
    before = message;
  }
  if (nodes.some((node, i) => list.children[i] !== node) || list.children.length !== nodes.length) list.replaceChildren(...nodes);
  state.low = low;
  if (low) list.scrollTop = list.scrollHeight;
  const pin = view.messages.find((message) => message.message_id && message.message_id === view.pinned.at(-1));
  $("pinned").hidden = !pin;
  $("pinned").textContent = pin ? `Épinglé : ${short(pin)}` : "";
  ready(view);
}

function ready(view) {
  const link = state.world.private.find((one) => one.bot === state.chat && one.user === state.who);
  const blocked = isBot() && link?.blocked;
  const fresh = isBot() && (blocked || view.messages.length === 0);
  $("start").hidden = !fresh;
  document.querySelector(".line").hidden = Boolean(fresh);
}

function draw(message, follows) {
  const key = `${state.who} ${state.chat} ${message.message_id || `e${message.ephemeral_message_id}`}`;
  const source = JSON.stringify([message, follows]);
  const known = drawn.get(key);
  if (known?.source === source) return known.node;
  const node = $("message").content.cloneNode(true).firstElementChild;
  const part = (name) => node.querySelector(`.${name}`);
  const mine = message.from.id === state.who;
  node.classList.toggle("mine", mine && !message.service);
  node.classList.toggle("follows", follows);
  node.classList.toggle("service", Boolean(message.service));
  node.classList.toggle("whispered", Boolean(message.ephemeral_message_id));
  part("whisper").hidden = !message.ephemeral_message_id;
  part("author").textContent = message.from.name;
  part("author").classList.toggle("bot", message.from.is_bot);
  thread(message, part("author"));
  part("answered").hidden = !message.reply_to;
  part("answered").textContent = message.quote ?? (message.reply_text || "…");
  if (message.service) part("words").textContent = message.service;
  else part("words").innerHTML = message.html; // escaped by the simulator, entity by entity
  part("origin").hidden = !message.forward;
  part("origin").textContent = message.forward ? `Transféré de ${originOf(message.forward)}` : "";
  if (message.kind) {
    part("shown").classList.add(message.kind);
    part("shown").classList.toggle("hidden", Boolean(message.spoiler));
    part("shown").append(show(message));
  }
  part("keys").replaceChildren(...message.buttons.map((row) => keys(row, message)));
  part("reactions").replaceChildren(...Object.entries(message.reactions).map(([emoji, people]) => reaction(message, emoji, people)));
  part("edited").hidden = !message.edited;
  const when = new Date(message.date * 1000);
  part("foot").querySelector("time").textContent = when.toLocaleTimeString("fr", { hour: "2-digit", minute: "2-digit" });
  if (!message.service && !message.ephemeral_message_id) deeds(node, part("deeds"), message, mine);
  drawn.set(key, { source, node });
  return node;
}

// --- what is no text

const NAMES = {
  photo: "photo", video: "vidéo", animation: "animation", video_note: "vidéo ronde", voice: "message vocal", audio: "musique",
  document: "fichier", sticker: "autocollant", location: "lieu", venue: "lieu", contact: "contact", dice: "dé", poll: "sondage",
};
const short = (message) => message.text || message.poll?.question || NAMES[message.kind] || message.kind || "";
const originOf = (origin) => origin.sender_user?.first_name ?? origin.sender_user_name ?? (origin.sender_chat ?? origin.chat).title;
const label = (text) => Object.assign(document.createElement("span"), { textContent: text });

function show(message) {
  const { kind, file } = message;
  const still = kind === "sticker" && !message.sticker.is_animated && !message.sticker.is_video;
  if (kind === "photo" || still) return media("img", file, { alt: NAMES[kind] });
  if (["video", "animation", "video_note", "live_photo"].includes(kind) || message.sticker?.is_video) {
    return media("video", file, { controls: kind === "video", loop: kind === "animation", muted: kind !== "video" });
  }
  if (["voice", "audio"].includes(kind)) return media("audio", file, { controls: true });
  if (file) return Object.assign(media("a", file, { download: file.name ?? "" }), { textContent: `${file.name ?? NAMES[kind]} (${Math.ceil(file.size / 1024)} ko)` });
  if (message.poll) return ballot(message);
  const told = message[kind];
  if (kind === "venue") return label(`📍 ${told.title}, ${told.address} (${told.location.latitude}, ${told.location.longitude})`);
  if (kind === "location") return label(`📍 ${told.latitude}, ${told.longitude}${told.live_period ? " (en direct)" : ""}`);
  if (kind === "contact") return label(`👤 ${told.first_name} ${told.last_name ?? ""} ${told.phone_number}`);
  if (kind === "dice") return label(`${told.emoji} ${told.value}`);
  return label(`[${NAMES[kind] ?? kind}]`);
}

function media(tag, file, more) {
  const made = document.createElement(tag);
  made[tag === "a" ? "href" : "src"] = `/control/files/${file.id}`;
  return Object.assign(made, more);
}

function ballot(message) {
  const box = document.createElement("fieldset");
  const { question, options, closed } = message.poll;
  const title = document.createElement("legend");
  title.textContent = closed ? `${question} (terminé)` : question;
  box.disabled = closed;
  box.append(title, ...options.map((option, i) => button(`${option.text} · ${option.votes}`, () => act("votes", { message: message.message_id, options: [i] }))));
  return box;
}

function thread(message, author) {
  const topics = state.world.chats.find((chat) => chat.id === state.chat)?.topics ?? [];
  const topic = topics.find((one) => one.message_thread_id === message.thread);
  if (!topic) return;
  const tag = document.createElement("span");
  tag.className = "thread";
  tag.textContent = ` · ${topic.name}`;
  author.append(tag);
}

function button(text, run, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", run);
  return made;
}

function keys(row, message) {
  const line = document.createElement("div");
  line.append(...row.map((key) => {
    if (!key.url) return button(key.text, () => tap(message, key.data));
    const link = document.createElement("a");
    link.textContent = key.text;
    if (/^(https?|tg):/i.test(key.url)) link.href = key.url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }));
  return line;
}

async function tap(message, data) {
  const which = message.message_id ? { message: message.message_id } : { ephemeral_message: message.ephemeral_message_id };
  const { callback_query_id } = await ask("taps", { chat: state.chat, from: state.who, data, ...which });
  for (let tries = 0; tries < 50; tries += 1) {
    const told = await ask(`taps/${callback_query_id}`);
    if (told.answered) {
      if (told.show_alert) {
        $("alert").querySelector("p").textContent = told.text;
        $("alert").showModal();
      } else if (told.text) notice(told.text);
      return;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  notice("Le robot ne répond pas.");
}

function reaction(message, emoji, people) {
  const made = button(`${emoji} ${people.length}`, () => react(message, emoji), `${emoji}, ${people.length}`);
  made.setAttribute("aria-pressed", String(people.includes(state.who)));
  return made;
}

function react(message, emoji) {
  const mine = message.reactions[emoji]?.includes(state.who);
  act("reactions", { message: message.message_id, emoji: mine ? [] : [emoji] });
}

// --- what they do

function deeds(node, place, message, mine) {
  place.append(button("Répondre", () => answer(node, message)));
  place.append(...EMOJI.map((emoji) => button(emoji, () => react(message, emoji), `Réagir ${emoji}`)));
  if (mine) {
    place.append(button("Modifier", () => amend(message)));
    place.append(button("Supprimer", () => act("deletes", { message: message.message_id })));
  }
  node.addEventListener("click", () => {
    open?.classList.remove("open");
    open = node;
    node.classList.add("open");
  });
}

function about(text) {
  $("about").hidden = !text;
  $("about").querySelector("span").textContent = text;
  if (text) $("text").focus();
}

function answer(node, message) {
  const chosen = getSelection();
  const inside = chosen && !chosen.isCollapsed && node.querySelector(".words").contains(chosen.anchorNode);
  state.reply = message.message_id;
  state.quote = inside ? chosen.toString() : "";
  state.edit = null;
  about(`Réponse à ${message.from.name} : ${state.quote || short(message)}`);
}

function amend(message) {
  state.edit = message.message_id;
  state.reply = null;
  $("text").value = message.text;
  about("Modification du message");
}

function settle() {
  Object.assign(state, { reply: null, edit: null, quote: "" });
  $("text").value = "";
  grow();
  about("");
}

function grow() {
  $("text").rows = Math.min(6, $("text").value.split("\n").length);
}

async function send() {
  const text = $("text").value.trim();
  if (!text) return;
  const body = { chat: state.chat, from: state.who, text };
  try {
    if (state.edit) await ask("edits", { ...body, message: state.edit });
    else {
      if (state.reply) body.reply_to = state.reply;
      if (state.quote) body.quote = state.quote;
      if (!$("topics").hidden && $("topic").value) body.thread = Number($("topic").value);
      await ask("messages", body);
    }
    settle();
    $("messages").scrollTop = $("messages").scrollHeight;
    await refresh();
  } catch {
    // the notice says why; the words stay where they were typed
  }
}

const KINDS = [[/^image\/(jpeg|png)/, "photo"], [/^image\/gif/, "animation"], [/^video\//, "video"], [/^audio\/ogg/, "voice"], [/^audio\//, "audio"]];

async function attach() {
  for (const file of $("files").files) {
    const about = new URLSearchParams({ name: file.name, type: file.type });
    const { upload } = await (await fetch(`/control/uploads?${about}`, { method: "POST", body: file })).json();
    const kind = KINDS.find(([pattern]) => pattern.test(file.type))?.[1] ?? "document";
    const body = { media: { kind, upload, name: file.name, type: file.type }, text: $("text").value.trim() };
    if (!$("topics").hidden && $("topic").value) body.thread = Number($("topic").value);
    await act("messages", body);
    settle();
  }
  $("files").value = "";
}

function go() {
  settle();
  $("topic").value = "";
  refresh();
}

// A link to a bot (t.me/BOT?start=...) opens the conversation here instead of leaving the page.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  const found = link?.href.match(/^https?:\/\/t\.me\/(\w+)\?start=([\w-]+)$/);
  const bot = found && state.world.bots.find((one) => one.username.toLowerCase() === found[1].toLowerCase());
  if (!bot) return;
  event.preventDefault();
  await ask("start", { user: state.who, bot: bot.id, payload: found[2] });
  state.chat = bot.id;
  go();
});

$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("files").addEventListener("change", attach);
$("messages").addEventListener("load", () => { if (state.low) $("messages").scrollTop = $("messages").scrollHeight; }, true);
$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  if (event.key === "Escape") settle();
});
$("cancel").addEventListener("click", settle);
$("start").addEventListener("click", () => ask("start", { user: state.who, bot: state.chat }).then(refresh, () => {}));
$("who").addEventListener("change", () => { state.who = Number($("who").value); go(); });
$("chat").addEventListener("change", () => { state.chat = Number($("chat").value); go(); });

let pending;
new EventSource("/control/events").addEventListener("message", (event) => {
  const { user } = JSON.parse(event.data);
  if (user && user !== state.who) return;
  clearTimeout(pending);
  pending = setTimeout(refresh, 60);
});

const given = new URLSearchParams(location.hash.slice(1));
Object.assign(state, { who: Number(given.get("user")), chat: Number(given.get("chat")) });
refresh();
