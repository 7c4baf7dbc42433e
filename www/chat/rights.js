// The visitor's menu: what happens to this chat, taking it along, taking a consent back, deleting it.
// Loaded when it is first opened. The sentences come from the relay, in the language of the chat
// (docs/wire.md, "The visitor's own chat"); here they are only put into the page, as text.

/** How long the relay may take for an answer. */
const PATIENCE_MS = 15_000;

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
 * if there is any; `forget()`, which empties the chat and its storage; `fallback`, how to reach the dealer
 * without it; `back`, the words that lead back to the chat.
 */
export async function open(chat) {
  await styled;
  const dialog = make(document.body, "dialog", { class: "rights", "aria-labelledby": "rights-title" });
  const heading = make(dialog, "h2", { id: "rights-title", tabindex: -1 }, chat.title);
  const body = make(dialog, "div");
  const status = make(dialog, "p", { role: "status" });
  // What is being done; while it is a deletion, nobody leaves: its answer holds the receipt.
  let busy = false;
  let isDeleting = false;
  let deleted = false;
  // The chat may lose its token to the deletion before the answer to it is here.
  const proof = chat.token();
  const leave = () => isDeleting || dialog.close();
  dialog.addEventListener("cancel", (event) => isDeleting && event.preventDefault());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (deleted) location.reload();
  });

  const ask = async (path = "", method = "GET") => {
    const headers = proof ? { authorization: `Bearer ${proof}` } : {};
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`/v1/mine/${chat.site}${path}?lang=${chat.lang}`, { method, headers, signal });
    if (!response.ok) throw response.status;
    return response;
  };

  const save = (blob, name) => {
    const href = URL.createObjectURL(blob);
    const link = make(dialog, "a", { href, download: name, hidden: "" });
    link.click();
    link.remove();
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
    // One thing at a time; what goes wrong is told, and may be tried again. The focus stays where it is.
    const doing = (act) => async () => {
      if (busy) return;
      busy = true;
      status.textContent = "";
      try {
        await act();
      } catch (error) {
        const told = { 404: words.deleted_before, 409: words.held };
        status.textContent = told[error] ?? words.failed;
      }
      busy = false;
    };
    const take = (ending) => doing(async () => {
      save(await (await ask(`/export.${ending}`)).blob(), `${file}.${ending}`);
      status.textContent = words.taken;
    });
    const withdraw = (channel, section) => doing(async () => {
      await ask(`/consents/${channel}`, "DELETE");
      section.remove();
      status.textContent = words.withdrawn;
      heading.focus();
    });
    const erase = doing(async () => {
      isDeleting = true;
      try {
        gone(words, await (await ask("", "DELETE")).json());
      } catch (error) {
        // Nothing is there, or no more: an earlier answer may have been lost on its way.
        if (error !== 404 && error !== 401) throw error;
        gone(words, {});
      } finally {
        isDeleting = false;
      }
    });

    body.textContent = "";
    button(body, words.back, leave, "back");
    // Our own sentences go in the direction of the page; what is the visitor's or the dealer's in its own.
    const tell = ({ title, text, at }) => {
      const section = part(title);
      for (const sentence of text) make(section, "p", {}, dated(sentence, at));
    };
    facts.forEach(tell);
    if (consents.length) {
      const section = part(words.consents);
      consents.forEach(({ channel, text }, n) => {
        const id = `consent-${n}`;
        const one = make(section, "div");
        make(one, "p", { id, dir: "auto" }, text);
        button(one, words.withdraw, withdraw(channel, one)).setAttribute("aria-describedby", id);
      });
    }
    if (is_kept) {
      const section = part(words.take);
      const buttons = make(section, "div", { class: "buttons" });
      button(buttons, words.take_page, take("html"));
      button(buttons, words.take_data, take("json"));
      const last = make(body, "section", { class: "card" });
      const first = button(last, words.delete, () => sure(first, last, words, erase), "secondary danger");
    }
    tell(stored);
    make(body, "p", { class: "hint" }, words.more);
  };

  // Asks once more, in the place of the button.
  const sure = (first, section, words, erase) => {
    first.hidden = true;
    const question = make(section, "div", { role: "group", "aria-labelledby": "rights-sure" });
    const text = make(question, "p", { id: "rights-sure", tabindex: -1 }, words.sure);
    const buttons = make(question, "div", { class: "buttons" });
    button(buttons, words.sure_yes, erase, "secondary danger");
    button(buttons, words.sure_no, () => {
      if (busy) return;
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
    heading.textContent = words.deleted;
    const ends = receipt && JSON.parse(receipt.body).backups_end;
    make(body, "p", {}, ends ? dated(words.deleted_text, ends) : words.deleted_before);
    make(body, "p", {}, words.deleted_elsewhere);
    const buttons = make(body, "div", { class: "buttons" });
    if (receipt) {
      const blob = new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" });
      button(buttons, words.receipt, () => save(blob, "receipt.json"));
    }
    button(buttons, words.anew, leave, "primary");
    heading.focus();
  };

  dialog.showModal();
  heading.focus();
  // A way out for as long as there are no words yet.
  button(body, chat.back, leave, "back");
  try {
    draw(await (await ask()).json());
  } catch {
    status.before(...Array.from(chat.fallback, (line) => line.cloneNode(true)));
    status.textContent = chat.fallback[0]?.textContent ?? "";
  }
}
