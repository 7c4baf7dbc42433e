// Starts the chat: appended to the wasm-bindgen glue, whose `__wbg_init` and `mount` are in scope here.
// Throws nothing, evaluates nothing, makes no HTML. Where the chat can't start, #fallback is shown.
{
  const main = document.getElementById("chat");
  const fallback = document.getElementById("fallback");
  const embedded = window.parent !== window;
  let widget;
  let port;

  // The words and links of the page itself: how to reach the dealer without the chat.
  const fail = () => {
    try {
      if (widget) widget.destroy();
    } catch {
      // A trapped module answers nothing any more.
    }
    widget = undefined;
    document.getElementById("app")?.remove();
    fallback.hidden = false;
    fallback.classList.add("now");
  };

  const join = () => {
    if (widget && port) {
      widget.attach(port);
      port = undefined;
    }
  };

  // A trap of the module comes as an error of the page; nothing of it can go on after that.
  addEventListener("error", (event) => {
    if (event.error instanceof WebAssembly.RuntimeError) fail();
  });

  if (embedded) {
    // The frame holds no data yet, so the greeting may go to any origin; the answer brings the port,
    // and only the page that holds this frame can give it, once.
    let greeted = false;
    addEventListener("message", (event) => {
      if (greeted || event.source !== window.parent) return;
      if (event.data?.forecourt !== "port" || !event.ports[0]) return;
      greeted = true;
      port = event.ports[0];
      join();
    });
    window.parent.postMessage({ forecourt: "hello" }, "*");
  } else if (window.visualViewport) {
    // Where a keyboard covers the page instead of shrinking it, the chat takes what is left to see.
    const seen = window.visualViewport;
    const fit = () => {
      if (seen.scale < 1.01) {
        document.documentElement.style.setProperty("--seen", `${Math.floor(seen.height)}px`);
      }
    };
    seen.addEventListener("resize", fit);
  }

  const text = (response) => (response.ok ? response.text() : Promise.reject(response.status));
  const words = fetch(main.dataset.words).then(text);
  Promise.all([words, __wbg_init({ module_or_path: main.dataset.wasm })])
    .then(([words]) => {
      widget = mount(main, embedded, words);
      if (!widget) return fail();
      fallback.hidden = true;
      join();
    })
    .catch(fail);
}
