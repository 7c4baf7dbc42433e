// The visitor's menu: what happens to this chat, taking it along, taking a consent back, deleting it.
// Loaded when it is first opened. The sentences come from the relay, in the language of the chat
// (docs/wire.md, "The visitor's own chat"); here they are only put into the page, as text.

const make = (parent, tag, attributes = {}, text = "") => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return parent.appendChild(element);
};

const style = make(document.head, "link", { rel: "stylesheet", href: new URL("RIGHTS_CSS", import.meta.url) });
const styled = new Promise((resolve) => (style.onload = style.onerror = resolve));

/**
 * Opens the menu over the chat.
 *
 * `chat`: the site's key, the language, the locale for dates, the heading; `token()`, the proof of the chat
 * if there is any; `forget()`, which empties the chat and its storage.
 */
export async function open(chat) {
  const dialog = make(document.body, "dialog", { class: "rights", "aria-labelledby": "rights-title" });
  make(dialog, "h2", { id: "rights-title", tabindex: -1 }, chat.title);
  const body = make(dialog, "div");
  const status = make(dialog, "p", { role: "status" });
  let deleted;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (deleted) location.reload();
  });
  await styled;
  dialog.showModal();
  dialog.firstChild.focus();

  const ask = async (path = "", method = "GET") => {
    const token = chat.token();
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(`/v1/mine/${chat.site}${path}?lang=${chat.lang}`, { method, headers });
    if (!response.ok) throw response.status;
    return response;
  };

  const save = (blob, name) => {
    const href = URL.createObjectURL(blob);
    make(dialog, "a", { href, download: name, hidden: "" }).click();
    dialog.lastChild.remove();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  };

  const dated = (text, at) => {
    const when = new Date(at).toLocaleString(chat.locale, { dateStyle: "long", timeStyle: "short" });
    return text.replace("{at}", when);
  };

  // A heading with what belongs to it.
  const part = (title) => {
    const section = make(body, "section", { class: "card" });
    make(section, "h3", {}, title);
    return section;
  };

  const button = (parent, text, act, kind = "secondary") => {
    const made = make(parent, "button", { type: "button", class: kind }, text);
    made.addEventListener("click", act);
    return made;
  };

  const draw = ({ facts, consents, is_kept, stored, file, words }) => {
    // One thing at a time; what goes wrong is told, and may be tried again.
    const doing = (act) => async ({ currentTarget }) => {
      currentTarget.disabled = true;
      status.textContent = "";
      try {
        await act();
      } catch (error) {
        status.textContent = error === 409 ? words.held : words.failed;
      }
      currentTarget.disabled = false;
    };
    const take = (ending) => doing(async () => {
      save(await (await ask(`/export.${ending}`)).blob(), `${file}.${ending}`);
      status.textContent = words.taken;
    });
    const withdraw = (channel) => doing(async () => {
      await ask(`/consents/${channel}`, "DELETE");
      await show();
      status.textContent = words.withdrawn;
      dialog.firstChild.focus();
    });

    body.textContent = "";
    button(body, words.back, () => dialog.close(), "back");
    const tell = ({ title, text, at }) => {
      const section = part(title);
      for (const sentence of text) make(section, "p", { dir: "auto" }, dated(sentence, at));
    };
    facts.forEach(tell);
    if (consents.length) {
      const section = part(words.consents);
      consents.forEach(({ channel, text }, n) => {
        const id = `consent-${n}`;
        make(section, "p", { id, dir: "auto" }, text);
        button(section, words.withdraw, withdraw(channel)).setAttribute("aria-describedby", id);
      });
    }
    if (is_kept) {
      const section = part(words.take);
      const buttons = make(section, "div", { class: "buttons" });
      button(buttons, words.take_page, take("html"));
      button(buttons, words.take_data, take("json"));
      const last = make(body, "section", { class: "card" });
      const first = button(last, words.delete, () => sure(first, last, words, doing), "secondary danger");
    }
    tell(stored);
    make(body, "p", { class: "hint", dir: "auto" }, words.more);
  };

  // Asks once more, in the place of the button.
  const sure = (first, section, words, doing) => {
    first.hidden = true;
    const question = make(section, "div", { role: "group", "aria-labelledby": "rights-sure" });
    const text = make(question, "p", { id: "rights-sure", tabindex: -1 }, words.sure);
    const buttons = make(question, "div", { class: "buttons" });
    button(buttons, words.sure_yes, doing(async () => gone(words, await (await ask("", "DELETE")).json())), "secondary danger");
    button(buttons, words.sure_no, () => {
      question.remove();
      first.hidden = false;
      first.focus();
    });
    text.focus();
  };

  // Nothing is left to see but the receipt, which only the visitor has.
  const gone = (words, { receipt }) => {
    deleted = true;
    chat.forget();
    body.textContent = "";
    dialog.firstChild.textContent = words.deleted;
    const ends = receipt && JSON.parse(receipt.body).backups_end;
    if (ends) make(body, "p", {}, dated(words.deleted_text, ends));
    const buttons = make(body, "div", { class: "buttons" });
    if (receipt) {
      const blob = new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" });
      button(buttons, words.receipt, () => save(blob, "receipt.json"));
    }
    button(buttons, words.anew, () => dialog.close(), "primary");
    dialog.firstChild.focus();
  };

  const show = async () => draw(await (await ask()).json());
  try {
    await show();
  } catch {
    // How to reach the dealer without the chat.
    for (const line of chat.fallback) body.append(line.cloneNode(true));
    button(body, "OK", () => dialog.close());
  }
}
