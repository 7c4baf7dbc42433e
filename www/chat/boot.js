// Starts the chat: appended to the wasm-bindgen glue, whose `__wbg_init` and `mount` are in scope here.
// Throws nothing, evaluates nothing, makes no HTML. Where the chat can't start, #fallback is shown.

// What outlives this page, for the module; where the storage is denied or full, this page's memory has to do.
const kept = {};
function recall(key) {
  try {
    return JSON.parse((kept[key] ??= sessionStorage[key]));
  } catch {
    // As if it were not there.
  }
}
function keep(key, text) {
  kept[key] = text;
  try {
    if (text) sessionStorage[key] = text;
    else sessionStorage.removeItem(key);
  } catch {
    // Then for this page only.
  }
}
{
  const root = document.documentElement;
  const main = document.getElementById("chat");
  const { dataset } = main;
  const close = document.getElementById("close");
  const fallback = document.getElementById("fallback");
  const embedded = window.parent !== window;
  let widget;
  let failed;
  let port;

  // The dealer's colours, through the CSSOM: the policy of this page forbids style attributes.
  const theme = dataset.theme ? dataset.theme.split(" ") : [];
  ["--accent", "--on-accent", "--ink-light", "--ink-dark"].forEach((name, at) => {
    if (theme[at]) root.style.setProperty(name, theme[at]);
  });

  // Times and dates as the visitor writes them, where that is the language of the chat: en-GB for en.
  const own = navigator.language;
  if (own.split("-")[0] === dataset.lang) dataset.lang = own;

  // Whoever holds this page hears that it can be used; a chat that has failed, too, so that what is shown
  // instead of it stays, and can be closed.
  const join = () => {
    if (!port || !(widget || failed)) return;
    if (widget) widget.attach(port);
    if (theme[1]) port.postMessage({ type: "theme", accent: theme[0], onAccent: theme[1] });
    port.postMessage({ type: "ready" });
  };

  // The words and links of the page itself: how to reach the dealer without the chat.
  const fail = () => {
    if (failed) return;
    failed = true;
    try {
      widget?.destroy();
    } catch {
      // A trapped module answers nothing any more.
    }
    widget = undefined;
    document.getElementById("app").remove();
    // The chat may have had it in its panel.
    main.append(fallback);
    fallback.hidden = false;
    fallback.classList.add("now");
    join();
  };
  close.addEventListener("click", () => failed && port?.postMessage({ type: "close" }));

  // What visitors may do with their own chats; it needs no module, so it is there where that fails, too.
  const menu = document.getElementById("menu");
  menu.hidden = false;
  let opening;
  menu.addEventListener("click", async () => {
    if (opening) return;
    opening = true;
    try {
      const { site, lang: locale } = dataset;
      await (await import("./RIGHTS_JS")).open({
        site,
        locale,
        lang: root.lang,
        title: menu.title,
        back: document.getElementById("back-text")?.textContent || close.title,
        fallback: fallback.children,
        token: () => {
          const session = recall("fc:session");
          return session?.site === site && session.token;
        },
        forget: () => {
          keep("fc:session");
          keep("fc:outbox");
          main.remove();
          widget?.destroy();
        },
      });
    } catch {
      // Not loaded: it may be pressed again.
    }
    opening = false;
  });

  // A trap of the module comes as an error of the page, or of a promise; nothing of it can go on after that.
  const trap = (error) => error instanceof WebAssembly.RuntimeError && fail();
  addEventListener("error", (event) => trap(event.error));
  addEventListener("unhandledrejection", (event) => trap(event.reason));

  if (embedded) {
    // The frame holds no data yet, so the greeting may go to any origin; the answer brings the port,
    // and only the page that holds this frame can give it, once.
    let greeted = false;
    addEventListener("message", (event) => {
      if (greeted || event.source !== window.parent) return;
      if (event.data?.forecourt !== "port" || !event.ports[0]) return;
      greeted = true;
      port = event.ports[0];
      close.hidden = false;
      join();
    });
    window.parent.postMessage({ forecourt: "hello" }, "*");
    // In a plain frame without a loader nobody answers: the chat is shown then, and has nobody to close it.
    setTimeout(() => {
      if (port) return;
      const channel = new MessageChannel();
      port = channel.port1;
      channel.port2.postMessage({ type: "shown" });
      join();
    }, 1000);
  } else if (window.visualViewport) {
    // Where a keyboard covers the page instead of shrinking it, the chat takes what is left to see.
    const seen = window.visualViewport;
    const fit = () => {
      if (seen.scale < 1.01) root.style.setProperty("--seen", `${Math.floor(seen.height)}px`);
    };
    seen.addEventListener("resize", fit);
  }

  const text = (response) => (response.ok ? response.text() : Promise.reject(response.status));
  const words = fetch(dataset.words).then(text);
  Promise.all([words, __wbg_init({ module_or_path: dataset.wasm })])
    .then(([words]) => {
      widget = mount(main, embedded, words);
      if (!widget) return fail();
      fallback.hidden = true;
      join();
    })
    .catch(fail);
}
